import Messages
import OrderedCollections
import Primitives

/// What peers say of scores now, and what follows when they say different things (§5, D-31).
struct ScoreReports: Sendable {
    /// What follows for one subject.
    enum Verdict: Sendable, Equatable {
        /// The reports agree well enough.
        case use(FixedPoint)
        /// They are too few or too far apart: what was said in public decides, and until then the lowest.
        case replay(estimate: FixedPoint?)
    }

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
            guard case .use(let score) = Self.verdict(on: Array(reports.values)) else { return nil }
            return ScoresReported.Bound(identity: subject, score: score)
        }.sorted { $0.identity < $1.identity }
    }

    /// The trimmed minimum, unless the reports between the outermost ones lie too far apart
    /// (R-05-054 to R-05-058).
    static func verdict(on reports: [FixedPoint]) -> Verdict {
        let sorted = reports.sorted()
        let count = sorted.count
        guard count > 2 else { return .replay(estimate: sorted.first) }
        guard count > 3 else { return .use(sorted[0]) }
        guard sorted[count - 2] - sorted[1] <= SyncLimits.scoreSpreadMax else {
            return .replay(estimate: sorted[0])
        }
        return .use(count == 4 ? sorted[0] : sorted[1])
    }
}
