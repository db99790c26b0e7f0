import Kernel
import Messages
import Primitives
import Synchronization

/// A log that keeps nothing: what is to be logged is in it at once.
actor PassingLog: Subsystem {
    static let name = SubsystemName.persistence

    /// What a measurement lets happen.
    enum Entry: Signal {
        /// It was in the log before.
        case replayed(Message)
        /// All of the log is replayed, and nothing was missed meanwhile.
        case replayFinished
        /// Others said it.
        case heard(Message, at: Timestamp)
    }

    /// Findings about cycles of rent.
    struct Findings {
        var settled = 0
        var begun = 0
    }

    private let counts = Mutex(Findings())
    private let inlet: Inlet<Entry>
    private let judge: Emitter<JudgeStorageMessage>
    private let message: Emitter<MessageLogged>
    private let fact: Emitter<FactLogged>
    private let finished: Emitter<ReplayFinished>
    private let caughtUp: Emitter<CaughtUp>
    private var sequence: UInt64 = 0

    init(_ boot: borrowing Boot) {
        self.inlet = boot.inlet(Entry.self)
        self.judge = boot.emits(JudgeStorageMessage.self)
        self.message = boot.emits(MessageLogged.self)
        self.fact = boot.emits(FactLogged.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.caughtUp = boot.emits(CaughtUp.self)
    }

    static func wire(_ wiring: borrowing Wiring<PassingLog>) {
        wiring.receives(Entry.self) { log, envelope, outbox in
            log.take(envelope.body, &outbox)
        }
        wiring.receives(MessageAccepted.self) { log, envelope, outbox in
            log.keep(envelope.body.admitted, isReplay: false, &outbox)
        }
        wiring.receives(RecordFact.self) { log, envelope, outbox in
            log.keep(envelope.body.fact, &outbox)
        }
    }

    /// What was found so far.
    nonisolated var findings: Findings { self.counts.withLock { $0 } }

    nonisolated func put(_ entry: Entry) { self.inlet.put(entry) }

    private func take(_ entry: Entry, _ outbox: inout Outbox) {
        switch entry {
        case .replayed(let message):
            self.keep(Self.admitted(message, at: message.timestamp), isReplay: true, &outbox)
        case .replayFinished:
            outbox.send(
                self.finished,
                ReplayFinished(lastSequence: self.sequence, lastArrival: nil)
            )
            outbox.send(self.caughtUp, CaughtUp(isBeginning: false))
        case .heard(let message, let time):
            outbox.send(
                self.judge,
                JudgeStorageMessage(admitted: Self.admitted(message, at: time))
            )
        }
    }

    private static func admitted(_ message: Message, at time: Timestamp) -> AdmittedMessage {
        AdmittedMessage(
            message: message,
            origin: .gossip(relay: message.from, topic: .proposals, ticket: 0),
            receivedAt: time,
            sender: SenderStanding(identity: message.from),
            reputation: FixedPoint(millionths: 900_000)
        )
    }

    private func keep(_ admitted: AdmittedMessage, isReplay: Bool, _ outbox: inout Outbox) {
        self.sequence += 1
        outbox.send(
            self.message,
            MessageLogged(sequence: self.sequence, admitted: admitted, isReplay: isReplay)
        )
    }

    private func keep(_ fact: LocalFact, _ outbox: inout Outbox) {
        self.sequence += 1
        switch StorageFact(fact) {
        case .rentSettled: self.counts.withLock { $0.settled += 1 }
        case .rentHeld: self.counts.withLock { $0.begun += 1 }
        default: break
        }
        outbox.send(
            self.fact,
            FactLogged(sequence: self.sequence, fact: fact, isReplay: false)
        )
    }
}
