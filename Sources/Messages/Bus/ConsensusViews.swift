public import Primitives

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
    /// The rule by which it does not count; nil when it does, or in words of an older version.
    public let rule: String?
    /// What would make it count, in a sentence; nil as for the rule.
    public let remedy: String?
    /// What the voter says for it; nil when nothing.
    public let reason: String?
    /// Puts a view together.
    public init(
        identity: NodeID,
        voteID: MessageID,
        stance: String,
        weight: FixedPoint,
        notCountedBecause: String?,
        rule: String? = nil,
        remedy: String? = nil,
        reason: String?
    ) {
        self.identity = identity
        self.voteID = voteID
        self.stance = stance
        self.weight = weight
        self.notCountedBecause = notCountedBecause
        self.rule = rule
        self.remedy = remedy
        self.reason = reason
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

/// One comment in its thread.
public struct CommentView: Sendable {
    /// The COMMENT message.
    public let message: Message
    /// Its author's identity.
    public let identity: NodeID
    /// Answers between it and the comment that began the thread; 0 for that one.
    public let depth: Int
    /// Why it is not shown by default, such as an hourly limit (D-76); nil for most.
    public let hiddenBecause: String?
    /// Puts a view together.
    public init(message: Message, identity: NodeID, depth: Int, hiddenBecause: String?) {
        self.message = message
        self.identity = identity
        self.depth = depth
        self.hiddenBecause = hiddenBecause
    }
}

/// A request as this node sees it.
public struct RequestView: Sendable {
    /// The REQUEST message.
    public let message: Message
    /// Its author's identity.
    public let identity: NodeID
    /// Whether it is past its `expires`.
    public let isExpired: Bool
    /// All comments on it, each thread in order; empty in lists.
    public let threads: [CommentView]
    /// Proposals that answer it, sorted; empty in lists.
    public let answers: [MessageID]

    /// Puts a view together.
    public init(
        message: Message,
        identity: NodeID,
        isExpired: Bool,
        threads: [CommentView] = [],
        answers: [MessageID] = []
    ) {
        self.message = message
        self.identity = identity
        self.isExpired = isExpired
        self.threads = threads
        self.answers = answers
    }
}

/// How far a proposal is from being ratified.
public struct Outlook: Sendable, Equatable {
    /// How votes are added up at its deadline, as far as this node knows now.
    public let mode: VotingMode
    /// Weight that took part, or heads in whole units in the headcount mode.
    public let quorumReached: FixedPoint
    /// What must take part, in the same unit.
    public let quorumNeeded: FixedPoint
    /// Identities that must vote at least, whatever they weigh.
    public let votersNeeded: Int
    /// Share of endorse in endorse and reject, truncated for display; nil without either.
    public let ratio: FixedPoint?
    /// The share that ratifies.
    public let threshold: FixedPoint
    /// Endorsements that would reach it if nothing else changed, as weight or in heads; nil when no number
    /// of them would.
    public let endorsementMissing: FixedPoint?
    /// Within 0.02 of the threshold with its quorum, so that seven days of confirmation follow the
    /// deadline or are under way; without a quorum there is nothing to confirm (D-56).
    public let isClose: Bool
    /// Identities announced in the last 30 minutes; as sampled, once decided.
    public let activeIdentities: Int
    /// Whether half of them have to vote besides (R-08-029).
    public let needsHalfOfHeads: Bool
    /// When a ratification takes effect.
    public let effectiveAt: Timestamp

    /// The ratio above the threshold, below it when negative, in millionths; nil without a ratio.
    public var marginMillionths: Int64? {
        self.ratio.map { $0.millionths - self.threshold.millionths }
    }

    /// Puts an outlook together.
    public init(
        mode: VotingMode,
        quorumReached: FixedPoint,
        quorumNeeded: FixedPoint,
        votersNeeded: Int,
        ratio: FixedPoint?,
        threshold: FixedPoint,
        endorsementMissing: FixedPoint? = nil,
        isClose: Bool,
        activeIdentities: Int,
        needsHalfOfHeads: Bool,
        effectiveAt: Timestamp
    ) {
        self.mode = mode
        self.quorumReached = quorumReached
        self.quorumNeeded = quorumNeeded
        self.votersNeeded = votersNeeded
        self.ratio = ratio
        self.threshold = threshold
        self.endorsementMissing = endorsementMissing
        self.isClose = isClose
        self.activeIdentities = activeIdentities
        self.needsHalfOfHeads = needsHalfOfHeads
        self.effectiveAt = effectiveAt
    }
}

/// A ratified change of the protocol lost against a contradictory one, and is voted on once more
/// (R-12-019, D-91).
public struct Reopening: Sendable, Equatable, Codable {
    /// The change that stands.
    public let winner: MessageID
    /// When voting ends, as this node sees it.
    public let votingEnds: Timestamp
    /// Describes a reopening.
    public init(winner: MessageID, votingEnds: Timestamp) {
        self.winner = winner
        self.votingEnds = votingEnds
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
    /// Older versions that it replaces, newest first, at most five (R-07-030).
    public let supersedes: [MessageID]
    /// Comments on it that are shown, oldest first.
    public let comments: [Message]
    /// All comments, each thread in order, answers below what they answer.
    public let threads: [CommentView]
    /// How far it is from being ratified.
    public let outlook: Outlook
    /// When this node decides next: at the deadline, or when the confirmation ends; nil once decided
    /// or withdrawn.
    public let decisionDue: Timestamp?
    /// Its age has reached the limit of its state, so that sync no longer offers it (§12).
    public let isArchived: Bool
    /// Why it is not ratified; empty when it is.
    public let missing: [String]
    /// Why it is not put to the vote here, however many endorse it; nil when it is.
    public let objection: String?
    /// When this node decided; nil before.
    public let decidedAt: Timestamp?
    /// Why it is open once more although it was ratified; nil when it is not (ADR 0064).
    public let reopening: Reopening?

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
        supersedes: [MessageID],
        threads: [CommentView],
        outlook: Outlook,
        decisionDue: Timestamp?,
        isArchived: Bool,
        missing: [String],
        objection: String? = nil,
        decidedAt: Timestamp? = nil,
        reopening: Reopening? = nil
    ) {
        self.reopening = reopening
        self.message = message
        self.proposal = proposal
        self.author = author
        self.state = state
        self.isAdopted = isAdopted
        self.tally = tally
        self.votes = votes
        self.adoptions = adoptions
        self.supersededBy = supersededBy
        self.supersedes = supersedes
        self.threads = threads
        self.comments = threads.filter { $0.hiddenBecause == nil }.map(\.message).sorted {
            ($0.timestamp, $0.id) < ($1.timestamp, $1.id)
        }
        self.outlook = outlook
        self.decisionDue = decisionDue
        self.isArchived = isArchived
        self.missing = missing
        self.objection = objection
        self.decidedAt = decidedAt
    }

    /// Whether its decision is due and not taken yet: this node was away, or is about to decide.
    public func isOverdue(at now: Timestamp) -> Bool { self.decisionDue.map { $0 < now } ?? false }
}
