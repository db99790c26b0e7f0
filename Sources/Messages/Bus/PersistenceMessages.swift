public import Kernel
public import Primitives

/// A decision of this node that must survive a restart, such as a sampled tally or an adoption.
///
/// Facts share the log with messages, so that replay needs no other source (design §4).
public struct LocalFact: Sendable, Equatable {
    /// Who records it and gets it back at replay.
    public let owner: SubsystemName
    /// What it is, in the owner's own vocabulary.
    public let kind: String
    /// Canonical JSON.
    public let body: [UInt8]
    /// When it was decided.
    public let recordedAt: Timestamp
    /// What the request that led to it is recognised by when it comes again (ADR 0060).
    public let key: RequestKey?

    /// Describes a fact.
    public init(
        owner: SubsystemName,
        kind: String,
        body: [UInt8],
        recordedAt: Timestamp,
        key: RequestKey? = nil
    ) {
        self.owner = owner
        self.kind = kind
        self.body = body
        self.recordedAt = recordedAt
        self.key = key
    }
}

/// Put a fact into the log.
public struct RecordFact: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .persistence }
    /// The fact.
    public let fact: LocalFact
    /// Asks for a record.
    public init(fact: LocalFact) { self.fact = fact }
}

/// A message is in the durable log; sent in log order, live and at replay.
///
/// Observers fold over this event and nothing else, so that a restart ends in the same state. The
/// judge of the type has already applied a live message when it accepted it, and applies it
/// here only when `isReplay` is set.
public struct MessageLogged: Event {
    /// Position in the log, from 1.
    public let sequence: UInt64
    /// The message as it was judged.
    public let admitted: AdmittedMessage
    /// The node is rebuilding its state: emit nothing outward.
    public let isReplay: Bool
    /// Announces a record.
    public init(sequence: UInt64, admitted: AdmittedMessage, isReplay: Bool) {
        self.sequence = sequence
        self.admitted = admitted
        self.isReplay = isReplay
    }
}

/// An own message that a request with a key led to is in the durable log, live: others may hear it now.
///
/// Heard before, it would stay with peers when the node ends before the commit, and the same request
/// would lead to a second message (ADR 0060).
public struct KeyedMessageLogged: Event {
    /// The message as it was judged.
    public let admitted: AdmittedMessage
    /// Announces a record.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// A fact is in the durable log; owners apply facts here, live and at replay.
public struct FactLogged: Event {
    /// Position in the log, from 1.
    public let sequence: UInt64
    /// The fact.
    public let fact: LocalFact
    /// The node is rebuilding its state: emit nothing outward.
    public let isReplay: Bool
    /// Announces a record.
    public init(sequence: UInt64, fact: LocalFact, isReplay: Bool) {
        self.sequence = sequence
        self.fact = fact
        self.isReplay = isReplay
    }
}

/// The whole log was replayed; the node goes live.
public struct ReplayFinished: Event {
    /// Last position in the log; 0 for a new node.
    public let lastSequence: UInt64
    /// Arrival of the newest message; nil for a new node.
    public let lastArrival: Timestamp?
    /// Announces the end of the replay.
    public init(lastSequence: UInt64, lastArrival: Timestamp?) {
        self.lastSequence = lastSequence
        self.lastArrival = lastArrival
    }
}

/// The log lacks room: the disk is full, broken or slower than what comes in.
///
/// Messages accepted before are not taken back: they wait and are written once there is room. So a
/// subsystem that was told of an acceptance must not report the message as refused afterwards.
public struct LogStopped: Event {
    /// Which messages the log still takes; all others are refused before a judge applies them.
    public enum Takes: Sendable, Equatable {
        /// Own messages, identity messages and governance, for which room is kept on the disk.
        case reserved
        /// Own messages only: so much waits for the disk already that those of others must come later.
        case own
        /// Nothing.
        case nothing
    }

    /// Cause and next step in words.
    public let reason: String
    /// What there is room for.
    public let takes: Takes
    /// Announces the stop.
    public init(reason: String, takes: Takes = .nothing) {
        self.reason = reason
        self.takes = takes
    }
}

/// The log has room for everything again; what waited follows.
public struct LogResumed: Event {
    /// Announces the resumption.
    public init() {}
}

/// Messages strictly after a cursor, ordered by (timestamp, id) (R-05-005).
public struct MessagesAfter: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .persistence }
    /// One page.
    public struct Reply: BusMessage, Equatable {
        /// Canonical envelopes in cursor order.
        public let messages: [[UInt8]]
        /// More follow after the last one.
        public let hasMore: Bool
        /// Cursor behind the last message, or the asked one when the page is empty.
        public let nextTimestamp: Timestamp
        /// Identifier part of that cursor.
        public let nextID: MessageID?
        /// Puts a page together.
        public init(
            messages: [[UInt8]],
            hasMore: Bool,
            nextTimestamp: Timestamp,
            nextID: MessageID?
        ) {
            self.messages = messages
            self.hasMore = hasMore
            self.nextTimestamp = nextTimestamp
            self.nextID = nextID
        }
    }
    /// Types wanted; empty means all types that sync carries.
    public let types: [MessageType]
    /// Timestamp part of the cursor.
    public let since: Timestamp
    /// Identifier part of the cursor; nil means before every id of that timestamp.
    public let sinceID: MessageID?
    /// Most messages in the page, 1 to 1,000.
    public let limit: Int
    /// Most bytes in the page.
    public let bytesMax: Int
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
}

/// Messages by identifier (D-88); unknown ids are left out.
public struct MessagesByID: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .persistence }
    /// The messages found.
    public struct Reply: BusMessage {
        /// Canonical envelopes in the order asked for.
        public let messages: [[UInt8]]
        /// Hands them over.
        public init(messages: [[UInt8]]) { self.messages = messages }
    }
    /// At most 1,000 ids.
    public let ids: [MessageID]
    /// Asks for messages.
    public init(ids: [MessageID]) { self.ids = ids }
}

/// Size and health of the log.
public struct PersistenceStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .persistence }
    /// The log's figures.
    public struct Reply: BusMessage {
        /// Last position in the log.
        public let lastSequence: UInt64
        /// Running digest over all records in log order.
        public let digest: Bytes32
        /// Bytes of the database file in use.
        public let bytesUsed: UInt64
        /// Nil while writing works, else why it stopped.
        public let stoppedBecause: String?
        /// Bytes that are free on the disk of the log; nil when nobody knows.
        public let bytesFree: UInt64?
        /// Puts a reply together.
        public init(
            lastSequence: UInt64,
            digest: Bytes32,
            bytesUsed: UInt64,
            stoppedBecause: String?,
            bytesFree: UInt64? = nil
        ) {
            self.bytesFree = bytesFree
            self.lastSequence = lastSequence
            self.digest = digest
            self.bytesUsed = bytesUsed
            self.stoppedBecause = stoppedBecause
        }
    }
    /// Asks.
    public init() {}
}
