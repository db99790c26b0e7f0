import OrderedCollections
import Primitives

/// Subjects of assessments that were not heard here, and who spoke of each first.
///
/// A name costs nothing to invent, so there is a limit to them; whoever is not trusted gives way, then
/// whoever brought most.
struct UnheardSubjects: Sendable {
    private var introducers: OrderedDictionary<NodeID, NodeID> = [:]
    private var counts: OrderedDictionary<NodeID, Int> = [:]

    /// Notes a subject.
    ///
    /// - Returns: one that is too many: the oldest of whoever gives way.
    mutating func add(_ subject: NodeID, by assessor: NodeID, isTrusted: (NodeID) -> Bool)
        -> NodeID?
    {
        self.insert(subject, by: assessor)
        guard self.introducers.count > ReputationLimits.strangersMax else { return nil }
        let weakest =
            self.counts.keys.first { !isTrusted($0) }
            ?? self.counts.max { $0.value < $1.value }?.key
        let oldest = self.introducers.first { $0.value == weakest }?.key
        if let oldest { self.remove(oldest) }
        return oldest
    }

    private mutating func insert(_ subject: NodeID, by assessor: NodeID) {
        guard self.introducers[subject] == nil else { return }
        self.introducers[subject] = assessor
        self.counts[assessor, default: 0] += 1
    }

    /// A subject was heard, or nobody speaks of it any more.
    @discardableResult
    mutating func remove(_ subject: NodeID) -> NodeID? {
        guard let introducer = self.introducers.removeValue(forKey: subject) else { return nil }
        self.counts[introducer, default: 0] -= 1
        if self.counts[introducer] == 0 { self.counts.removeValue(forKey: introducer) }
        return introducer
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        if let count = self.counts.removeValue(forKey: old) {
            self.counts[new, default: 0] += count
            for index in self.introducers.values.indices
            where self.introducers.values[index] == old {
                self.introducers.values[index] = new
            }
        }
        guard let introducer = self.remove(old) else { return }
        self.insert(new, by: introducer)
    }
}
