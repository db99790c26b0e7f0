import Messages
import Persistence
import Primitives

// What is looked for in a whole log before its node runs.
extension LogStore {
    /// Whether the log holds a message that somebody else signed or brought; reads until the first one.
    func hasMessagesOfOthers() throws(NodeError) -> Bool {
        var isFound = false
        try self.readPages { records in
            isFound = records.contains { $0.entry.isOfOthers }
            return !isFound
        }
        return isFound
    }

    /// The latest stamp of the messages of a key; nil without any.
    func newestStamp(of node: NodeID) throws(NodeError) -> Timestamp? {
        var newest: Timestamp?
        try self.readPages { records in
            for case .message(let admitted) in records.map(\.entry)
            where admitted.message.from == node {
                newest = max(newest ?? admitted.message.timestamp, admitted.message.timestamp)
            }
            return true
        }
        return newest
    }

    /// Reads the log from its beginning, for as long as more is wanted.
    func readPages(_ wantsMore: ([LogRecord]) -> Bool) throws(NodeError) {
        var last: UInt64 = 0
        while true {
            let records: [LogRecord]
            do {
                records = try self.records(
                    after: last,
                    count: Self.recordsAtOnce,
                    bytesMax: Self.bytesAtOnce
                )
            } catch {
                throw .log(cause: "\(error)")
            }
            guard let end = records.last?.sequence, wantsMore(records) else { return }
            last = end
        }
    }

    private static var recordsAtOnce: Int { 64 }
    private static var bytesAtOnce: Int { 1_048_576 }
}

extension LogEntry {
    fileprivate var isOfOthers: Bool {
        guard case .message(let admitted) = self else { return false }
        if case .local = admitted.origin { return false }
        return true
    }
}
