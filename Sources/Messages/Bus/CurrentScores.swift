public import Kernel
public import Primitives

/// What this node thinks now of the identities that it assessed in public (R-05-051, R-05-052).
public struct CurrentScores: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// The scores.
    public struct Reply: BusMessage {
        /// Sorted by identity.
        public let entries: [SyncResponse.CurrentReputation]
        /// Whether there are more behind the last one.
        public let hasMore: Bool
        /// Hands them over.
        public init(entries: [SyncResponse.CurrentReputation], hasMore: Bool) {
            self.entries = entries
            self.hasMore = hasMore
        }
    }
    /// Only identities behind this one; nil begins with the first.
    public let after: NodeID?
    /// Most entries in the answer.
    public let limit: Int
    /// Asks.
    public init(after: NodeID?, limit: Int) {
        self.after = after
        self.limit = limit
    }
}

/// What peers agree on about scores, as they reported them while this node started (R-05-054, D-31).
public struct ScoresReported: Event {
    /// An identity that the network thinks no more of than this.
    public struct Bound: Sendable, Equatable {
        /// The root key.
        public let identity: NodeID
        /// The trimmed minimum of the reports.
        public let score: FixedPoint
        /// Puts a bound together.
        public init(identity: NodeID, score: FixedPoint) {
            self.identity = identity
            self.score = score
        }
    }
    /// Sorted by identity.
    public let bounds: [Bound]
    /// Announces them.
    public init(bounds: [Bound]) { self.bounds = bounds }
}
