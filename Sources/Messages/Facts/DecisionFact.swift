public import Primitives

/// How the votes on a proposal are added up (§8).
public enum VotingMode: String, Sendable, CaseIterable, Codable {
    /// By reputation.
    case weighted
    /// By heads, during the 30 days after governance began (R-08-027).
    case headcount
}

/// What this node decided on a proposal, with all that the decision rests on.
///
/// Consensus writes it as a fact; everybody else may read it from `FactLogged`,
/// which comes in the order of the log both live and at replay. A later fact on the same proposal
/// replaces an earlier one: first `confirming`, then the outcome; or an outcome that was looked at
/// again after others had adopted (R-08-013).
public struct DecisionFact: Sendable, Equatable, Codable {
    /// One identity's vote as it entered the decision.
    public struct Ballot: Sendable, Equatable, Codable {
        /// The voting identity.
        public let identity: NodeID
        /// The VOTE message.
        public let voteID: MessageID
        /// The timestamp of the vote.
        public let at: Timestamp
        /// For, against, or merely present.
        public let stance: Vote.Stance
        /// Weight after suspension, degraded mode and tenure (D-46); zero when it did not count.
        public let weight: FixedPoint
        /// The voter's state was incomplete (R-05-106).
        public let isDegraded: Bool
        /// Why the vote did not count; nil when it did.
        public let notCountedBecause: String?

        /// Puts a ballot together.
        public init(
            identity: NodeID,
            voteID: MessageID,
            at: Timestamp,
            stance: Vote.Stance,
            weight: FixedPoint,
            isDegraded: Bool,
            notCountedBecause: String?
        ) {
            self.identity = identity
            self.voteID = voteID
            self.at = at
            self.stance = stance
            self.weight = weight
            self.isDegraded = isDegraded
            self.notCountedBecause = notCountedBecause
        }
    }

    /// The PROPOSE message.
    public let proposal: MessageID
    /// `confirming`, `ratified` or `rejected`.
    public let state: ProposalState
    /// Whether enough took part for the votes to say something.
    public let hasQuorum: Bool
    /// How votes were added up.
    public let mode: VotingMode
    /// Whether half of the active identities had to vote besides (R-08-029).
    public let needsHalfOfHeads: Bool
    /// Identities announced within 30 minutes, sampled after the deadline (D-58).
    public let activeIdentities: Int
    /// Sum of their scores.
    public let activeReputation: FixedPoint
    /// The author's identity.
    public let author: NodeID
    /// When a ratified proposal takes effect: at its deadline, or 30 days later (R-08-037).
    public let effectiveAt: Timestamp
    /// Identities that had reported an adoption by then.
    public let adopters: Int
    /// What a ratification does beyond adoption (D-61); nil for most.
    public let resolution: Propose.Resolution?
    /// Why the proposal could not be ratified whatever the votes; nil when it could.
    public let objection: String?
    /// The objection is the phase of the network alone; when that turns out to have been another
    /// one, the decision is taken again (ADR 0024).
    public let restsOnPhase: Bool
    /// How often votes were counted before, and the outcome was set aside since (ADR 0064).
    public let recount: Int
    /// Votes sorted by identity.
    public let votes: [Ballot]

    /// Puts a decision together.
    public init(
        proposal: MessageID,
        state: ProposalState,
        hasQuorum: Bool = true,
        mode: VotingMode,
        needsHalfOfHeads: Bool,
        activeIdentities: Int,
        activeReputation: FixedPoint,
        author: NodeID,
        effectiveAt: Timestamp,
        adopters: Int,
        resolution: Propose.Resolution?,
        objection: String?,
        restsOnPhase: Bool = false,
        recount: Int = 0,
        votes: [Ballot]
    ) {
        self.recount = recount
        self.proposal = proposal
        self.state = state
        self.hasQuorum = hasQuorum
        self.mode = mode
        self.needsHalfOfHeads = needsHalfOfHeads
        self.activeIdentities = activeIdentities
        self.activeReputation = activeReputation
        self.author = author
        self.effectiveAt = effectiveAt
        self.adopters = adopters
        self.resolution = resolution
        self.objection = objection
        self.restsOnPhase = restsOnPhase
        self.votes = votes
    }
}

