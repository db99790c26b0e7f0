import Identities
public import Kernel
public import Messages
import Primitives

/// The subsystem that keeps the ledger: it rates senders, rewards authors and answers for scores.
public actor Reputation: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.reputation

    private var machine: ReputationStateMachine
    private let judges: Judges
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let publish: Emitter<PublishMessage>
    private let record: Emitter<RecordFact>

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
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.publish = boot.emits(PublishMessage.self)
        self.record = boot.emits(RecordFact.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Reputation>) {
        wiring.receives(RateSender.self) { reputation, envelope, outbox in
            reputation.rate(envelope.body, &outbox)
        }
        wiring.receives(MessageAccepted.self) { reputation, envelope, outbox in
            let admitted = envelope.body.admitted
            if !envelope.body.isLogged { reputation.machine.budget.relayed(admitted.message.id) }
            guard admitted.message.type == .peerAnnounce else { return }
            reputation.machine.announced(admitted)
            let now = outbox.now.timestamp
            reputation.record(reputation.machine.presenceFact(now: now), &outbox)
        }
        wiring.receives(MessageRefused.self) { reputation, envelope, _ in
            reputation.machine.refused(envelope.body)
        }
        wiring.receives(SyncAnswered.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            reputation.record(reputation.machine.serviceFact(envelope.body, now: now), &outbox)
        }
        Self.wireLog(wiring)
        Self.wireQueries(wiring)
        wiring.wakes { reputation, outbox in
            reputation.gossip(&outbox)
            reputation.sleep(&outbox)
        }
    }

    private static func wireLog(_ wiring: borrowing Wiring<Reputation>) {
        wiring.receives(MessageLogged.self) { reputation, envelope, _ in
            reputation.machine.logged(envelope.body.admitted)
        }
        wiring.receives(FactLogged.self) { reputation, envelope, _ in
            reputation.machine.logged(envelope.body.fact)
        }
        wiring.receives(ReplayFinished.self) { reputation, _, outbox in
            reputation.sleep(&outbox)
        }
    }

    private static func wireQueries(_ wiring: borrowing Wiring<Reputation>) {
        wiring.answers(Scores.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            let scores = reputation.machine.scores(envelope.body.identities, now: now)
            outbox.reply(scores, to: envelope.replyAddress)
        }
        wiring.answers(VoterStandings.self) { reputation, envelope, outbox in
            let standings = envelope.body.voters.map { reputation.machine.standing(of: $0) }
            outbox.reply(
                VoterStandings.Reply(standings: standings),
                to: envelope.replyAddress
            )
        }
        wiring.answers(PeerStandings.self) { reputation, envelope, outbox in
            let now = outbox.now.timestamp
            let standings = envelope.body.nodes.map {
                reputation.machine.standing(of: $0, now: now)
            }
            outbox.reply(
                PeerStandings.Reply(standings: standings),
                to: envelope.replyAddress
            )
        }
        wiring.answers(ScoreHistory.self) { reputation, envelope, outbox in
            let history = reputation.machine.history(of: envelope.body.identity)
            outbox.reply(history, to: envelope.replyAddress)
        }
        wiring.answers(ReputationStatus.self) { reputation, envelope, outbox in
            outbox.reply(reputation.status, to: envelope.replyAddress)
        }
    }

    private var status: ReputationStatus.Reply {
        ReputationStatus.Reply(
            knownIdentities: self.machine.knownIdentities,
            ownScore: self.machine.ownScore,
            digest: self.machine.digest
        )
    }

    /// Adds the sender's score and hands the message to the owner of its type.
    ///
    /// REPUTATION_GOSSIP is its own: every well-formed one is accepted, and what its assessments
    /// are worth is decided when the log has them (D-20).
    private func rate(_ command: RateSender, _ outbox: inout Outbox) {
        let admitted = AdmittedMessage(
            message: command.message,
            origin: command.origin,
            receivedAt: command.receivedAt,
            sender: command.sender,
            reputation: self.machine.score(of: command.sender.identity)
        )
        if let refusal = self.machine.gateRefusal(command)
            ?? self.machine.budgetRefusal(of: admitted)
        {
            let refused = MessageRefused(
                origin: command.origin,
                id: command.message.id,
                refusal: refusal
            )
            outbox.send(self.refused, refused)
            return
        }
        guard command.message.type != .reputationGossip else {
            outbox.send(self.accepted, MessageAccepted(admitted: admitted))
            return
        }
        self.judges.hand(over: admitted, &outbox)
    }

    // MARK: Own broadcasts

    private func sleep(_ outbox: inout Outbox) {
        let pause = Duration.milliseconds(self.machine.configuration.gossipMilliseconds)
        outbox.wake(at: outbox.now.advanced(by: pause))
    }

    private func record(_ fact: LocalFact?, _ outbox: inout Outbox) {
        guard let fact else { return }
        outbox.send(self.record, RecordFact(fact: fact))
    }

    /// Tells others what this node thinks of ten identities (R-09-042).
    private func gossip(_ outbox: inout Outbox) {
        let now = outbox.now.timestamp
        guard let gossip = self.machine.nextGossip(now: now, entropy: outbox.random()) else {
            return
        }
        outbox.send(self.publish, PublishMessage(gossip))
    }
}
