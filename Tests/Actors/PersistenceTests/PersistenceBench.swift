import Kernel
import Logging
import Messages
import Primitives

@testable import Persistence

/// A node that consists of Persistence and somebody who listens and asks.
struct PersistenceBench {
    let kernel: Kernel
    let persistence: Persistence
    let probe: Probe

    init(_ log: any LogDevice) throws {
        let kernel = Kernel(
            clock: ManualClock(Moment(milliseconds: 1_000)),
            entropy: SeededEntropy(seed: 1),
            logger: Logger(label: "test")
        )
        self.kernel = kernel
        self.persistence = kernel.add { boot in Persistence(boot, device: log) }
        self.probe = kernel.add { boot in Probe(boot) }
        try kernel.boot(standard: SubsystemName.standard)
    }

    func replay(step: Int = 4) async {
        while !self.persistence.isReplayed {
            guard self.persistence.replay.put(ReplayNext(count: step)) else { return }
            await self.kernel.settle()
        }
    }

    func say(_ order: Probe.Order) async {
        self.probe.orders.put(order)
        await self.kernel.settle()
    }
}

/// Says what it is told to say and writes down what it hears.
actor Probe: Subsystem {
    static let name: SubsystemName = "Probe"

    enum Order: Signal {
        case accept(AdmittedMessage, isLogged: Bool = true)
        case record(LocalFact)
        case after(MessagesAfter)
        case byID([MessageID])
        case status
    }

    nonisolated let orders: Inlet<Order>
    private(set) var seen: [String] = []
    private(set) var lastPage: MessagesAfter.Reply?
    private(set) var lastStatus: PersistenceStatus.Reply?
    private let accepted: Emitter<MessageAccepted>
    private let record: Emitter<RecordFact>
    private let after: Asker<MessagesAfter, Void>
    private let byID: Asker<MessagesByID, Void>
    private let status: Asker<PersistenceStatus, Void>

    init(_ boot: borrowing Boot) {
        self.orders = boot.inlet(Order.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.record = boot.emits(RecordFact.self)
        self.after = boot.asks(MessagesAfter.self)
        self.byID = boot.asks(MessagesByID.self)
        self.status = boot.asks(PersistenceStatus.self)
    }

    static func wire(_ wiring: borrowing Wiring<Probe>) {
        wiring.receives(Order.self) { probe, envelope, outbox in
            switch envelope.body {
            case .accept(let admitted, let isLogged):
                let event = MessageAccepted(admitted: admitted, isLogged: isLogged)
                outbox.send(probe.accepted, event)
            case .record(let fact): outbox.send(probe.record, RecordFact(fact: fact))
            case .after(let query): outbox.ask(probe.after, query)
            case .byID(let ids): outbox.ask(probe.byID, MessagesByID(ids: ids))
            case .status: outbox.ask(probe.status, PersistenceStatus())
            }
        }
        wiring.receives(MessageLogged.self) { probe, envelope, _ in
            let body = envelope.body
            let origin =
                switch body.admitted.origin {
                case .local(let request, _): "local(\(request?.rawValue ?? 0))"
                default: "gossip"
                }
            let mode = body.isReplay ? "replay" : "live"
            probe.seen.append("message \(body.sequence) \(mode) \(origin)")
        }
        wiring.receives(KeyedMessageLogged.self) { probe, _, _ in
            probe.seen.append("others may hear it")
        }
        wiring.receives(FactLogged.self) { probe, envelope, _ in
            let mode = envelope.body.isReplay ? "replay" : "live"
            probe.seen.append("fact \(envelope.body.sequence) \(mode)")
        }
        wiring.receives(ReplayFinished.self) { probe, envelope, _ in
            probe.seen.append("finished \(envelope.body.lastSequence)")
        }
        wiring.receives(LogStopped.self) { probe, envelope, _ in
            probe.seen.append("stopped \(envelope.body.reason)")
        }
        wiring.receives(LogResumed.self) { probe, _, _ in
            probe.seen.append("resumed")
        }
        wiring.hears(MessagesAfter.self) { probe, reply, _ in
            probe.lastPage = reply
            probe.seen.append(
                reply.map { "page \($0.messages.count) more \($0.hasMore)" } ?? "none"
            )
        }
        wiring.hears(MessagesByID.self) { probe, reply, _ in
            probe.seen.append(reply.map { "found \($0.messages.count)" } ?? "none")
        }
        wiring.hears(PersistenceStatus.self) { probe, reply, _ in
            probe.lastStatus = reply
            let text = reply.map { "status \($0.lastSequence) \($0.stoppedBecause ?? "nil")" }
            probe.seen.append(text ?? "none")
        }
    }
}