// MARK: As a fact of the log

extension DecisionFact: SingleFact {
    package static var kind: FactKind { .decision }

    package init(reading body: PayloadReader) throws(SchemaError) {
        let state: ProposalState = try body.choice("state")
        // Older logs lack some of what follows.
        self.init(
            proposal: try body.id("proposal_id"),
            state: state,
            hasQuorum: try body.optionalBool("quorum") ?? (state != .expired),
            mode: try body.choice("mode"),
            needsHalfOfHeads: try body.optionalBool("half_of_heads") ?? false,
            activeIdentities: Int(clamping: try body.integer("active_identities")),
            activeReputation: try body.amount("active_reputation"),
            author: try body.id("author"),
            effectiveAt: try body.optionalTimestamp("effective_at") ?? Timestamp(milliseconds: 0),
            adopters: Int(clamping: try body.optionalInteger("adopters") ?? 0),
            resolution: try body.optionalObject("resolution").map {
                resolution throws(SchemaError) in
                try Propose.Resolution(reading: resolution)
            },
            objection: try body.optionalText("objection"),
            restsOnPhase: try body.optionalBool("rests_on_phase") ?? false,
            recount: Int(clamping: try body.optionalInteger("recount") ?? 0),
            votes: try body.objects("votes").map { vote throws(SchemaError) in
                try Ballot(reading: vote)
            }
        )
    }

    package func write(to body: inout PayloadWriter) {
        body.set("proposal_id", self.proposal)
        body.set("state", self.state)
        body.set("quorum", self.hasQuorum)
        body.set("mode", self.mode)
        body.set("half_of_heads", self.needsHalfOfHeads)
        body.set("active_identities", self.activeIdentities)
        body.set("active_reputation", self.activeReputation)
        body.set("author", self.author)
        body.set("effective_at", self.effectiveAt)
        body.set("adopters", self.adopters)
        body.setOrNull("resolution", self.resolution)
        body.setOrNull("objection", self.objection)
        body.set("rests_on_phase", self.restsOnPhase)
        if self.recount > 0 { body.set("recount", self.recount) }
        body.set("votes", self.votes)
    }
}

extension DecisionFact.Ballot: PayloadObject {
    init(reading vote: PayloadReader) throws(SchemaError) {
        let isCounted = try vote.bool("counted")
        let reason = try vote.optionalText("not_counted_because")
        self.init(
            identity: try vote.id("identity"),
            voteID: try vote.id("vote_id"),
            at: try vote.timestamp("at"),
            stance: try vote.choice("stance"),
            weight: try vote.amount("weight"),
            isDegraded: try vote.optionalBool("degraded") ?? false,
            notCountedBecause: isCounted ? nil : reason ?? "unknown"
        )
    }

    package func write(to vote: inout PayloadWriter) {
        vote.set("identity", self.identity)
        vote.set("vote_id", self.voteID)
        vote.set("at", self.at)
        vote.set("stance", self.stance)
        vote.set("weight", self.weight)
        vote.set("degraded", self.isDegraded)
        vote.set("counted", self.notCountedBecause == nil)
        vote.setOrNull("not_counted_because", self.notCountedBecause)
    }
}

/// A vote on a flag, a ban, a key conflict or a parameter was won (D-61).
///
/// Read it from `FactLogged` with ``init(_:)``, live and at replay alike. It holds from
/// ``effectiveAt`` on, which for a constitutional proposal lies 30 days after its deadline.
public struct ResolutionRatified: Sendable, Equatable, Codable {
    /// The PROPOSE message.
    public let proposal: MessageID
    /// What was decided.
    public let resolution: Propose.Resolution
    /// From when on it holds.
    public let effectiveAt: Timestamp

    /// Nil when the fact is not a ratified decision with a resolution.
    public init?(_ fact: LocalFact) {
        guard let decision = DecisionFact(fact) else { return nil }
        self.init(decision)
    }

    /// Nil when the decision ratifies no resolution.
    public init?(_ decision: DecisionFact) {
        guard decision.state == .ratified, let resolution = decision.resolution else { return nil }
        self.proposal = decision.proposal
        self.resolution = resolution
        self.effectiveAt = decision.effectiveAt
    }
}
