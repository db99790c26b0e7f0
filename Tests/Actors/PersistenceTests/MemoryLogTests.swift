import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("The simulated log behaves as the real one")
struct MemoryLogTests {
    @Test("same entries: same outcomes, records, figures and digest")
    func twins() throws {
        try LogFixture.withDirectory { path in
            var entries = try LogFixture.entries(0..<12)
            entries.append(entries[3])
            entries.append(.fact(LogFixture.fact()))
            let store = try LogFixture.open(path)
            let memory = MemoryLog()
            let real = LogFixture.append(entries, to: store).map(\.text)
            memory.append(entries)
            #expect(memory.takeOutcomes().map(\.text) == real)
            #expect(memory.status.digest == store.status.digest)
            #expect(memory.status.lastSequence == store.status.lastSequence)
            #expect(memory.status.lastArrival == store.status.lastArrival)
            let records = try LogFixture.all(store).map { try LogStoreTests.summary($0.entry) }
            #expect(
                try LogFixture.all(memory).map { try LogStoreTests.summary($0.entry) } == records
            )
            let ids = entries.compactMap(\.messageID)
            #expect(try memory.messages(ids: ids) == store.messages(ids: ids))
        }
    }

    @Test("the digest depends on order and content")
    func digest() throws {
        let entries = try LogFixture.entries(0..<2)
        let logs = [MemoryLog(), MemoryLog(), MemoryLog()]
        logs[0].append(entries)
        logs[1].append(entries.reversed())
        logs[2].append(entries)
        #expect(logs[0].status.digest == logs[2].status.digest)
        #expect(logs[0].status.digest != logs[1].status.digest)
    }

    @Test("a stopped log keeps what waits and writes it when it resumes")
    func stopAndResume() throws {
        let log = MemoryLog()
        log.connect {}
        let entries = try LogFixture.entries(0..<2)
        log.append([entries[0]])
        log.stop(reason: "full")
        log.append([entries[1]])
        #expect(log.takeOutcomes().map(\.text) == ["logged 1", "stopped"])
        #expect(log.status.stoppedBecause == "full")
        #expect(try LogFixture.all(log).count == 1)
        log.resume()
        #expect(log.takeOutcomes().map(\.text) == ["resumed", "logged 2"])
    }

    @Test("ADR 0045: a crash leaves what was committed, of the commit under way all or nothing")
    func crash() throws {
        for finishing in [false, true] {
            let log = MemoryLog(commits: .byHand)
            log.connect {}
            let entries = try LogFixture.entries(0..<6)
            log.append(Array(entries[0..<2]))
            #expect(log.takeOutcomes().isEmpty && log.hasWork)
            log.beginCommit()
            log.append([entries[2]])
            log.endCommit()
            #expect(log.takeOutcomes().map(\.text) == ["logged 1", "logged 2"])
            log.beginCommit()
            log.append(Array(entries[3...]))
            #expect(try LogFixture.all(log.copy()).count == 2)
            log.crash(finishing: finishing)
            #expect(log.takeOutcomes().isEmpty, "nobody is told")
            #expect(try LogFixture.all(log).count == (finishing ? 3 : 2))
            log.connect {}
            #expect(log.waiting == 0 && !log.hasWork)
            #expect(try LogFixture.all(log).count == (finishing ? 3 : 2))
        }
    }

    @Test("ADR 0045: a new life of the subsystems finds committed what waited in the last one")
    func rebuild() throws {
        let log = MemoryLog(commits: .byHand)
        log.connect {}
        let entries = try LogFixture.entries(0..<3)
        log.append(Array(entries[0..<2]))
        log.connect {}
        #expect(try LogFixture.all(log).count == 2 && log.takeOutcomes().isEmpty)
        log.stop(reason: "full")
        log.append([entries[2]])
        log.connect {}
        #expect(log.takeOutcomes().map(\.text) == ["stopped"])
        log.resume()
        #expect(try LogFixture.all(log).count == 2, "forgotten: its judge is gone")
    }

    @Test("logs that share a pool keep each message once and behave as those that do not")
    func sharing() throws {
        let entries = try LogFixture.entries(0..<6)
        let pool = MessagePool()
        let logs = [MemoryLog(sharing: pool), MemoryLog(sharing: pool), MemoryLog()]
        for log in logs { log.append(entries) }
        #expect(Set(logs.map(\.status.digest)).count == 1)
        let messages = entries.compactMap { entry -> Message? in
            guard case .message(let admitted) = entry else { return nil }
            return admitted.message
        }
        #expect(messages.count == 6)
        for message in messages { #expect(pool.shared(message) === pool.shared(message)) }
        let other = MessagePool()
        for message in messages { #expect(pool.shared(message) !== other.shared(message)) }
    }
}
