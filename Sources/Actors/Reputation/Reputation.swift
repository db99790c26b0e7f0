public import Checkpoints
import Identities
public import Kernel
public import Messages
import Primitives

/// The subsystem that keeps the ledger: it rates senders, rewards authors and answers for scores.
public actor Reputation: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.reputation

    private var machine: ReputationStateMachine
    private let judges: Judges
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let publish: Emitter<PublishMessage>
    private let record: Emitter<RecordFact>
    private let weighed: Emitter<ContentWeighed>

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - configuration: what the ledger begins with.
    ///   - extensions: names the judges of types that the protocol does not know.
    public init(
        _ boot: borrowing Boot,
        configuration: ReputationConfiguration,
        extensions: Extensions = .none
    ) {
        self.machine = ReputationStateMachine(configuration: configuration)
        self.judges = Judges(boot, extensions)
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.publish = boot.emits(PublishMessage.self)
        self.record = boot.emits(RecordFact.self)
        self.weighed = boot.emits(ContentWeighed.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Reputation>) {
        wiring.checkpoints()
        wiring.receives(RateSender.self) { reputation, envelope, outbox in
            reputation.perform(reputation.machine.rate(envelope.body), &outbox)
        }
        wiring.receives(MessageAccepted.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            reputation.perform(reputation.machine.accepted(envelope.body, now: now), &outbox)
        }
        wiring.receives(MessageRefused.self) { reputation, envelope, _ in
            reputation.machine.refused(envelope.body)
        }
        wiring.receives(SyncAnswered.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            reputation.perform(reputation.machine.answered(envelope.body, now: now), &outbox)
        }
        wiring.receives(ScoresReported.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            reputation.perform(reputation.machine.reported(envelope.body, now: now), &outbox)
        }
        Self.wireLog(wiring)
        Self.wireQueries(wiring)
        wiring.wakes { reputation, outbox in
            let (now, entropy) = (outbox.now.timestamp, outbox.random())
            reputation.perform(reputation.machine.woke(now: now, entropy: entropy), &outbox)
        }
    }

    private static func wireLog(_ wiring: borrowing Wiring<Reputation>) {
        wiring.receives(MessageLogged.self) { reputation, envelope, outbox in
            reputation.perform(reputation.machine.logged(envelope.body.admitted), &outbox)
        }
        wiring.receives(FactLogged.self) { reputation, envelope, outbox in
            reputation.perform(reputation.machine.logged(envelope.body.fact), &outbox)
        }
        wiring.receives(ContentHeld.self) { reputation, envelope, outbox in
            reputation.perform(reputation.machine.held(envelope.body), &outbox)
        }
        wiring.receives(ReplayFinished.self) { reputation, _, outbox in
            reputation.perform(reputation.machine.replayFinished(), &outbox)
        }
    }

    private static func wireQueries(_ wiring: borrowing Wiring<Reputation>) {
        wiring.answers(Scores.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            let scores = reputation.machine.scores(envelope.body, now: now)
            outbox.reply(scores, to: envelope.replyAddress)
        }
        wiring.answers(CurrentScores.self) { reputation, envelope, outbox in
            let scores = reputation.machine.currentScores(envelope.body)
            outbox.reply(scores, to: envelope.replyAddress)
        }
        wiring.answers(VoterStandings.self) { reputation, envelope, outbox in
            let standings = reputation.machine.standings(envelope.body)
            outbox.reply(standings, to: envelope.replyAddress)
        }
        wiring.answers(PeerStandings.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            let standings = reputation.machine.standings(envelope.body, now: now)
            outbox.reply(standings, to: envelope.replyAddress)
        }
        wiring.answers(ScoreHistory.self) { reputation, envelope, outbox in
            let history = reputation.machine.history(envelope.body)
            outbox.reply(history, to: envelope.replyAddress)
        }
        wiring.answers(DraftRating.self) { reputation, envelope, outbox in
            let rating = reputation.machine.rating(of: envelope.body, now: outbox.now.timestamp)
            outbox.reply(rating, to: envelope.replyAddress)
        }
        wiring.answers(ReputationStatus.self) { reputation, envelope, outbox in
            let status = reputation.machine.status(isBrief: envelope.body.isBrief)
            outbox.reply(status, to: envelope.replyAddress)
        }
    }

    private func perform(_ actions: [ReputationAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: ReputationAction, _ outbox: inout Outbox) {
        switch action {
        case .judge(let admitted): self.judges.hand(over: admitted, &outbox)
        case .accept(let admitted):
            outbox.send(self.accepted, MessageAccepted(admitted: admitted))
        case .refuse(let origin, let id, let refusal):
            outbox.send(self.refused, MessageRefused(origin: origin, id: id, refusal: refusal))
        case .publish(let gossip): outbox.send(self.publish, PublishMessage(gossip))
        case .flag(let flag): outbox.send(self.publish, PublishMessage(flag))
        case .tell(let weighed): outbox.send(self.weighed, weighed)
        case .record(let fact): outbox.send(self.record, RecordFact(fact: fact))
        case .wake(let pause): outbox.wake(at: outbox.now.advanced(by: pause))
        }
    }
}

extension Reputation {
    /// What it has made of the log.
    package var kept: ReputationState { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: ReputationState) { self.machine.restore(kept) }
}
