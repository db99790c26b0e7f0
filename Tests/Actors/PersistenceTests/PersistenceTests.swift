import Kernel
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("Persistence on a bus")
struct PersistenceActorTests {
    @Test("accepted messages and facts are logged and announced in order, once")
    func live() async throws {
        let bench = try PersistenceBench(MemoryLog())
        await bench.replay()
        let admitted = try LogFixture.admitted(1, origin: .local(RequestID(rawValue: 8)))
        await bench.say(.accept(admitted))
        await bench.say(.record(LogFixture.fact()))
        await bench.say(.accept(admitted))
        let seen = await bench.probe.seen
        #expect(seen == ["finished 0", "message 1 live local(8)", "fact 2 live"])
    }

    @Test("ADR 0060: an own message with a key is for others once it is logged, live")
    func keyed() async throws {
        let log = MemoryLog()
        let bench = try PersistenceBench(log)
        await bench.replay()
        let key = RequestKey("k", of: "caller", askingFor: [1])
        let origin = Origin.local(RequestID(rawValue: 8), key: key)
        await bench.say(.accept(try LogFixture.admitted(1, origin: origin)))
        let seen = await bench.probe.seen
        #expect(seen == ["finished 0", "message 1 live local(8)", "others may hear it"])
        let again = try PersistenceBench(log)
        await again.replay()
        let replayed = await again.probe.seen
        #expect(replayed == ["message 1 replay local(0)", "finished 1"])
    }

    @Test("R-01-028: nothing ever leaves the log; a restart replays it all before it goes live")
    func restart() async throws {
        let log = MemoryLog()
        let first = try PersistenceBench(log)
        await first.replay()
        for number in 0..<10 { await first.say(.accept(try LogFixture.admitted(number))) }
        await first.say(.record(LogFixture.fact()))

        let second = try PersistenceBench(log)
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
                let bench = try PersistenceBench(log)
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
        let bench = try PersistenceBench(MemoryLog())
        await bench.replay()
        bench.persistence.replay.put(ReplayNext(count: 1))
        await bench.kernel.settle()
        #expect(await bench.probe.seen == ["finished 0"])
    }

    @Test("queries are answered from the log")
    func queries() async throws {
        let bench = try PersistenceBench(MemoryLog())
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
        let bench = try PersistenceBench(log)
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
        let bench = try PersistenceBench(log)
        await bench.replay()
        let seen = await bench.probe.seen
        #expect(seen == ["stopped full", "fact 1 replay", "finished 1"])
    }

    @Test(
        "C3-12: an entry that is dropped after its judge applied it is a fault, never a difference"
    )
    func dropped() async throws {
        let log = MemoryLog()
        let bench = try PersistenceBench(log)
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
        let bench = try PersistenceBench(DamagedLog())
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
