import Identities
import OrderedCollections
import Primitives

/// Subjects of assessments that were not heard here, and who spoke of each first.
///
/// A name costs nothing to invent, so there is a limit to them; whoever is not trusted gives way, then
/// whoever was the first to name most of them.
struct UnheardSubjects: Sendable, Codable {
    fileprivate struct Introduction: Sendable, Codable {
        let introducer: NodeID
        /// Grows with every subject.
        let number: Int
    }

    private var introductions: [NodeID: Introduction] = [:]
    /// Subjects by introducer, the oldest first; each named one at least.
    private var subjects: OrderedDictionary<NodeID, OrderedSet<NodeID>> = [:]
    private var nextNumber = 0

    /// Notes a subject.
    ///
    /// - Returns: one that is too many: the oldest of whoever gives way.
    mutating func add(_ subject: NodeID, by assessor: NodeID, isTrusted: (NodeID) -> Bool)
        -> NodeID?
    {
        self.insert(subject, by: assessor)
        guard self.introductions.count > ReputationLimits.strangersMax,
            let surplus = self.surplus(isTrusted)
        else { return nil }
        self.remove(surplus)
        return surplus
    }

    /// One pass over the introducers: a flood of names calls this for each of them.
    private func surplus(_ isTrusted: (NodeID) -> Bool) -> NodeID? {
        var most: OrderedSet<NodeID> = []
        for (introducer, named) in self.subjects {
            if !isTrusted(introducer) { return named.first }
            if named.count > most.count { most = named }
        }
        return most.first
    }

    private mutating func insert(_ subject: NodeID, by assessor: NodeID) {
        guard self.introductions[subject] == nil else { return }
        self.introductions[subject] = Introduction(introducer: assessor, number: self.nextNumber)
        self.nextNumber += 1
        self.subjects[assessor, default: []].append(subject)
    }

    /// A subject was heard, or nobody speaks of it any more.
    @discardableResult
    mutating func remove(_ subject: NodeID) -> NodeID? {
        guard let introducer = self.introductions.removeValue(forKey: subject)?.introducer else {
            return nil
        }
        self.subjects[introducer]?.remove(subject)
        if self.subjects[introducer]?.isEmpty == true {
            self.subjects.removeValue(forKey: introducer)
        }
        return introducer
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        if let named = self.subjects.removeValue(forKey: old) { self.hand(named, to: new) }
        guard let introducer = self.remove(old) else { return }
        self.insert(new, by: introducer)
    }

    private mutating func hand(_ named: OrderedSet<NodeID>, to new: NodeID) {
        for subject in named {
            guard let number = self.introductions[subject]?.number else { continue }
            self.introductions[subject] = Introduction(introducer: new, number: number)
        }
        let all = self.subjects[new, default: []].union(named)
        self.subjects[new] = OrderedSet(
            all.sorted {
                (self.introductions[$0]?.number ?? 0) < (self.introductions[$1]?.number ?? 0)
            }
        )
    }
}

extension UnheardSubjects: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("introductions", self.introductions)
        writer.field("subjects", self.subjects)
        writer.field("nextNumber", self.nextNumber)
    }
}

extension UnheardSubjects.Introduction: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("introducer", self.introducer)
        writer.field("number", self.number)
    }
}
