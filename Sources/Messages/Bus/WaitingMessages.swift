public import Kernel
public import Primitives

/// A place in a list that goes from the earliest deadline to the latest.
public struct DeadlinePlace: Sendable, Equatable {
    /// When voting ends.
    public let deadline: Timestamp
    /// The PROPOSE message.
    public let id: MessageID
    /// Names a place.
    public init(deadline: Timestamp, id: MessageID) {
        self.deadline = deadline
        self.id = id
    }
}

/// Proposals that wait for the vote of this node's identity, the earliest deadline first.
///
/// Consensus says whose vote counts and until when; who tells people what they may vote on asks here and
/// judges nothing itself (ADR 0056).
public struct WaitingVotes: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// A proposal that waits.
    public struct Entry: Sendable, Equatable {
        /// The PROPOSE message.
        public let proposal: MessageID
        /// The identity that proposed it.
        public let author: NodeID
        /// Its title, as its author wrote it.
        public let title: String
        /// When voting ends.
        public let deadline: Timestamp
        /// What a vote of this node would weigh now.
        public let weight: FixedPoint
        /// Puts an entry together.
        public init(
            proposal: MessageID,
            author: NodeID,
            title: String,
            deadline: Timestamp,
            weight: FixedPoint
        ) {
            self.proposal = proposal
            self.author = author
            self.title = title
            self.deadline = deadline
            self.weight = weight
        }
    }
    /// The proposals.
    public struct Reply: BusMessage, Equatable {
        /// By deadline, then by id.
        public let entries: [Entry]
        /// Why no vote of this node would count, for people; nil when votes count.
        public let objection: String?
        /// Hands them over.
        public init(entries: [Entry] = [], objection: String? = nil) {
            self.entries = entries
            self.objection = objection
        }
    }
    /// Most entries in the answer.
    public let limit: Int
    /// Only those behind this place; nil begins with the earliest deadline.
    public let after: DeadlinePlace?
    /// Asks.
    public init(limit: Int, after: DeadlinePlace? = nil) {
        self.limit = limit
        self.after = after
    }
}
