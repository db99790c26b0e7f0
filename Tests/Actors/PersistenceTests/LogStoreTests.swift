import Cryptography
import Foundation
import Messages
import Primitives
import Synchronization
import Testing

@testable import Persistence

@Suite("The log on a disk")
struct LogStoreTests {
    @Test("appended entries are numbered from 1 and found by identifier")
    func appends() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            let entries = try LogFixture.entries(0..<3)
            let outcomes = LogFixture.append(entries, to: store)
            #expect(outcomes.map(\.text) == ["logged 1", "logged 2", "logged 3"])
            let ids = entries.compactMap(\.messageID)
            let unknown = MessageID(LogFixture.id("unknown"))
            let found = try store.messages(ids: [ids[2], unknown, ids[0]])
            #expect(found == [try Self.canonical(entries[2]), try Self.canonical(entries[0])])
        }
    }

    @Test("a message is stored once, whether it comes again in one group, later or after a restart")
    func duplicates() throws {
        try LogFixture.withDirectory { path in
            let entry = LogEntry.message(try LogFixture.admitted(1))
            let store = try LogFixture.open(path)
            store.connect {}
            let first = LogFixture.append([entry, entry], to: store)
            #expect(first.map(\.text) == ["logged 1", "duplicate"])
            #expect(LogFixture.append([entry], to: store).map(\.text) == ["duplicate"])
            store.close()
            let again = try LogFixture.open(path)
            #expect(LogFixture.append([entry], to: again).map(\.text) == ["duplicate"])
            #expect(again.status.lastSequence == 1)
        }
    }

    @Test("a restart finds the same records, figures and digest")
    func reopens() throws {
        try LogFixture.withDirectory { path in
            var entries = try LogFixture.entries(0..<20)
            entries.insert(.fact(LogFixture.fact()), at: 7)
            entries.append(.message(try LogFixture.admitted(99, origin: .local(nil))))
            let store = try LogFixture.open(path)
            _ = LogFixture.append(entries, to: store)
            let before = store.status
            store.close()
            #expect(throws: LogError.closed) { try store.records(after: 0, count: 1, bytesMax: 1) }

            let again = try LogFixture.open(path)
            // Others write to the disk, too.
            var expected = before
            expected.bytesFree = again.status.bytesFree
            #expect(again.status == expected)
            #expect(before.lastArrival == entries.last?.arrival)
            let records = try LogFixture.all(again)
            #expect(records.map(\.sequence) == Array(1...22))
            for (record, entry) in zip(records, entries) {
                #expect(try Self.summary(record.entry) == Self.summary(entry.replayed))
            }
        }
    }

    @Test("an empty log has nothing to replay")
    func empty() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            #expect(try store.records(after: 0, count: 10, bytesMax: 1).isEmpty)
            #expect(store.status.lastSequence == 0)
            #expect(store.status.digest == LogDigest.empty)
        }
    }

    @Test("gossip waits for a group; own and identity messages and facts do not")
    func urgency() throws {
        try LogFixture.withDirectory { path in
            var options = LogStoreOptions()
            options.linger = .seconds(600)
            let store = try LogFixture.open(path, options)
            let knocks = Mutex(0)
            store.connect { knocks.withLock { $0 += 1 } }
            store.append([.message(try LogFixture.admitted(1))])
            store.queue.sync {}
            #expect(store.takeOutcomes().isEmpty)
            for entry in [
                LogEntry.message(try LogFixture.admitted(2, origin: .local(nil))),
                .message(try LogFixture.admitted(3, type: .didRevoke)),
                .fact(LogFixture.fact()),
            ] {
                store.append([entry])
                store.queue.sync {}
                #expect(store.takeOutcomes().last?.text.hasPrefix("logged") == true)
            }
            #expect(store.status.lastSequence == 4)
            #expect(knocks.withLock { $0 } == 3)
        }
    }

    @Test("a full group does not wait either")
    func fullGroup() throws {
        try LogFixture.withDirectory { path in
            var options = LogStoreOptions()
            options.linger = .seconds(600)
            let store = try LogFixture.open(path, options)
            let count = PersistenceLimits.groupRecordsReady
            store.append(try LogFixture.entries(0..<count))
            store.queue.sync {}
            #expect(store.takeOutcomes().count == count)
        }
    }

    @Test("a new session forgets outcomes of the old one, but not what it appended")
    func session() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            store.connect {}
            store.append(try LogFixture.entries(0..<5))
            store.connect {}
            #expect(store.takeOutcomes().isEmpty)
            #expect(try LogFixture.all(store).count == 5)
        }
    }

    @Test("the map grows under the writer while readers read")
    func growth() async throws {
        try await LogFixture.withDirectory { path in
            var options = LogStoreOptions()
            options.mapBytes = PersistenceLimits.mapBytesMin
            let store = try LogFixture.open(path, options)
            let entries = try LogFixture.entries(0..<1_500)
            store.append(Array(entries.prefix(10)))
            _ = LogFixture.settle(store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { store.append(entries) }
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<200 {
                            let page = try store.records(after: 0, count: 10, bytesMax: .max)
                            #expect(page.count == 10)
                        }
                    }
                }
                try await group.waitForAll()
            }
            _ = LogFixture.settle(store)
            #expect(store.status.lastSequence == 1_500)
            #expect(try store.environment.usage().map > PersistenceLimits.mapBytesMin)
            #expect(try LogFixture.all(store).count == 1_500)
        }
    }

    static func canonical(_ entry: LogEntry) throws -> [UInt8] {
        guard case .message(let admitted) = entry else { throw CancellationError() }
        return admitted.message.canonical
    }

    static func summary(_ entry: LogEntry) throws -> String {
        switch entry {
        case .fact(let fact): return "\(fact)"
        case .message(let admitted):
            return "\(admitted.message.id) \(admitted.origin) \(admitted.receivedAt) "
                + "\(admitted.sender) \(admitted.reputation) \(admitted.message.signature.hex) "
                + String(decoding: admitted.message.canonical, as: UTF8.self)
        }
    }
}
