import Foundation
import Messages
import Primitives
import TestSupport
import Testing

@testable import Persistence

/// The same answers from the log on a disk and from the simulated one.
@Suite("The log at its limits")
struct LogEdgeTests {
    private static func withLogs(
        of entries: [LogEntry],
        _ body: (any LogDevice) throws -> Void
    ) throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            #expect(LogFixture.append(entries, to: store).count == entries.count)
            let memory = MemoryLog()
            memory.append(entries)
            for log in [store as any LogDevice, memory] { try body(log) }
            store.close()
        }
    }

    private static let everything = PageRequest(
        types: [],
        since: Timestamp(milliseconds: 0),
        sinceID: nil,
        limit: 1_000,
        bytesMax: .max
    )

    @Test("ADR 0037: an answer by identifiers has room for so many bytes, the first message always")
    func answerBytes() throws {
        let half = PersistenceLimits.answerBytesMax / 2
        var entries = try (0..<3).map { try LogFixture.large($0, bytes: half - 1_000) }
        entries.append(try LogFixture.large(3, bytes: PersistenceLimits.answerBytesMax))
        let ids = entries.compactMap(\.messageID)
        try Self.withLogs(of: entries) { log in
            let two = try log.messages(ids: Array(ids[0...2]))
            #expect(
                two == [
                    try LogStoreTests.canonical(entries[0]),
                    try LogStoreTests.canonical(entries[1]),
                ]
            )
            let giant = try log.messages(ids: [ids[3], ids[0]])
            #expect(giant == [try LogStoreTests.canonical(entries[3])])
        }
    }

    @Test("of the identifiers asked for the first thousand are looked at")
    func answerCount() throws {
        let entries = try LogFixture.entries(0..<2)
        let ids = entries.compactMap(\.messageID)
        let unknown = (0..<999).map { MessageID(LogFixture.id("unknown \($0)")) }
        try Self.withLogs(of: entries) { log in
            let found = try log.messages(ids: unknown + ids)
            #expect(found == [try LogStoreTests.canonical(entries[0])])
            #expect(try log.messages(ids: []).isEmpty)
            let twice = try log.messages(ids: [ids[1], ids[1]])
            #expect(twice.count == 2, "in the order asked for, as often as asked for")
        }
    }

    @Test("a replay step has at most 4,096 records, and none behind the end or for no count")
    func stepCount() throws {
        let fact = LogEntry.fact(LogFixture.fact())
        let count = PersistenceLimits.replayStepMax + 2
        try Self.withLogs(of: Array(repeating: fact, count: count)) { log in
            let step = try log.records(after: 1, count: .max, bytesMax: .max)
            #expect(step.count == PersistenceLimits.replayStepMax && step.first?.sequence == 2)
            let last = try log.records(after: UInt64(count) - 1, count: 10, bytesMax: .max)
            #expect(last.map(\.sequence) == [UInt64(count)])
            for start in [UInt64(count), UInt64(count) + 1, .max] {
                #expect(try log.records(after: start, count: 10, bytesMax: .max).isEmpty)
            }
            for none in [0, -1, .min] {
                #expect(try log.records(after: 0, count: none, bytesMax: .max).isEmpty)
            }
        }
    }

    @Test("a message of a type that this node does not know is kept, found and replayed, not paged")
    func unknownType() throws {
        let message = try EnvelopeCodec.sign(
            typeName: "NOVELTY",
            payload: .object([("a", .integer(1))]),
            timestamp: Timestamp(milliseconds: 1_000),
            key: LogFixture.key
        )
        let entry = LogEntry.message(
            message.admitted(from: .gossip(relay: LogFixture.peer, topic: .votes, ticket: 1))
        )
        try Self.withLogs(of: [entry] + LogFixture.entries(0..<1)) { log in
            let found = try log.messages(ids: [message.id])
            #expect(found == [message.canonical])
            let page = try log.page(Self.everything)
            #expect(page.messages.count == 1)
            #expect(try LogFixture.all(log).first?.entry.messageID == message.id)
        }
    }

    @Test("a log whose messages have a version that is not accepted names the first of them")
    func otherVersion() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(
                [.fact(LogFixture.fact())] + LogFixture.entries(0..<2),
                to: path
            )
            var options = LogStoreOptions()
            options.acceptedVersions = [1]
            let store = try LogFixture.open(path, options)
            let error = #expect(throws: LogError.self) { try LogFixture.all(store) }
            guard case .damagedRecord(_, 2, .envelope(let reason)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("version"))
            store.close()
        }
    }

    @Test("an entry that is larger than the map is stored all the same")
    func largerThanMap() throws {
        try LogFixture.withDirectory { path in
            var options = LogStoreOptions()
            options.mapBytes = 0
            let store = try LogFixture.open(path, options)
            let entry = try LogFixture.large(1, bytes: 20 * PersistenceLimits.mapBytesMin)
            #expect(LogFixture.append([entry], to: store).map(\.text) == ["logged 1"])
            let id = try #require(entry.messageID)
            #expect(try store.messages(ids: [id]) == [try LogStoreTests.canonical(entry)])
            store.close()
        }
    }

    @Test("what lingers is written before the log is closed")
    func closes() throws {
        try LogFixture.withDirectory { path in
            var options = LogStoreOptions()
            options.linger = .seconds(600)
            let store = try LogFixture.open(path, options)
            store.append(try LogFixture.entries(0..<3))
            store.close()
            let again = try LogFixture.open(path)
            #expect(try LogFixture.all(again).count == 3)
            again.close()
        }
    }

    @Test("an entry that is larger than all that may wait is taken when nothing else waits")
    func loneGiant() throws {
        let giant = LogEntry.fact(
            LocalFact(
                owner: .consensus,
                kind: "giant",
                body: [UInt8](repeating: 0x20, count: PersistenceLimits.waitingBytesMax + 1),
                recordedAt: Timestamp(milliseconds: 1)
            )
        )
        var inbox = LogInbox()
        inbox.add(giant)
        #expect(inbox.waiting.count == 1 && inbox.dropped == 0)
        inbox.add(giant)
        #expect(inbox.waiting.count == 1 && inbox.dropped == 1)
    }

    @Test("ADR 0028: a mark that cannot be written stops the log, which is read all the same")
    func unwritableMark() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<3), to: path)
            let mark = "\(path)/log.format"
            let kept = try Data(contentsOf: URL(fileURLWithPath: mark))
            try FileManager.default.removeItem(atPath: mark)
            // Not even root writes to a folder.
            try DataDirectory.create(mark)
            var options = LogStoreOptions()
            options.retryPause = .seconds(600)
            let store = try LogFixture.open(path, options)
            store.connect {}
            #expect(store.takeOutcomes().map(\.text) == ["stopped"])
            #expect(store.status.stoppedBecause?.hasPrefix("Cannot write \(mark): ") == true)
            #expect(try LogFixture.all(store).count == 3)
            store.append([.fact(LogFixture.fact())])
            try FileManager.default.removeItem(atPath: mark)
            try kept.write(to: URL(fileURLWithPath: mark))
            #expect(LogFixture.settle(store).map(\.text) == ["resumed", "logged 4"])
            store.close()
        }
    }

    @Test(
        "C3-7: damage that a rebuild cannot heal is told to the next life, as a start would tell it"
    )
    func lostWhileRunning() throws {
        try LogFixture.withDirectory { path in
            let entries = try LogFixture.entries(0..<10)
            let store = try LogFixture.open(path)
            store.connect {}
            _ = LogFixture.append(entries, to: store)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let data = try Data(contentsOf: file)
            let record = RecordCodec.encode(entries[6], sequence: 7)
            let place = try #require(data.range(of: Data(record))?.lowerBound)
            let handle = try FileHandle(forWritingTo: file)
            // The magic of the record, and the number of the page that it lies in.
            for offset in [place, place / 4_096 * 4_096] {
                try handle.seek(toOffset: UInt64(offset))
                try handle.write(contentsOf: Data([data[offset] ^ 1]))
            }
            let first = #expect(throws: LogError.self) { try LogFixture.all(store) }
            #expect(
                first == .damagedRecord(path: "\(path)/log", sequence: 7, damage: .checksum)
            )
            for _ in 0..<2 {
                store.connect {}
                let error = #expect(throws: LogError.self) { try LogFixture.all(store) }
                guard case .damaged(_, _, let left) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(left == "record 7 of 10 is not readable any more")
            }
            store.close()
        }
    }
}
