public import Primitives

/// How the votes on a proposal are added up (§8).
public enum VotingMode: String, Sendable, CaseIterable {
    /// By reputation.
    case weighted
    /// By heads, during the 30 days after governance began (R-08-027).
    case headcount
}

/// What this node decided on a proposal, with all that the decision rests on.
///
/// Consensus writes it as a fact of the kind ``kind``; everybody else may read it from `FactLogged`,
/// which comes in the order of the log both live and at replay. A later fact on the same proposal
/// replaces an earlier one: first `confirming`, then the outcome; or an outcome that was looked at
/// again after others had adopted (R-08-013).
public struct DecisionFact: Sendable, Equatable {
    /// The kind of the fact; its owner is Consensus.
    public static let kind = "decision"

    /// One identity's vote as it entered the decision.
    public struct Ballot: Sendable, Equatable {
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
        votes: [Ballot]
    ) {
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

// MARK: As the body of a fact

extension DecisionFact {
    /// Canonical JSON; fractions in millionths, times in Unix milliseconds.
    public var body: [UInt8] {
        JSONValue.object([
            ("proposal_id", .string(self.proposal.hex)),
            ("state", .string(self.state.rawValue)),
            ("quorum", .bool(self.hasQuorum)),
            ("mode", .string(self.mode.rawValue)),
            ("half_of_heads", .bool(self.needsHalfOfHeads)),
            ("active_identities", .integer(Int64(clamping: self.activeIdentities))),
            ("active_reputation", .integer(self.activeReputation.millionths)),
            ("author", .string(self.author.hex)),
            ("effective_at", .integer(self.effectiveAt.milliseconds)),
            ("adopters", .integer(Int64(clamping: self.adopters))),
            ("resolution", self.resolution.map(\.json) ?? .null),
            ("objection", self.objection.map { .string($0) } ?? .null),
            ("rests_on_phase", .bool(self.restsOnPhase)),
            ("votes", .array(self.votes.map(\.json))),
        ]).canonicalBytes()
    }

    /// A decision comes from the own log and may list more votes than a message has room for.
    private static var limits: JSONLimits {
        var limits = JSONLimits.message
        limits.bytesMax = .max
        return limits
    }

    /// Reads a fact; nil when it is not a decision of Consensus.
    public init?(_ fact: LocalFact) {
        guard fact.owner == .consensus, fact.kind == Self.kind else { return nil }
        self.init(body: fact.body)
    }

    /// Reads the body of a fact; nil when it has not the members of a decision.
    public init?(body: [UInt8]) {
        guard let root = try? JSONDocument(scanning: body, limits: Self.limits).root.value,
            let proposal = root["proposal_id"]?.string.flatMap({ MessageID(hex: $0) }),
            let state = root["state"]?.string.flatMap(ProposalState.init(rawValue:)),
            let mode = root["mode"]?.string.flatMap(VotingMode.init(rawValue:)),
            let identities = root["active_identities"]?.integer,
            let reputation = root["active_reputation"]?.integer,
            let author = root["author"]?.string.flatMap({ NodeID(hex: $0) }),
            let votes = root["votes"]?.elements
        else { return nil }
        self.init(
            proposal: proposal,
            state: state,
            hasQuorum: root["quorum"]?.bool ?? (state != .expired),
            mode: mode,
            needsHalfOfHeads: root["half_of_heads"]?.bool ?? false,
            activeIdentities: Int(clamping: identities),
            activeReputation: FixedPoint(millionths: reputation),
            author: author,
            effectiveAt: Timestamp(milliseconds: root["effective_at"]?.integer ?? 0),
            adopters: Int(clamping: root["adopters"]?.integer ?? 0),
            resolution: root["resolution"].flatMap { Propose.Resolution($0) },
            objection: root["objection"]?.string,
            restsOnPhase: root["rests_on_phase"]?.bool ?? false,
            votes: votes.compactMap { Ballot($0) }
        )
    }
}

extension DecisionFact.Ballot {
    fileprivate var json: JSONValue {
        .object([
            ("identity", .string(self.identity.hex)),
            ("vote_id", .string(self.voteID.hex)),
            ("at", .integer(self.at.milliseconds)),
            ("stance", .string(self.stance.rawValue)),
            ("weight", .integer(self.weight.millionths)),
            ("degraded", .bool(self.isDegraded)),
            ("counted", .bool(self.notCountedBecause == nil)),
            ("not_counted_because", self.notCountedBecause.map { .string($0) } ?? .null),
        ])
    }

    fileprivate init?(_ json: JSONValue) {
        guard let identity = json["identity"]?.string.flatMap({ NodeID(hex: $0) }),
            let voteID = json["vote_id"]?.string.flatMap({ MessageID(hex: $0) }),
            let at = json["at"]?.integer,
            let stance = json["stance"]?.string.flatMap(Vote.Stance.init(rawValue:)),
            let weight = json["weight"]?.integer,
            let counted = json["counted"]?.bool
        else { return nil }
        self.init(
            identity: identity,
            voteID: voteID,
            at: Timestamp(milliseconds: at),
            stance: stance,
            weight: FixedPoint(millionths: weight),
            isDegraded: json["degraded"]?.bool ?? false,
            notCountedBecause: counted ? nil : json["not_counted_because"]?.string ?? "unknown"
        )
    }
}

/// A vote on a flag, a ban, a key conflict or a parameter was won (D-61).
///
/// Read it from `FactLogged` with ``init(_:)``, live and at replay alike. It holds from
/// ``effectiveAt`` on, which for a constitutional proposal lies 30 days after its deadline.
public struct ResolutionRatified: Sendable, Equatable {
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
