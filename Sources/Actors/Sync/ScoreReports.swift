import Messages
import OrderedCollections
import Primitives

/// What peers say of scores now, and what follows when they say different things (§5, D-31).
struct ScoreReports: Sendable {
    /// One report of each peer on each subject.
    private var reports: OrderedDictionary<NodeID, OrderedDictionary<NodeID, FixedPoint>> = [:]

    /// A peer reports; of two reports on one subject the first counts.
    mutating func take(_ entries: [SyncResponse.CurrentReputation], of peer: NodeID) {
        for entry in entries where self.reports[entry.nodeID]?[peer] == nil {
            self.reports[entry.nodeID, default: [:]][peer] = entry.reputation
        }
    }

    /// What the reports agree on, sorted by subject.
    var agreed: [ScoresReported.Bound] {
        self.reports.compactMap { subject, reports in
            Self.agreed(among: Array(reports.values)).map { score in
                ScoresReported.Bound(identity: subject, score: score)
            }
        }.sorted { $0.identity < $1.identity }
    }

    /// The trimmed minimum; nil when the reports are too few, or those between the outermost ones lie too far
    /// apart, so that what was said in public decides (R-05-054 to R-05-058).
    static func agreed(among reports: [FixedPoint]) -> FixedPoint? {
        let sorted = reports.sorted()
        let count = sorted.count
        guard count > 2 else { return nil }
        guard count > 3 else { return sorted[0] }
        guard sorted[count - 2] - sorted[1] <= SyncLimits.scoreSpreadMax else { return nil }
        return count == 4 ? sorted[0] : sorted[1]
    }
}
