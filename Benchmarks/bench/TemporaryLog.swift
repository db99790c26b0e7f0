import Cryptography
import Dispatch
import Foundation
import Messages
import Persistence
import Primitives

/// A log in a directory that is removed again.
struct TemporaryLog {
    /// Entries that Persistence hands over at once.
    private static let batch = 256
    /// Records of one replay step and of one page.
    private static let page = 1_000

    private let path: String
    private let store: LogStore
    private let knocks: DispatchSemaphore

    /// Lends a new log under `parent`, then closes and removes it.
    static func with(parent: String, _ body: (TemporaryLog) throws -> Void) throws {
        let log = try TemporaryLog(in: parent)
        defer { log.remove() }
        try body(log)
    }

    /// The same, for work that waits.
    static func with(parent: String, _ body: (TemporaryLog) async throws -> Void) async throws {
        let log = try TemporaryLog(in: parent)
        defer { log.remove() }
        try await body(log)
    }

    /// Writes the log of a node that has not run yet.
    static func fill(_ path: String, of node: NodeID, _ entries: [LogEntry]) throws {
        let log = try TemporaryLog(at: path, of: node)
        defer { log.store.close() }
        _ = try log.append(entries)
    }

    private init(in parent: String) throws {
        let node = NodeID(SigningKey.generate().publicKey)
        try self.init(at: "\(parent)/bench-log-\(UUID().uuidString)", of: node)
    }

    /// The log of a node at a path at which nothing is yet; it stays there.
    init(at path: String, of node: NodeID) throws {
        let store = try LogStore(dataDirectory: path, nodeID: node)
        let knocks = DispatchSemaphore(value: 0)
        (self.path, self.store, self.knocks) = (path, store, knocks)
        store.connect { knocks.signal() }
    }

    /// Writes what waits and gives the files free.
    func close() { self.store.close() }

    private func remove() {
        self.close()
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// Appends entries and waits until all are on the disk; how many are.
    func append(_ entries: [LogEntry]) throws -> Int {
        for start in stride(from: 0, to: entries.count, by: Self.batch) {
            self.store.append(Array(entries[start..<min(start + Self.batch, entries.count)]))
        }
        var logged = 0
        while logged < entries.count {
            guard self.knocks.wait(timeout: .now() + 30) == .success else {
                throw BenchError("the log does not commit")
            }
            for outcome in self.store.takeOutcomes() {
                guard case .logged = outcome else { throw BenchError("the log: \(outcome)") }
                logged += 1
            }
        }
        return logged
    }

    /// Replays the log; how many records it holds.
    func readBySequence() throws -> Int {
        var last: UInt64 = 0
        var count = 0
        while true {
            let records = try self.store.records(
                after: last,
                count: Self.page,
                bytesMax: .max
            )
            guard let sequence = records.last?.sequence else { return count }
            last = sequence
            count += records.count
        }
    }

    /// Pages through the log in cursor order; how many messages came.
    func readByPage() throws -> Int {
        var count = 0
        var since = Timestamp(milliseconds: 0)
        var sinceID: MessageID?
        while true {
            let page = try self.page(since: since, sinceID, limit: Self.page)
            count += page.messages.count
            guard page.hasMore else { return count }
            since = page.nextTimestamp
            sinceID = page.nextID
        }
    }

    /// One page in cursor order.
    func page(since: Timestamp, _ id: MessageID?, limit: Int) throws -> MessagesAfter.Reply {
        try self.store.page(
            PageRequest(
                types: [.request],
                since: since,
                sinceID: id,
                limit: limit,
                bytesMax: WireLimits.messageBytesMax
            )
        )
    }
}
