import Cryptography
import Foundation
import Messages
import Primitives
import TestSupport

@testable import Persistence

/// Messages, entries and directories for the tests of the log.
enum LogFixture {
    static let key: SigningKey = {
        do {
            return try SigningKey(seed: [UInt8](repeating: 7, count: 32))
        } catch {
            preconditionFailure("a seed of 32 bytes makes a key: \(error)")
        }
    }()

    static let node = NodeID(key.publicKey)
    static let peer = NodeID(SHA256Digest.hash(Array("peer".utf8)))

    static func id(_ text: String) -> Bytes32 { SHA256Digest.hash(Array(text.utf8)) }

    static func message(_ number: Int, at time: Int64, type: MessageType = .adopt) throws -> Message
    {
        let (subject, time) = (Self.id("\(number)"), Timestamp(milliseconds: time))
        let draft: Draft =
            switch type {
            case .comment: .comment(on: MessageID(subject), body: "comment \(number)")
            case .withdraw: .withdrawal(of: MessageID(subject))
            case .didRevoke: .revocation(Self.node, NodeID(subject), from: time)
            default:
                .adoption(of: MessageID(subject))
                    .adding([("notes", .string("note \(number)"))])
            }
        return try draft.signed(by: Self.key, at: time)
    }

    static func admitted(
        _ number: Int,
        at time: Int64 = 1_000,
        type: MessageType = .adopt,
        origin: Origin = .gossip(relay: peer, topic: .proposals, ticket: 9)
    ) throws -> AdmittedMessage {
        try Self.message(number, at: time, type: type).admitted(
            from: origin,
            at: Timestamp(milliseconds: time + 5),
            sender: SenderStanding(identity: Self.node, keyCount: 2),
            reputation: FixedPoint(millionths: 345_678)
        )
    }

    /// An entry whose envelope has about `bytes` bytes.
    static func large(_ number: Int, bytes: Int) throws -> LogEntry {
        let draft = Draft.adoption(of: MessageID(Self.id("\(number)")))
            .adding([("notes", .string(String(repeating: "n", count: bytes)))])
        let time = 1_000 + Int64(number)
        return .message(
            try draft.signed(by: Self.key, at: Timestamp(milliseconds: time)).admitted(
                from: .gossip(relay: Self.peer, topic: .proposals, ticket: 9),
                at: Timestamp(milliseconds: time + 5),
                sender: SenderStanding(identity: Self.node)
            )
        )
    }

    static func entries(_ numbers: Range<Int>) throws -> [LogEntry] {
        try numbers.map { .message(try Self.admitted($0, at: 1_000 + Int64($0))) }
    }

    static func fact(_ kind: String = "sampled") -> LocalFact {
        LocalFact(
            owner: .consensus,
            kind: kind,
            body: Array(#"{"tally":1}"#.utf8),
            recordedAt: Timestamp(milliseconds: 77)
        )
    }

    /// A directory that is removed with the test.
    static func withDirectory<R>(_ body: (String) throws -> R) throws -> R {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-log-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    static func withDirectory<R>(_ body: (String) async throws -> R) async throws -> R {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-log-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }

    static func open(_ path: String, _ options: LogStoreOptions = .init()) throws -> LogStore {
        try LogStore(dataDirectory: path, nodeID: Self.node, options: options)
    }

    /// Leaves a closed log with these entries in a directory.
    static func write(_ entries: [LogEntry], to path: String) throws {
        let store = try Self.open(path)
        _ = Self.append(entries, to: store)
        store.close()
    }

    /// Appends and waits for the disk.
    static func append(_ entries: [LogEntry], to store: LogStore) -> [AppendOutcome] {
        store.append(entries)
        return Self.settle(store)
    }

    static func settle(_ store: LogStore) -> [AppendOutcome] {
        store.queue.sync { store.commitWaiting() }
        return store.takeOutcomes()
    }

    static func all(_ log: some LogDevice) throws -> [LogRecord] {
        var records: [LogRecord] = []
        while true {
            let step = try log.records(
                after: UInt64(records.count),
                count: 7,
                bytesMax: .max
            )
            guard !step.isEmpty else { return records }
            records += step
        }
    }
}

extension AppendOutcome {
    /// The outcome in a form that tests compare.
    var text: String {
        switch self {
        case .logged(let record): "logged \(record.sequence)"
        case .duplicate: "duplicate"
        case .stopped(_, .reserved): "takes own"
        case .stopped(_, .own): "crowded"
        case .stopped(_, .nothing): "stopped"
        case .resumed: "resumed"
        case .dropped: "dropped"
        }
    }
}
