public import Messages
public import Primitives
import Synchronization

/// What a log held at one moment, to be folded beside the node that goes on writing it (ADR 0079).
///
/// Nothing can be appended: what is folded here is the past.
public final class PastLog: LogDevice {
    private let store: LogStore
    private let check = Mutex(ReplayCheck())

    /// Figures of that moment.
    public let status: LogStatus

    /// Takes the log as it is now.
    public init(of store: LogStore) {
        self.store = store
        self.status = store.status
    }

    /// Nothing ever happens to it.
    public func connect(_ onOutcomes: @escaping @Sendable () -> Void) {}

    /// What a second node would write is not written.
    public func append(_ entries: [LogEntry]) {}

    /// There are none.
    public func takeOutcomes() -> [AppendOutcome] { [] }

    /// Records up to that moment, each checked.
    public func records(
        after sequence: UInt64,
        count: Int,
        bytesMax: Int
    ) throws(LogError) -> [LogRecord] {
        let left = Int(clamping: self.status.lastSequence - min(sequence, self.status.lastSequence))
        guard left > 0 else {
            let check = self.check.withLock { $0 }
            try self.store.compare(
                check,
                atTheEnd: self.status.lastSequence,
                with: self.status.digest
            )
            return []
        }
        let (records, checksums) = try self.store.read(
            after: sequence,
            count: min(count, left),
            bytesMax: bytesMax
        )
        self.check.withLock { $0.follow(after: sequence, checksums: checksums) }
        return records
    }

    /// The replay begins behind a record.
    public func skip(to sequence: UInt64, digest: Bytes32) {
        self.check.withLock { $0 = ReplayCheck(after: sequence, digest: digest) }
    }

    /// Pages of the log.
    public func page(_ request: PageRequest) throws(LogError) -> MessagesAfter.Reply {
        try self.store.page(request)
    }

    /// Messages of the log.
    public func messages(ids: [MessageID]) throws(LogError) -> [[UInt8]] {
        try self.store.messages(ids: ids)
    }
}
