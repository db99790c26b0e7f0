public import Logging
import Messages
import Persistence

/// Reads the log of a node that does not run, for a file (ADR 0065).
///
/// It hands out what peers are served, in the order of the log: messages, no facts, which are this node's own
/// business, and no announcements, which say where nodes were.
public struct LogExport {
    /// Some of the log.
    public struct Page: Sendable {
        /// Lines of the file.
        public let lines: [UInt8]
        /// How many of them are messages.
        public let messages: Int
        /// The share of the log that was read, in percent.
        public let percent: Int
    }

    /// The first line of the file.
    public let heading: [UInt8]
    private let log: LogStore
    private let last: UInt64
    private var position: UInt64 = 0

    /// Records that are read at once.
    private static let recordsAtOnce = 1_024
    /// Bytes after which no further record is read.
    private static let bytesAtOnce = 1_048_576

    /// Opens the log.
    ///
    /// - Throws: ``NodeError/inUse(path:process:)`` while the node runs.
    public init(_ directory: DataDirectory, logger: Logger) throws(NodeError) {
        let key = try directory.loadKey()
        self.log = try NodeFiles.log(directory, of: key, logger: logger)
        self.last = self.log.status.lastSequence
        self.heading = LogFile.heading(network: try directory.network() ?? DataDirectory.noNetwork)
    }

    /// The next lines, which may be none; nil at the end of the log.
    public mutating func next() throws(NodeError) -> Page? {
        let records: [LogRecord]
        do {
            records = try self.log.records(
                after: self.position,
                count: Self.recordsAtOnce,
                bytesMax: Self.bytesAtOnce
            )
        } catch {
            throw .log(cause: "\(error)")
        }
        guard let end = records.last?.sequence else { return nil }
        self.position = end
        let messages = records.compactMap(\.entry.shared)
        return Page(
            lines: messages.flatMap { $0.canonical + [0x0a] },
            messages: messages.count,
            percent: Int(clamping: end &* 100 / max(1, self.last))
        )
    }

    /// Gives the data directory free.
    public func close() { self.log.close() }
}

extension LogEntry {
    /// The message, if peers are served it.
    fileprivate var shared: Message? {
        guard case .message(let admitted) = self, admitted.message.type?.syncPhase != nil else {
            return nil
        }
        return admitted.message
    }
}
