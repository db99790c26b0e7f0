public import Messages
public import Primitives

/// What a record of the log says.
public enum LogEntry: Sendable {
    /// A message that a judge accepted, with all that is needed to judge it again.
    case message(AdmittedMessage)
    /// A decision of this node.
    case fact(LocalFact)

    /// The entry as it comes back after a restart: live tickets and request numbers are gone.
    ///
    /// Both the real and the simulated log return this, so that they replay alike.
    public var replayed: LogEntry {
        guard case .message(let admitted) = self else { return self }
        let origin = StoredOrigin(admitted.origin).origin
        return .message(
            AdmittedMessage(
                message: admitted.message,
                origin: origin,
                receivedAt: admitted.receivedAt,
                sender: admitted.sender,
                reputation: admitted.reputation
            )
        )
    }

    /// Own and identity messages: losing one costs more than a group commit saves.
    var isUrgent: Bool {
        guard case .message(let admitted) = self else { return true }
        if case .local = admitted.origin { return true }
        return admitted.message.type?.isIdentityType ?? false
    }

    /// Bytes of the entry's own content.
    var byteCount: Int {
        switch self {
        case .message(let admitted): admitted.message.canonical.count
        case .fact(let fact): fact.body.count
        }
    }

    /// The identifier of a message; nil for a fact.
    var messageID: MessageID? {
        guard case .message(let admitted) = self else { return nil }
        return admitted.message.id
    }

    /// When it came in or was decided.
    var arrival: Timestamp {
        switch self {
        case .message(let admitted): admitted.receivedAt
        case .fact(let fact): fact.recordedAt
        }
    }
}

/// An entry at its place in the log.
public struct LogRecord: Sendable {
    /// Position, from 1 without gaps.
    public let sequence: UInt64
    /// Content.
    public let entry: LogEntry

    /// Puts an entry in its place.
    public init(sequence: UInt64, entry: LogEntry) {
        self.sequence = sequence
        self.entry = entry
    }
}

/// The outcome of an appended entry, in log order.
public enum AppendOutcome: Sendable {
    /// The entry is on the disk.
    case logged(LogRecord)
    /// The message was in the log already; it keeps its first place.
    case duplicate(MessageID)
    /// The disk is full, broken or slow: entries that the log should no longer be given wait, are
    /// dropped when there are too many, or use the room kept for own messages and governance. Reads go
    /// on.
    case stopped(reason: String, takes: LogStopped.Takes)
    /// There is room for everything again.
    case resumed
    /// Too many entries wait for the disk; this one was not stored, although it was applied.
    case dropped(LogEntry)
}

/// The log's figures.
public struct LogStatus: Sendable, Equatable {
    /// Last position; 0 for a new log.
    public var lastSequence: UInt64 = 0
    /// Digest over all records in log order.
    public var digest = LogDigest.empty
    /// When the newest entry came in.
    public var lastArrival: Timestamp?
    /// Bytes of the database file in use.
    public var bytesUsed: UInt64 = 0
    /// Bytes that are free on its disk; nil in memory.
    public var bytesFree: UInt64?
    /// Nil while there is room for everything.
    public var stoppedBecause: String?
    /// Entries that were dropped because too many waited for the disk.
    public var dropped: UInt64 = 0

    /// Describes a new log.
    public init() {}
}

/// A page of messages in cursor order.
public struct PageRequest: Sendable {
    /// Types wanted; empty means all types that sync carries.
    public var types: [MessageType]
    /// Timestamp part of the cursor.
    public var since: Timestamp
    /// Identifier part; nil means before every identifier of that timestamp.
    public var sinceID: MessageID?
    /// Most messages.
    public var limit: Int
    /// Most bytes; the first message always fits.
    public var bytesMax: Int

    /// Asks for a page.
    public init(
        types: [MessageType],
        since: Timestamp,
        sinceID: MessageID?,
        limit: Int,
        bytesMax: Int
    ) {
        self.types = types
        self.since = since
        self.sinceID = sinceID
        self.limit = limit
        self.bytesMax = bytesMax
    }

    /// The types to read, each once.
    var typesWanted: [MessageType] {
        let wanted = self.types.isEmpty ? MessageType.allCases : self.types
        var seen: Set<UInt16> = []
        return wanted.filter { $0.syncPhase != nil && seen.insert(TypeCode.of($0)).inserted }
    }
}

/// Digest over all records in log order: each step hashes the digest so far and a record.
public enum LogDigest {
    /// The digest of a new log.
    public static let empty = SHA256Digest.hash(Array("valence log 1".utf8))

    /// The digest after one more record with this checksum.
    static func adding(_ checksum: Bytes32, to digest: Bytes32) -> Bytes32 {
        SHA256Digest.hash(digest.array + checksum.array)
    }
}
