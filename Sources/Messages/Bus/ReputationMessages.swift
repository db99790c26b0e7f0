public import Kernel
public import Primitives

/// Tells networks of operators apart, and says nothing else of them (D-25).
public struct NetworkName: Hashable, Sendable {
    private let name: String
    /// Of those whose network nobody knows, who are taken as one.
    public static let unknown = NetworkName("")
    /// Names a network.
    public init(_ name: String) { self.name = name }
}

/// Scores as this node computes them now, and the size of the active network.
public struct Scores: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// One identity's score.
    public struct Entry: Sendable, Equatable {
        /// The root key.
        public let identity: NodeID
        /// The score of §9, between 0 and 1.
        public let overall: FixedPoint
        /// Own observations behind it.
        public let observations: Int
        /// Announced within the last 30 minutes.
        public let isActive: Bool
        /// What it can pay and keep the floor of its direct score (D-66).
        public let spendable: FixedPoint
        /// Where it was last heard from (D-25).
        public let network: NetworkName
        /// Puts an entry together.
        public init(
            identity: NodeID,
            overall: FixedPoint,
            observations: Int,
            isActive: Bool,
            spendable: FixedPoint = .zero,
            network: NetworkName = .unknown
        ) {
            self.identity = identity
            self.overall = overall
            self.observations = observations
            self.isActive = isActive
            self.spendable = spendable
            self.network = network
        }
    }
    /// The scores.
    public struct Reply: BusMessage {
        /// Sorted by identity.
        public let entries: [Entry]
        /// Identities announced within the last 30 minutes, this node included.
        public let activeIdentities: Int
        /// Sum of the scores of the active identities.
        public let activeReputation: FixedPoint
        /// What the active identities earned in seven days above their starting scores, summed
        /// (D-60); uncapped.
        public let earnedDelta: FixedPoint
        /// Puts a reply together.
        public init(
            entries: [Entry],
            activeIdentities: Int,
            activeReputation: FixedPoint,
            earnedDelta: FixedPoint = .zero
        ) {
            self.entries = entries
            self.activeIdentities = activeIdentities
            self.activeReputation = activeReputation
            self.earnedDelta = earnedDelta
        }
    }
    /// Identities wanted; nil means all known ones.
    public let identities: [NodeID]?
    /// Asks.
    public init(identities: [NodeID]? = nil) { self.identities = identities }
}

/// The standing of connected peers, for the transport's own decisions.
public struct PeerStandings: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// Whether an identity may be dealt with.
    public enum Condition: Sendable, Equatable {
        /// Nothing is held against it.
        case good
        /// A contradiction of rotations or a flag is open over it (D-47).
        case suspended
        /// It forfeited everything (D-85).
        case banned
    }
    /// One peer's standing.
    public struct Standing: Sendable, Equatable {
        /// The key that was asked about.
        public let node: NodeID
        /// The score of the identity that it acts for.
        public let score: FixedPoint
        /// Whether that identity may be dealt with.
        public let condition: Condition
        /// Puts a standing together.
        public init(node: NodeID, score: FixedPoint, condition: Condition) {
            self.node = node
            self.score = score
            self.condition = condition
        }
    }
    /// The standings.
    public struct Reply: BusMessage {
        /// One for each key, in the order asked.
        public let standings: [Standing]
        /// Hands them over.
        public init(standings: [Standing]) { self.standings = standings }
    }
    /// Keys of peers.
    public let nodes: [NodeID]
    /// Asks.
    public init(nodes: [NodeID]) { self.nodes = nodes }
}

/// What voters weighed when they voted, as this node reconstructs it (D-46 to D-49).
public struct VoterStandings: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// An identity and the timestamp of its vote.
    public struct Voter: Sendable, Equatable {
        /// The root key.
        public let identity: NodeID
        /// The timestamp of the vote.
        public let at: Timestamp
        /// Names a voter.
        public init(identity: NodeID, at: Timestamp) {
            self.identity = identity
            self.at = at
        }
    }
    /// The standings.
    public struct Reply: BusMessage {
        /// One voter's standing.
        public struct Standing: Sendable, Equatable {
            /// The root key, as asked.
            public let identity: NodeID
            /// The moment, as asked.
            public let at: Timestamp
            /// The score at that moment; the one from before a suspension while suspended (D-47),
            /// 0.2 when nothing was known.
            public let reputation: FixedPoint
            /// Suspended by contradicting rotations: the vote weighs a tenth of the floor.
            public let isSuspended: Bool
            /// What tenure leaves of the weight, in millionths; 1.0 takes nothing (D-49).
            public let tenureFactor: FixedPoint
            /// Puts a standing together.
            public init(
                identity: NodeID,
                at: Timestamp,
                reputation: FixedPoint,
                isSuspended: Bool,
                tenureFactor: FixedPoint
            ) {
                self.identity = identity
                self.at = at
                self.reputation = reputation
                self.isSuspended = isSuspended
                self.tenureFactor = tenureFactor
            }
        }
        /// One for each voter, in the order asked.
        public let standings: [Standing]
        /// Hands them over.
        public init(standings: [Standing]) { self.standings = standings }
    }
    /// Voters; an identity may be asked for at several moments.
    public let voters: [Voter]
    /// Asks.
    public init(voters: [Voter]) { self.voters = voters }
}

