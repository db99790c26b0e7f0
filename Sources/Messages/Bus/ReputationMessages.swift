public import Kernel
public import Primitives

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
        /// Puts an entry together.
        public init(identity: NodeID, overall: FixedPoint, observations: Int, isActive: Bool) {
            self.identity = identity
            self.overall = overall
            self.observations = observations
            self.isActive = isActive
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
        /// Puts a reply together.
        public init(entries: [Entry], activeIdentities: Int, activeReputation: FixedPoint) {
            self.entries = entries
            self.activeIdentities = activeIdentities
            self.activeReputation = activeReputation
        }
    }
    /// Identities wanted; nil means all known ones.
    public let identities: [NodeID]?
    /// Asks.
    public init(identities: [NodeID]? = nil) { self.identities = identities }
}

/// Every entry that made one identity's direct score.
public struct ScoreHistory: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// One change of the direct score.
    public struct Entry: Sendable, Equatable {
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
    /// The history.
    public struct Reply: BusMessage {
        /// The score now.
        public let overall: FixedPoint
        /// The direct part of it.
        public let direct: FixedPoint
        /// Oldest first; the newest 1,000.
        public let entries: [Entry]
        /// Puts a reply together.
        public init(overall: FixedPoint, direct: FixedPoint, entries: [Entry]) {
            self.overall = overall
            self.direct = direct
            self.entries = entries
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
        /// Digest of the subsystem's replayable state.
        public let digest: Bytes32
        /// Puts a reply together.
        public init(knownIdentities: Int, ownScore: FixedPoint, digest: Bytes32) {
            self.knownIdentities = knownIdentities
            self.ownScore = ownScore
            self.digest = digest
        }
    }
    /// Asks.
    public init() {}
}
