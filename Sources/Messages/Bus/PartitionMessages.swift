public import Kernel
public import Primitives

/// How grave a difference between the trees of two synced nodes is (§12 Severity Classification).
public enum PartitionSeverity: String, Sendable, CaseIterable, Comparable, Codable {
    /// Sync evens it out.
    case info
    /// More than passes by itself.
    case warning
    /// The two sides may decide differently, or trust a revoked key.
    case critical

    /// By gravity.
    public static func < (left: PartitionSeverity, right: PartitionSeverity) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}

/// What this node knows of a partition that is open (R-12-005).
public struct PartitionReport: Sendable, Equatable {
    /// The gravest difference.
    public let severity: PartitionSeverity
    /// Since when trees have differed without a break.
    public let since: Timestamp
    /// From how many synced peers this node differs.
    public let peers: Int
    /// What a human has to do, in words; nil when sync does all of it.
    public let advice: String?

    /// Puts a report together.
    public init(severity: PartitionSeverity, since: Timestamp, peers: Int, advice: String?) {
        self.severity = severity
        self.since = since
        self.peers = peers
        self.advice = advice
    }
}

/// A partition has healed: the trees of this node and of the synced peers that it differed from are equal
/// again, so that what the other side said has arrived (R-12-016).
///
/// Sent live only; what follows from it is written to the log.
public struct PartitionHealed: Event {
    /// Announces it.
    public init() {}
}
