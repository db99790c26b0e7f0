import Identities
import Messages
import Primitives

/// Scores above which peers agreed that an identity does not stand, when this node started (R-05-059).
///
/// A bound lowers what this node thinks of somebody of whom it has seen nothing; it lifts nobody, so that the
/// rules for newcomers hold as before. With the first own observation it counts for nothing any more.
struct ReportedBounds: Sendable, Codable {
    private var scores: [NodeID: FixedPoint] = [:]
    /// When peers agreed on them; nil when they never did.
    private var since: Timestamp?

    /// Takes what peers agreed on; it replaces what they agreed on at an earlier start.
    mutating func replace(by bounds: [ScoresReported.Bound], at time: Timestamp) {
        self.since = time
        self.scores = [:]
        for bound in bounds.prefix(ReputationLimits.reportedBoundsMax) {
            self.scores[bound.identity] = max(bound.score, ReputationLimits.floor)
        }
    }

    /// The score of an identity within its bound.
    ///
    /// - Parameters:
    ///   - score: what the formula says.
    ///   - identity: whose score.
    ///   - alpha: the weight of own observations.
    ///   - moment: the past that is asked for; nil for now.
    /// - Returns: the score, or the bound when that is lower and holds.
    func applied(to score: FixedPoint, of identity: NodeID, alpha: Int64, at moment: Timestamp?)
        -> FixedPoint
    {
        guard alpha == 0, let bound = self.scores[identity], let since,
            moment.map({ since <= $0 }) ?? true
        else { return score }
        return min(score, bound)
    }
}

extension ReportedBounds: Book {
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let bound = self.scores.removeValue(forKey: old), self.scores[new] == nil else {
            return
        }
        self.scores[new] = bound
    }

    func digest(into writer: inout some StateWriter) {
        writer.field("scores", self.scores)
        writer.field("since", self.since)
    }
}
