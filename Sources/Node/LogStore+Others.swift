import Messages
import Persistence

extension LogStore {
    /// Whether the log holds a message that somebody else signed or brought; reads until the first one.
    func hasMessagesOfOthers() throws(NodeError) -> Bool {
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
            guard let end = records.last?.sequence else { return false }
            if records.contains(where: { $0.entry.isOfOthers }) { return true }
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
