import Primitives

/// Whom the next broadcast of own assessments is about: everybody in turn (R-09-043).
struct GossipRotation: Sendable {
    private var last: NodeID?

    /// The next subjects after the last ones, in the order of their ids, around the circle.
    mutating func next(of subjects: [NodeID]) -> [NodeID] {
        let sorted = subjects.sorted()
        let start = self.last.flatMap { last in sorted.firstIndex { $0 > last } } ?? 0
        let turned = sorted[start...] + sorted[..<start]
        let chosen = Array(turned.prefix(ReputationLimits.gossipSubjects))
        if let newest = chosen.last { self.last = newest }
        return chosen
    }
}
