import Kernel
import Messages
import Primitives
import Synchronization

/// The way into an observer, and its log: whatever is said passes, is logged at once and forgotten.
actor ObserverLog: Subsystem {
    static let name = SubsystemName.persistence

    /// What the driver of an observer tells it.
    enum Call: Signal {
        /// There is no past, and the present begins.
        case begin
        /// Somebody says something.
        case hear(Message)
        /// Tell how the score of an identity came about.
        case history(NodeID)
    }

    /// What the driver finds when the observer has settled.
    struct Found: Sendable {
        var facts: [LocalFact] = []
        var refusals: [(type: MessageType?, refusal: Refusal)] = []
        var histories: [NodeID: ScoreHistory.Reply] = [:]
    }

    nonisolated let calls: Inlet<Call>
    private let rate: Emitter<RateSender>
    private let logged: Emitter<MessageLogged>
    private let recorded: Emitter<FactLogged>
    private let replayed: Emitter<ReplayFinished>
    private let caughtUp: Emitter<CaughtUp>
    private let history: Asker<ScoreHistory, NodeID>
    private let found = Mutex(Found())
    private let types = Mutex<[MessageID: MessageType]>([:])
    private var sequence: UInt64 = 0

    init(_ boot: borrowing Boot) {
        self.calls = boot.inlet(Call.self)
        self.rate = boot.emits(RateSender.self)
        self.logged = boot.emits(MessageLogged.self)
        self.recorded = boot.emits(FactLogged.self)
        self.replayed = boot.emits(ReplayFinished.self)
        self.caughtUp = boot.emits(CaughtUp.self)
        self.history = boot.asks(ScoreHistory.self, about: NodeID.self)
    }

    static func wire(_ wiring: borrowing Wiring<ObserverLog>) {
        wiring.receives(Call.self) { log, envelope, outbox in log.take(envelope.body, &outbox) }
        wiring.receives(MessageAccepted.self) { log, envelope, outbox in
            log.sequence += 1
            let entry = MessageLogged(
                sequence: log.sequence,
                admitted: envelope.body.admitted,
                isReplay: false
            )
            outbox.send(log.logged, entry)
        }
        wiring.receives(RecordFact.self) { log, envelope, outbox in
            let fact = envelope.body.fact
            log.sequence += 1
            log.found.withLock { $0.facts.append(fact) }
            outbox.send(
                log.recorded,
                FactLogged(sequence: log.sequence, fact: fact, isReplay: false)
            )
        }
        wiring.receives(MessageRefused.self) { log, envelope, _ in
            let body = envelope.body
            let type = body.id.flatMap { id in log.types.withLock { $0[id] } }
            log.found.withLock { $0.refusals.append((type, body.refusal)) }
        }
        wiring.hears(ScoreHistory.self, about: NodeID.self) { log, answer, _ in
            log.found.withLock { $0.histories[answer.context] = answer.reply }
        }
        // Texts of governance are shown to nobody here.
        wiring.answers(MessagesByID.self) { _, envelope, outbox in
            outbox.reply(MessagesByID.Reply(messages: []), to: envelope.replyAddress)
        }
    }

    private func take(_ call: Call, _ outbox: inout Outbox) {
        switch call {
        case .begin:
            outbox.send(self.replayed, ReplayFinished(lastSequence: 0, lastArrival: nil))
            outbox.send(self.caughtUp, CaughtUp(isBeginning: true))
        case .hear(let message): self.admit(message, &outbox)
        case .history(let identity):
            outbox.ask(self.history, ScoreHistory(identity: identity), context: identity)
        }
    }

    private func admit(_ message: Message, _ outbox: inout Outbox) {
        self.types.withLock { $0[message.id] = message.type }
        outbox.send(
            self.rate,
            RateSender(
                message: message,
                origin: .gossip(
                    relay: message.from,
                    topic: .proposals,
                    ticket: self.sequence
                ),
                receivedAt: message.timestamp,
                sender: SenderStanding(identity: message.from)
            )
        )
    }

    /// Takes what was found since the last time.
    nonisolated func take() -> Found {
        self.types.withLock { $0.removeAll(keepingCapacity: true) }
        return self.found.withLock { found in
            defer { found = Found() }
            return found
        }
    }
}

/// Believes every announcement; who can be reached is no part of economics.
actor ObserverPeers: Subsystem {
    static let name = SubsystemName.peers
    private let accepted: Emitter<MessageAccepted>

    init(_ boot: borrowing Boot) { self.accepted = boot.emits(MessageAccepted.self) }

    static func wire(_ wiring: borrowing Wiring<ObserverPeers>) {
        wiring.receives(JudgePeerMessage.self) { peers, envelope, outbox in
            outbox.send(peers.accepted, MessageAccepted(admitted: envelope.body.admitted))
        }
        // The market of a node that only listens reaches for nobody, and chooses nobody.
        wiring.receives(ReachPeer.self) { _, _, _ in }
        wiring.answers(PeerTable.self) { _, envelope, outbox in
            outbox.reply(PeerTable.Reply(rows: [], bootstrap: []), to: envelope.replyAddress)
        }
    }
}
