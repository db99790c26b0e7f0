public import Kernel
public import Primitives

/// Where a proposal stands in this node's own view (§7 Proposal Lifecycle).
public enum ProposalState: String, Sendable, CaseIterable, Codable {
    /// Votes accumulate.
    case open
    /// The weighted endorsement exceeds the threshold before the deadline.
    case converging
    /// Deadline passed within 0.02 of the threshold: seven days of confirmation.
    case confirming
    /// Accepted by the network, as this node sees it.
    case ratified
    /// Refused by the network, as this node sees it.
    case rejected
    /// The deadline passed without quorum, say decisions in older logs; today that is `rejected`.
    case expired
    /// The author took it back.
    case withdrawn
}

/// A place in a list that goes from the newest message to the oldest; it stays where it is when messages
/// are added.
public struct MessagePlace: Sendable, Equatable, Codable {
    /// When the message was signed.
    public let timestamp: Timestamp
    /// The message.
    public let id: MessageID

    /// Names a place.
    public init(timestamp: Timestamp, id: MessageID) {
        self.timestamp = timestamp
        self.id = id
    }

    /// The place of a message.
    public init(_ message: Message) {
        self.init(timestamp: message.timestamp, id: message.id)
    }

    /// Whether a message stands behind the place.
    public func isBefore(_ message: Message) -> Bool { self.isBefore(MessagePlace(message)) }

    /// Whether another place stands behind this one.
    public func isBefore(_ other: MessagePlace) -> Bool {
        (other.timestamp, other.id) < (self.timestamp, self.id)
    }
}

/// Proposals, newest first.
///
/// Long texts are whole in the answer about a single proposal, and cut in lists.
public struct Proposals: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// The proposals.
    public struct Reply: BusMessage {
        /// Newest first, by (timestamp, id).
        public let proposals: [ProposalView]
        /// Hands them over.
        public init(proposals: [ProposalView]) { self.proposals = proposals }
    }
    /// A single proposal; nil means all.
    public let id: MessageID?
    /// Only those of this artefact, first those that carry it inline; nil means all.
    public let offering: ContentHash?
    /// Most proposals in the answer.
    public let limit: Int
    /// Only those behind this place; nil begins with the newest.
    public let after: MessagePlace?
    /// Asks.
    public init(id: MessageID? = nil, limit: Int = 1_000, after: MessagePlace? = nil) {
        self.id = id
        self.offering = nil
        self.limit = limit
        self.after = after
    }
    /// Asks for the proposal that is the best source of an artefact.
    public init(offering artefact: ContentHash) {
        self.id = nil
        self.offering = artefact
        self.limit = 1
        self.after = nil
    }

    /// Whether the answer is about so few proposals that their texts are whole.
    public var isSingle: Bool { self.id != nil || self.offering != nil }
}

/// Requests, newest first.
///
/// Long texts and comments are whole in the answer about a single request; a list has outlines.
public struct Requests: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// The requests.
    public struct Reply: BusMessage {
        /// Newest first, by (timestamp, id).
        public let requests: [RequestView]
        /// Hands them over.
        public init(requests: [RequestView]) { self.requests = requests }
    }
    /// A single request, expired or not; nil means all.
    public let id: MessageID?
    /// Most requests in the answer.
    public let limit: Int
    /// Whether those past their `expires` are wanted too.
    public let includesExpired: Bool
    /// Only those behind this place; nil begins with the newest.
    public let after: MessagePlace?
    /// Only those that this node could answer: of others, not answered by it yet, and with one of these
    /// tags unless there are none; nil means all.
    public let answerable: [String]?
    /// Asks.
    public init(
        id: MessageID? = nil,
        limit: Int = 1_000,
        includesExpired: Bool = false,
        after: MessagePlace? = nil,
        answerable: [String]? = nil
    ) {
        self.id = id
        self.limit = limit
        self.includesExpired = includesExpired
        self.after = after
        self.answerable = answerable
    }
}

/// Which messages are about archived proposals, so that an ordinary page of sync leaves them out
/// (R-12-013, ADR 0064).
public struct ArchivedMessages: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// Which they are.
    public struct Reply: BusMessage {
        /// The archived proposals among those that were asked about.
        public let proposals: Set<MessageID>
        /// Names them.
        public init(proposals: Set<MessageID>) { self.proposals = proposals }
    }
    /// Proposals that a page holds, or that messages of it are about.
    public let proposals: [MessageID]
    /// Asks.
    public init(proposals: [MessageID]) { self.proposals = proposals }
}

/// These messages are about archived proposals, or such proposals themselves: the log keeps them, and
/// nobody is offered them any more (ADR 0064).
///
/// Sent once for each message, live and at replay; it may come before `MessageLogged` of the message.
public struct MessagesArchived: Event {
    /// Where each of them stands.
    public let messages: [MessagePlace]
    /// Announces them.
    public init(messages: [MessagePlace]) { self.messages = messages }
}

/// The governance part of the state digest.
public struct ConsensusStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// Sizes and digest.
    public struct Reply: BusMessage {
        /// Requests known.
        public let requests: Int
        /// Proposals known that are not archived.
        public let proposals: Int
        /// Votes known, orphans included.
        public let votes: Int
        /// Digest of the subsystem's replayable state; nil when the question was brief.
        public let digest: Bytes32?
        /// Puts a reply together.
        public init(requests: Int, proposals: Int, votes: Int, digest: Bytes32?) {
            self.requests = requests
            self.proposals = proposals
            self.votes = votes
            self.digest = digest
        }
    }
    /// Whether the digest, which takes longer the more there is, is left out.
    public let isBrief: Bool
    /// Asks.
    public init(isBrief: Bool = false) { self.isBrief = isBrief }
}
