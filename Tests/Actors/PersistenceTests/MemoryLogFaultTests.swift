import Messages
import Primitives
import Synchronization
import Testing

@testable import Persistence

@Suite("The faults and the slow disk of the simulated log")
struct MemoryLogFaultTests {
    @Test("a crowded log drops the next entry and counts it")
    func crowd() throws {
        let log = MemoryLog()
        log.connect {}
        log.stop(reason: "full")
        log.crowd()
        #expect(log.waiting == PersistenceLimits.waitingRecordsMax && log.status.dropped == 0)
        log.append(try LogFixture.entries(0..<1))
        #expect(log.status.dropped == 1)
        #expect(log.takeOutcomes().last?.text == "dropped")
    }

    @Test("a disk that fills up during a commit keeps what was being written waiting")
    func fullMeanwhile() throws {
        let log = MemoryLog(commits: .byHand)
        log.connect {}
        log.append(try LogFixture.entries(0..<2))
        log.beginCommit()
        log.stop(reason: "full")
        #expect(!log.hasWork)
        log.endCommit()
        #expect(log.waiting == 2 && log.status.lastSequence == 0)
        log.resume()
        #expect(log.hasWork && log.status.lastSequence == 0, "the disk's time is kept by hand")
        log.beginCommit()
        log.endCommit()
        #expect(log.takeOutcomes().map(\.text) == ["stopped", "resumed", "logged 1", "logged 2"])
    }

    @Test("a commit takes a group, and the rest waits for the next one")
    func groups() throws {
        let log = MemoryLog(commits: .byHand)
        log.connect {}
        let count = PersistenceLimits.groupRecordsMax
        log.append(Array(repeating: .fact(LogFixture.fact()), count: count + 3))
        log.beginCommit()
        log.endCommit()
        #expect(log.status.lastSequence == UInt64(count) && log.waiting == 3)
        log.endCommit()
        #expect(log.waiting == 3, "no commit was under way")
    }

    @Test("a copy is what is on the disk, and goes its own way by hand")
    func copies() throws {
        let log = MemoryLog()
        let entries = try LogFixture.entries(0..<4)
        log.append(Array(entries[0..<2]))
        let copy = log.copy()
        log.append([entries[2]])
        copy.append([entries[3]])
        #expect(log.status.lastSequence == 3)
        #expect(copy.status.lastSequence == 2 && copy.waiting == 1)
        copy.beginCommit()
        copy.endCommit()
        #expect(try LogFixture.all(copy).last?.entry.messageID == entries[3].messageID)
        let again = MemoryLog()
        again.append(Array(entries[0..<2]) + [entries[3]])
        #expect(copy.status.digest == again.status.digest)
    }

    @Test("the digest is that of all records, however often it was asked for")
    func digest() throws {
        let entries = try LogFixture.entries(0..<5)
        let (asked, unasked) = (MemoryLog(), MemoryLog())
        for entry in entries {
            asked.append([entry])
            _ = asked.status.digest
        }
        unasked.append(entries)
        #expect(asked.status.digest == unasked.status.digest)
        #expect(asked.status.bytesUsed == unasked.status.bytesUsed)
        let bytes = entries.reduce(0) { $0 + $1.byteCount + RecordCodec.headerSize }
        #expect(unasked.status.bytesUsed == UInt64(bytes) && unasked.status.bytesFree == nil)
    }

    @Test("one knock tells of all outcomes, and none comes without any")
    func knocks() throws {
        let log = MemoryLog()
        let knocks = Mutex(0)
        log.connect { knocks.withLock { $0 += 1 } }
        log.append([])
        #expect(knocks.withLock { $0 } == 0)
        log.append(try LogFixture.entries(0..<3))
        #expect(knocks.withLock { $0 } == 1 && log.takeOutcomes().count == 3)
        log.append(try LogFixture.entries(3..<4))
        #expect(knocks.withLock { $0 } == 2)
    }

    @Test("another envelope under the same identifier is another message")
    func pool() throws {
        let message = try LogFixture.message(1, at: 100)
        let other = Message(
            id: message.id,
            from: message.from,
            timestamp: message.timestamp,
            version: message.version,
            typeName: message.typeName,
            type: message.type,
            payload: message.payload,
            signature: message.signature,
            canonical: message.canonical + [0x20],
            payloadRange: 0..<1
        )
        let pool = MessagePool()
        let shared = pool.shared(message)
        #expect(pool.shared(other) !== shared)
        #expect(pool.shared(other).message.canonical == other.canonical)
        #expect(pool.shared(message) === shared, "the first one stays the one that is shared")
    }
}
