public import Kernel

/// Something happened that this node tells its own people; sent in the order of the log, never at replay.
public struct EventTold: Event {
    /// What happened.
    public let event: NodeEvent
    /// Announces it.
    public init(event: NodeEvent) { self.event = event }
}

/// Events behind a position of the log, oldest first.
public struct EventPage: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .events }
    /// The events.
    public struct Reply: BusMessage, Equatable {
        /// In the order of the log.
        public let events: [NodeEvent]
        /// All wanted events up to here were told; the place to go on from.
        public let next: UInt64
        /// The log goes on behind ``next``.
        public let hasMore: Bool
        /// The log does not hold the position that was asked for: it is another one, or a shorter one.
        public let isGap: Bool
        /// Hands them over.
        public init(events: [NodeEvent], next: UInt64, hasMore: Bool, isGap: Bool = false) {
            self.events = events
            self.next = next
            self.hasMore = hasMore
            self.isGap = isGap
        }
    }
    /// The position behind which to begin; nil for the newest ones that are wanted.
    public let after: UInt64?
    /// Which ones.
    public let filter: EventFilter
    /// Most events in the answer.
    public let limit: Int
    /// Asks.
    public init(after: UInt64?, filter: EventFilter, limit: Int) {
        self.after = after
        self.filter = filter
        self.limit = limit
    }
}

/// What waits for this node's own people, the most urgent first.
public struct Inbox: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .events }
    /// A place in the inbox; it stays where it is when something is added.
    public enum Place: Sendable, Equatable {
        /// Behind a proposal that waits for a vote.
        case vote(DeadlinePlace)
        /// Behind a request.
        case request(MessagePlace)
        /// Behind news, by their position in the log.
        case news(UInt64)
    }
    /// What waits.
    public enum Item: Sendable {
        /// A proposal that this node may vote on, and has not.
        case vote(WaitingVotes.Entry)
        /// A request that this node could answer.
        case request(RequestView)
        /// Something that happened to what is this node's.
        case news(NodeEvent)
    }
    /// What waits.
    public struct Reply: BusMessage {
        /// Votes by deadline, then requests, newest first, then news in the order of the log.
        public let items: [Item]
        /// There is more behind the last item.
        public let hasMore: Bool
        /// The position of the log that the news go up to, to be given as ``Inbox/since`` next time.
        public let seen: UInt64
        /// Why no vote of this node would count, for people; nil when votes count, or nobody asked.
        public let objection: String?
        /// Parts that nobody told, because a subsystem is missing or did not answer, or that gave way.
        public let missing: [String]
        /// Most bytes of it when it is shown, as asked.
        public let bytesMax: Int
        /// Hands it over.
        public init(
            items: [Item],
            hasMore: Bool,
            seen: UInt64,
            objection: String?,
            missing: [String],
            bytesMax: Int
        ) {
            self.bytesMax = bytesMax
            self.items = items
            self.hasMore = hasMore
            self.seen = seen
            self.objection = objection
            self.missing = missing
        }
    }
    /// Tags of requests; none means all.
    public let tags: [String]
    /// Only news behind this position of the log.
    public let since: UInt64
    /// Most items in the answer.
    public let limit: Int
    /// Most bytes of the answer when it is shown; it comes back with the answer.
    public let bytesMax: Int
    /// Where the answer begins; nil for the beginning.
    public let after: Place?
    /// Asks.
    public init(
        tags: [String] = [],
        since: UInt64 = 0,
        limit: Int,
        bytesMax: Int,
        after: Place? = nil
    ) {
        self.bytesMax = bytesMax
        self.tags = tags
        self.since = since
        self.limit = limit
        self.after = after
    }
}

extension Inbox.Item {
    /// The place behind it.
    public var place: Inbox.Place {
        switch self {
        case .vote(let entry):
            .vote(DeadlinePlace(deadline: entry.deadline, id: entry.proposal))
        case .request(let view): .request(MessagePlace(view.message))
        case .news(let event): .news(event.sequence)
        }
    }
}

/// Records of the log behind a position, as they are announced when they are written.
public struct LogRecords: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .persistence }
    /// One record.
    public enum Record: Sendable {
        /// A message.
        case message(MessageLogged)
        /// A fact.
        case fact(FactLogged)
    }
    /// The records.
    public struct Reply: BusMessage {
        /// In the order of the log, without gaps.
        public let records: [Record]
        /// Hands them over.
        public init(records: [Record]) { self.records = records }
    }
    /// The position behind which to begin.
    public let after: UInt64
    /// Most records in the answer.
    public let limit: Int
    /// Bytes of content after which no further record is read.
    public let bytesMax: Int
    /// Asks.
    public init(after: UInt64, limit: Int, bytesMax: Int) {
        self.after = after
        self.limit = limit
        self.bytesMax = bytesMax
    }
}
