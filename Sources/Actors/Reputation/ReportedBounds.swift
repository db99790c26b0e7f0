import Identities
import Messages
import Primitives

/// Scores above which peers agreed that an identity does not stand, when this node started (R-05-059).
///
/// A bound lowers what this node thinks of somebody of whom it has seen nothing; it lifts nobody, so that the
/// rules for newcomers hold as before. With the first own observation it counts for nothing any more.
struct ReportedBounds: Sendable {
    fileprivate struct Bound: Sendable {
        let score: FixedPoint
        let since: Timestamp
    }

    private var bounds: [NodeID: Bound] = [:]

    /// Takes a bound; the newest holds.
    mutating func take(_ score: FixedPoint, of identity: NodeID, at time: Timestamp) {
        self.bounds[identity] = Bound(score: max(score, ReputationLimits.floor), since: time)
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
        guard alpha == 0, let bound = self.bounds[identity],
            moment.map({ bound.since <= $0 }) ?? true
        else { return score }
        return min(score, bound.score)
    }
}

extension ReportedBounds: Book {
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let bound = self.bounds.removeValue(forKey: old), self.bounds[new] == nil else {
            return
        }
        self.bounds[new] = bound
    }

    func digest(into writer: inout some StateWriter) {
        writer.field("bounds", self.bounds)
    }
}

extension ReportedBounds.Bound: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("score", self.score)
        writer.field("since", self.since)
    }
}
