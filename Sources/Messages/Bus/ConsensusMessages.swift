public import Kernel
public import Primitives

/// Where a proposal stands in this node's own view (§7 Proposal Lifecycle).
public enum ProposalState: String, Sendable, CaseIterable {
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
    /// The deadline passed without quorum.
    case expired
    /// The author took it back.
    case withdrawn
}

/// The tally of a proposal, as this node counts it.
public struct Tally: Sendable, Equatable {
    /// Distinct identities whose votes count.
    public var voters: Int
    /// Sum of vote-time reputation behind endorse votes.
    public var endorse: FixedPoint
    /// Sum of vote-time reputation behind reject votes.
    public var reject: FixedPoint
    /// Sum of vote-time reputation behind abstentions.
    public var abstain: FixedPoint
    /// Reputation weight that must take part.
    public var quorum: FixedPoint
    /// Share of endorse in endorse and reject that ratifies.
    public var threshold: FixedPoint

    /// Puts a tally together.
    public init(
        voters: Int,
        endorse: FixedPoint,
        reject: FixedPoint,
        abstain: FixedPoint,
        quorum: FixedPoint,
        threshold: FixedPoint
    ) {
        self.voters = voters
        self.endorse = endorse
        self.reject = reject
        self.abstain = abstain
        self.quorum = quorum
        self.threshold = threshold
    }
}

/// One vote as this node counts it.
public struct VoteView: Sendable, Equatable {
    /// The voting identity.
    public let identity: NodeID
    /// The VOTE message.
    public let voteID: MessageID
    /// endorse, reject or abstain.
    public let stance: String
    /// Weight in the tally; zero when it does not count.
    public let weight: FixedPoint
    /// Why it does not count; nil when it does.
    public let notCountedBecause: String?
    /// Puts a view together.
    public init(
        identity: NodeID,
        voteID: MessageID,
        stance: String,
        weight: FixedPoint,
        notCountedBecause: String?
    ) {
        self.identity = identity
        self.voteID = voteID
        self.stance = stance
        self.weight = weight
        self.notCountedBecause = notCountedBecause
    }
}

/// One ADOPT message.
public struct AdoptionView: Sendable, Equatable {
    /// The adopting identity.
    public let identity: NodeID
    /// What it reports.
    public let success: Bool
    /// Puts a view together.
    public init(identity: NodeID, success: Bool) {
        self.identity = identity
        self.success = success
    }
}

/// A proposal as this node sees it.
public struct ProposalView: Sendable {
    /// The PROPOSE message.
    public let message: Message
    /// Its payload.
    public let proposal: Propose
    /// The author's identity.
    public let author: NodeID
    /// State now.
    public let state: ProposalState
    /// Whether this node adopted it.
    public let isAdopted: Bool
    /// Tally now, or as decided.
    public let tally: Tally
    /// Votes, sorted by identity.
    public let votes: [VoteView]
    /// Adoptions, sorted by identity.
    public let adoptions: [AdoptionView]
    /// Newer proposals that replace it, sorted.
    public let supersededBy: [MessageID]
    /// Comments on it, oldest first.
    public let comments: [Message]
    /// Why it is not ratified; empty when it is.
    public let missing: [String]

    /// Puts a view together.
    public init(
        message: Message,
        proposal: Propose,
        author: NodeID,
        state: ProposalState,
        isAdopted: Bool,
        tally: Tally,
        votes: [VoteView],
        adoptions: [AdoptionView],
        supersededBy: [MessageID],
        comments: [Message],
        missing: [String]
    ) {
        self.message = message
        self.proposal = proposal
        self.author = author
        self.state = state
        self.isAdopted = isAdopted
        self.tally = tally
        self.votes = votes
        self.adoptions = adoptions
        self.supersededBy = supersededBy
        self.comments = comments
        self.missing = missing
    }
}

/// Proposals, newest first.
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
    /// Most proposals in the answer.
    public let limit: Int
    /// Asks.
    public init(id: MessageID? = nil, limit: Int = 1_000) {
        self.id = id
        self.limit = limit
    }
}

/// Requests, newest first.
public struct Requests: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// The requests.
    public struct Reply: BusMessage {
        /// REQUEST messages, newest first.
        public let requests: [Message]
        /// Hands them over.
        public init(requests: [Message]) { self.requests = requests }
    }
    /// Most requests in the answer.
    public let limit: Int
    /// Asks.
    public init(limit: Int = 1_000) { self.limit = limit }
}

/// Root of the proposal Merkle tree (§12, D-33), as SYNC_RESPONSE carries it.
public struct ProposalRoot: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// The root.
    public struct Reply: BusMessage {
        /// Root over the open proposals, time rounded down to the minute.
        public let root: Bytes32
        /// Hands it over.
        public init(root: Bytes32) { self.root = root }
    }
    /// Asks.
    public init() {}
}

/// The governance part of the state digest.
public struct ConsensusStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// Sizes and digest.
    public struct Reply: BusMessage {
        /// Requests known.
        public let requests: Int
        /// Proposals known.
        public let proposals: Int
        /// Votes known, orphans included.
        public let votes: Int
        /// Digest of the subsystem's replayable state.
        public let digest: Bytes32
        /// Puts a reply together.
        public init(requests: Int, proposals: Int, votes: Int, digest: Bytes32) {
            self.requests = requests
            self.proposals = proposals
            self.votes = votes
            self.digest = digest
        }
    }
    /// Asks.
    public init() {}
}
