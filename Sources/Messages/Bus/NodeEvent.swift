public import Primitives

/// Something that happened, as this node tells its own people.
///
/// An event is made of one record of the log and of records before it, so that whoever reads the same
/// range twice gets the same events (ADR 0056).
public struct NodeEvent: Sendable, Equatable, Codable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// Somebody asks the network for something.
        case request
        /// Somebody proposes something.
        case proposal
        /// Somebody votes.
        case vote
        /// This node decided on a proposal.
        case decision
        /// An author took a proposal back.
        case withdrawal
        /// A node adopted a proposal, or failed to.
        case adoption
        /// Somebody wrote about a proposal or a request.
        case comment
        /// This node's identity may vote on a proposal, and has not.
        case ballot
        /// The same, and voting ends within a day.
        case deadline
        /// The own score changed.
        case score
        /// Copies of artefacts: contracts, challenges, rent.
        case storage
        /// An artefact was offered, taken back or flagged.
        case content
        /// Keys were linked, rotated, revoked or found to contradict each other.
        case identity
        /// An own message was refused.
        case refused
    }

    /// Whom an event concerns, from the point of view of this node's identity.
    public enum Concern: String, Sendable, CaseIterable, Codable {
        /// Proposals that it may vote on.
        case votes
        /// Of these, those whose voting ends within a day.
        case deadlines
        /// What happens to its proposals, and what becomes of those that it voted on.
        case proposals
        /// Requests of others.
        case requests
        /// What happens to its own requests.
        case answers
        /// Its score.
        case score
        /// What it stores, and what it had stored.
        case storage
        /// Its own messages that were refused, and what happens to its keys.
        case identity
    }

    /// Position in the log; no two events have the same.
    public let sequence: UInt64
    /// When this node wrote it to its log.
    public let at: Timestamp
    /// What happened.
    public let kind: Kind
    /// Whom it concerns, in the order of the cases.
    public var concerns: [Concern] = []
    /// The message that says so; nil for what this node found out itself.
    public var message: MessageID?
    /// Whose message it is.
    public var author: NodeID?
    /// The proposal or the request that it is about.
    public var subject: MessageID?
    /// The artefact that it is about.
    public var content: ContentHash?
    /// The key or the identity that it is about.
    public var key: NodeID?
    /// A title, as its author wrote it, cut.
    public var title: String?
    /// Tags, as their author wrote them.
    public var tags: [String] = []
    /// When voting ends, or a request does.
    public var deadline: Timestamp?
    /// How it went, in a word.
    public var outcome: String?
    /// What a vote weighs, what the score is, or what is paid.
    public var amount: FixedPoint?

    /// Tells what happened; the rest is set where there is something to tell.
    public init(sequence: UInt64, at: Timestamp, kind: Kind) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
    }
}

/// Which events somebody wants.
public struct EventFilter: Sendable, Equatable {
    /// Only these kinds; none means all.
    public let kinds: [NodeEvent.Kind]
    /// Only those that concern this node's identity in one of these ways; none means all.
    public let concerns: [NodeEvent.Concern]
    /// Requests only with one of these tags; none means all.
    public let tags: [String]

    /// Names what is wanted.
    public init(
        kinds: [NodeEvent.Kind] = [],
        concerns: [NodeEvent.Concern] = [],
        tags: [String] = []
    ) {
        self.kinds = kinds
        self.concerns = concerns
        self.tags = tags
    }

    /// Whether an event is wanted.
    public func admits(_ event: NodeEvent) -> Bool {
        guard self.kinds.isEmpty || self.kinds.contains(event.kind) else { return false }
        guard self.concerns.isEmpty || !event.concerns.allSatisfy({ !self.concerns.contains($0) })
        else { return false }
        guard event.kind == .request, !self.tags.isEmpty else { return true }
        return event.tags.contains { tag in
            self.tags.contains { $0.utf8.elementsEqual(tag.utf8) }
        }
    }
}
