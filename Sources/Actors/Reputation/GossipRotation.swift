import Messages
import Primitives

/// Whom the next broadcast of own assessments is about: everybody in turn, from a random place on
/// (R-09-042, R-09-043).
struct GossipRotation: Sendable {
    private var last: NodeID?

    /// The next REPUTATION_GOSSIP about ten identities; nil while there is nothing to say.
    mutating func gossip(of books: Bookkeeping, now: Timestamp, entropy: UInt64)
        -> ReputationGossip?
    {
        let chosen = self.next(of: books.subjects, entropy: entropy)
        guard !chosen.isEmpty else { return nil }
        return ReputationGossip(assessments: chosen.map { books.assessment(of: $0, now: now) })
    }

    /// The next subjects after the last ones, in the order of their ids, around the circle.
    mutating func next(of subjects: [NodeID], entropy: UInt64) -> [NodeID] {
        let sorted = subjects.sorted()
        guard !sorted.isEmpty else { return [] }
        let start =
            if let last = self.last {
                sorted.firstIndex { $0 > last } ?? 0
            } else {
                Int(entropy % UInt64(sorted.count))
            }
        let turned = sorted[start...] + sorted[..<start]
        let chosen = Array(turned.prefix(ReputationLimits.gossipSubjects))
        if let newest = chosen.last { self.last = newest }
        return chosen
    }
}