/// Every entry that made one identity's direct score, what others say, and what would raise it.
public struct ScoreHistory: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// One change of the direct score.
    public struct Entry: Sendable, Equatable, Codable {
        /// When, by the timestamp of its cause.
        public let at: Timestamp
        /// What earned or cost it, such as "adoption of <proposal>".
        public let cause: String
        /// Signed change that was applied, in millionths.
        public let changeMillionths: Int64
        /// Direct score afterwards.
        public let after: FixedPoint
        /// Puts an entry together.
        public init(at: Timestamp, cause: String, changeMillionths: Int64, after: FixedPoint) {
            self.at = at
            self.cause = cause
            self.changeMillionths = changeMillionths
            self.after = after
        }
    }
    /// The score in one field, as others name it.
    public struct Domain: Sendable, Equatable {
        /// The field's name.
        public let name: String
        /// Average weighted by trust.
        public let score: FixedPoint
        /// Names a field.
        public init(name: String, score: FixedPoint) {
            self.name = name
            self.score = score
        }
    }
    /// What §9 keeps beside the score.
    public struct Record: Sendable, Equatable {
        /// Sorted by name as bytes.
        public let byDomain: [Domain]
        /// Claims verified in agreement with others.
        public let verificationCount: Int
        /// Deducted for flags that are not decided yet.
        public let stakeAtRisk: FixedPoint
        /// Puts a record together.
        public init(
            byDomain: [Domain] = [],
            verificationCount: Int = 0,
            stakeAtRisk: FixedPoint = .zero
        ) {
            self.byDomain = byDomain
            self.verificationCount = verificationCount
            self.stakeAtRisk = stakeAtRisk
        }
    }
    /// What the score is made of besides the direct one.
    public struct Basis: Sendable, Equatable {
        /// Weight of the direct score, 0 to 0.6.
        public let ownWeight: FixedPoint
        /// Own observations.
        public let observations: Int
        /// What others say, averaged by trust; nil when nobody says anything.
        public let peerAverage: FixedPoint?
        /// Half of all trust is at or below it; nil when nobody says anything.
        public let receivedMedian: FixedPoint?
        /// Identities that say something.
        public let assessors: Int
        /// Distinct networks of these.
        public let assessorNetworks: Int
        /// Puts a basis together.
        public init(
            ownWeight: FixedPoint,
            observations: Int,
            peerAverage: FixedPoint?,
            receivedMedian: FixedPoint?,
            assessors: Int,
            assessorNetworks: Int
        ) {
            self.ownWeight = ownWeight
            self.observations = observations
            self.peerAverage = peerAverage
            self.receivedMedian = receivedMedian
            self.assessors = assessors
            self.assessorNetworks = assessorNetworks
        }
    }
    /// The next score that permits more (§9 Capability Ramp).
    public struct Gate: Sendable, Equatable {
        /// The score.
        public let score: FixedPoint
        /// What is missing.
        public let missing: FixedPoint
        /// What it permits, by the names of ``Capability``.
        public let permits: [String]
        /// Describes a gate.
        public init(score: FixedPoint, missing: FixedPoint, permits: [String]) {
            self.score = score
            self.missing = missing
            self.permits = permits
        }
    }
    /// What the direct score began with.
    public struct Start: Sendable, Equatable {
        /// The score.
        public let score: FixedPoint
        /// It is a founder's by the description of the network, and not a newcomer's (D-36).
        public let isFounder: Bool
        /// Names a start.
        public init(score: FixedPoint, isFounder: Bool) {
            self.score = score
            self.isFounder = isFounder
        }
    }
    /// The history.
    public struct Reply: BusMessage {
        /// Whether anything was ever heard of the identity; of others the figures are a newcomer's.
        public let isKnown: Bool
        /// The score now.
        public let overall: FixedPoint
        /// The direct part of it.
        public let direct: FixedPoint
        /// Where the direct part began.
        public let start: Start
        /// In the order of booking, 1,000 at most; the oldest ones are one entry then.
        public let entries: [Entry]
        /// What is kept beside the score.
        public let record: Record
        /// What the score is made of; nil when it is not told.
        public let basis: Basis?
        /// The next gate; nil above the last one.
        public let nextGate: Gate?
        /// What would raise the score, for people.
        public let earns: [String]
        /// What is wrong, for people.
        public let warnings: [String]
        /// Puts a reply together.
        public init(
            isKnown: Bool = true,
            overall: FixedPoint,
            direct: FixedPoint,
            start: Start,
            entries: [Entry],
            record: Record = Record(),
            basis: Basis? = nil,
            nextGate: Gate? = nil,
            earns: [String] = [],
            warnings: [String] = []
        ) {
            self.isKnown = isKnown
            self.overall = overall
            self.direct = direct
            self.start = start
            self.entries = entries
            self.record = record
            self.basis = basis
            self.nextGate = nextGate
            self.earns = earns
            self.warnings = warnings
        }
    }
    /// Whose history.
    public let identity: NodeID
    /// Asks.
    public init(identity: NodeID) { self.identity = identity }
}

/// The reputation part of the state digest.
public struct ReputationStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// Size and digest.
    public struct Reply: BusMessage {
        /// Identities in the ledger.
        public let knownIdentities: Int
        /// The node's own score.
        public let ownScore: FixedPoint
        /// Digest of the subsystem's replayable state; nil when the question was brief.
        public let digest: Bytes32?
        /// Puts a reply together.
        public init(knownIdentities: Int, ownScore: FixedPoint, digest: Bytes32?) {
            self.knownIdentities = knownIdentities
            self.ownScore = ownScore
            self.digest = digest
        }
    }
    /// Whether the digest, which takes longer the more there is, is left out.
    public let isBrief: Bool
    /// Asks.
    public init(isBrief: Bool = false) { self.isBrief = isBrief }
}
