import Kernel
import Logging
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("Persistence on a bus")
struct PersistenceActorTests {
    /// A node that consists of Persistence and somebody who listens and asks.
    private struct Bench {
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

    @Test("accepted messages and facts are logged and announced in order, once")
    func live() async throws {
        let bench = try Bench(MemoryLog())
        await bench.replay()
        let admitted = try LogFixture.admitted(1, origin: .local(RequestID(rawValue: 8)))
        await bench.say(.accept(admitted))
        await bench.say(.record(LogFixture.fact()))
        await bench.say(.accept(admitted))
        let seen = await bench.probe.seen
        #expect(seen == ["finished 0", "message 1 live local(8)", "fact 2 live"])
    }

    @Test("R-01-028: nothing ever leaves the log; a restart replays it all before it goes live")
    func restart() async throws {
        let log = MemoryLog()
        let first = try Bench(log)
        await first.replay()
        for number in 0..<10 { await first.say(.accept(try LogFixture.admitted(number))) }
        await first.say(.record(LogFixture.fact()))

        let second = try Bench(log)
        #expect(!second.persistence.isReplayed)
        await second.replay(step: 3)
        await second.say(.accept(try LogFixture.admitted(50)))
        let seen = await second.probe.seen
        #expect(seen.prefix(10).allSatisfy { $0.contains("replay") })
        #expect(
            Array(seen.suffix(3)) == ["fact 11 replay", "finished 11", "message 12 live gossip"]
        )
        #expect(seen.count == 13)
    }

    @Test("C3-3: a replay step ends with the record that fills it, whatever the step may count")
    func largeRecords() async throws {
        try await LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            let entries = try (0..<30).map { try LogFixture.large($0, bytes: 1 << 20) }
            #expect(LogFixture.append(entries, to: store).count == 30)
            let simulated = MemoryLog()
            simulated.append(entries)
            for log in [store, simulated] as [any LogDevice] {
                let bench = try Bench(log)
                var heard: [Int] = []
                while !bench.persistence.isReplayed {
                    #expect(bench.persistence.replay.put(ReplayNext(count: 1_024)))
                    await bench.kernel.settle()
                    heard.append(await bench.probe.seen.count)
                }
                #expect(heard == [8, 16, 24, 30, 31], "records after each step, then the end")
            }
            store.close()
        }
    }

    @Test("further steps after the end do nothing")
    func finishedOnce() async throws {
        let bench = try Bench(MemoryLog())
        await bench.replay()
        bench.persistence.replay.put(ReplayNext(count: 1))
        await bench.kernel.settle()
        #expect(await bench.probe.seen == ["finished 0"])
    }

    @Test("queries are answered from the log")
    func queries() async throws {
        let bench = try Bench(MemoryLog())
        await bench.replay()
        let admitted = try LogFixture.admitted(1)
        await bench.say(.accept(admitted))
        await bench.say(
            .after(
                MessagesAfter(
                    types: [],
                    since: Timestamp(milliseconds: 0),
                    sinceID: nil,
                    limit: 10,
                    bytesMax: 10_000
                )
            )
        )
        await bench.say(.byID([admitted.message.id, MessageID(LogFixture.id("x"))]))
        await bench.say(.status)
        let seen = await bench.probe.seen
        #expect(seen.contains("page 1 more false"))
        #expect(seen.contains("found 1"))
        #expect(seen.contains("status 1 nil"))
    }

    @Test("a stop is announced once; what waited is announced when the log goes on")
    func stopped() async throws {
        let log = MemoryLog()
        let bench = try Bench(log)
        await bench.replay()
        log.stop(reason: "full")
        await bench.say(.accept(try LogFixture.admitted(1)))
        await bench.say(.status)
        log.resume()
        await bench.kernel.settle()
        let seen = await bench.probe.seen
        #expect(
            seen == [
                "finished 0", "stopped full", "status 0 full", "resumed", "message 1 live gossip",
            ]
        )
    }

    @Test("C4-10, C3-14: a log that cannot write says so before the end of the replay, unasked")
    func stoppedFromTheStart() async throws {
        let log = MemoryLog()
        log.append([.fact(LogFixture.fact())])
        log.stop(reason: "full")
        let bench = try Bench(log)
        await bench.replay()
        let seen = await bench.probe.seen
        #expect(seen == ["stopped full", "fact 1 replay", "finished 1"])
    }

    @Test(
        "C3-12: an entry that is dropped after its judge applied it is a fault, never a difference"
    )
    func dropped() async throws {
        let log = MemoryLog()
        let bench = try Bench(log)
        await bench.replay()
        log.stop(reason: "full")
        let fact = LogEntry.fact(LogFixture.fact())
        log.append([LogEntry](repeating: fact, count: PersistenceLimits.waitingRecordsMax))
        await bench.kernel.settle()
        #expect(bench.kernel.exit == nil)
        await bench.say(.record(LogFixture.fact()))
        guard case .faulted(let fault) = bench.kernel.exit else {
            Issue.record("no fault")
            return
        }
        #expect("\(fault)".contains("takes its state from there"))
    }

    @Test("a damaged record ends the replay with a fault that names it")
    func damaged() async throws {
        let bench = try Bench(DamagedLog())
        await bench.replay()
        #expect(!bench.persistence.isReplayed)
        guard case .faulted(let fault) = bench.kernel.exit else {
            Issue.record("no fault")
            return
        }
        #expect("\(fault)".contains("Record 3"))
    }
}

/// A log whose third record is damaged.
private struct DamagedLog: LogDevice {
    func connect(_ onOutcomes: @escaping @Sendable () -> Void) {}
    func append(_ entries: [LogEntry]) {}
    func takeOutcomes() -> [AppendOutcome] { [] }
    func page(_ request: PageRequest) throws(LogError) -> MessagesAfter.Reply { throw .closed }
    func messages(ids: [MessageID]) throws(LogError) -> [[UInt8]] { throw .closed }
    var status: LogStatus {
        var status = LogStatus()
        status.lastSequence = 5
        return status
    }
    func records(
        after sequence: UInt64,
        count: Int,
        bytesMax: Int
    ) throws(LogError) -> [LogRecord] {
        throw .damagedRecord(path: "/log", sequence: 3, damage: .checksum)
    }
}

/// Says what it is told to say and writes down what it hears.
private actor Probe: Subsystem {
    static let name: SubsystemName = "Probe"

    enum Order: Signal {
        case accept(AdmittedMessage)
        case record(LocalFact)
        case after(MessagesAfter)
        case byID([MessageID])
        case status
    }

    nonisolated let orders: Inlet<Order>
    private(set) var seen: [String] = []
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
            case .accept(let admitted):
                outbox.send(probe.accepted, MessageAccepted(admitted: admitted))
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
                case .local(let request): "local(\(request?.rawValue ?? 0))"
                default: "gossip"
                }
            let mode = body.isReplay ? "replay" : "live"
            probe.seen.append("message \(body.sequence) \(mode) \(origin)")
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
            probe.seen.append(
                reply.map { "page \($0.messages.count) more \($0.hasMore)" } ?? "none"
            )
        }
        wiring.hears(MessagesByID.self) { probe, reply, _ in
            probe.seen.append(reply.map { "found \($0.messages.count)" } ?? "none")
        }
        wiring.hears(PersistenceStatus.self) { probe, reply, _ in
            let text = reply.map { "status \($0.lastSequence) \($0.stoppedBecause ?? "nil")" }
            probe.seen.append(text ?? "none")
        }
    }
}
