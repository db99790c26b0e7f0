public import Kernel
import Messages
import Primitives

/// The subsystem that keeps the ledger: it rates senders, rewards authors and answers for scores.
public actor Reputation: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.reputation

    private var machine: ReputationStateMachine
    private let judges: Judges
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>

    /// Plugs the subsystem in.
    public init(_ boot: borrowing Boot, configuration: ReputationConfiguration) {
        self.machine = ReputationStateMachine(configuration: configuration)
        self.judges = Judges(boot)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Reputation>) {
        wiring.receives(RateSender.self) { reputation, envelope, outbox in
            reputation.rate(envelope.body, &outbox)
        }
        wiring.receives(MessageLogged.self) { reputation, envelope, _ in
            reputation.machine.logged(envelope.body.admitted)
        }
        wiring.receives(MessageAccepted.self) { reputation, envelope, _ in
            let admitted = envelope.body.admitted
            if admitted.message.type == .peerAnnounce { reputation.machine.announced(admitted) }
        }
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
    private func rate(_ command: RateSender, _ outbox: inout Outbox) {
        if let refusal = self.machine.gateRefusal(command) {
            let refused = MessageRefused(
                origin: command.origin,
                id: command.message.id,
                refusal: refusal
            )
            outbox.send(self.refused, refused)
            return
        }
        let admitted = AdmittedMessage(
            message: command.message,
            origin: command.origin,
            receivedAt: command.receivedAt,
            sender: command.sender,
            reputation: self.machine.score(of: command.sender.identity)
        )
        guard command.message.type != .reputationGossip else {
            outbox.send(self.accepted, MessageAccepted(admitted: admitted))
            return
        }
        self.judges.hand(over: admitted, &outbox)
    }
}
