import Identities
import OrderedCollections
import Primitives

/// When identities first proved their work: many at once are suspicious (R-11-003, D-50).
///
/// Proofs are computed anew every day; only the first one ever seen of an identity counts.
struct RegistrationWatch: Sendable, Codable {
    fileprivate struct Entry: Sendable, Codable {
        let time: Timestamp
        let identity: NodeID
    }

    private var first: OrderedDictionary<NodeID, Timestamp> = [:]
    /// Ascending by time and identity.
    private var line: [Entry] = []

    /// Notes a proof.
    mutating func proved(_ identity: NodeID, at time: Timestamp) {
        guard self.first[identity] == nil else { return }
        self.insert(identity, time)
    }

    private mutating func insert(_ identity: NodeID, _ time: Timestamp) {
        self.first[identity] = time
        let place = self.place(of: time, identity)
        self.line.insert(Entry(time: time, identity: identity), at: place)
    }

    private func place(of time: Timestamp, _ identity: NodeID) -> Int {
        var low = 0
        var high = self.line.count
        while low < high {
            let middle = (low + high) / 2
            let entry = self.line[middle]
            if (entry.time, entry.identity) < (time, identity) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Whether the identity is one of three or more whose first proofs lie within a day.
    func isSuspect(_ identity: NodeID) -> Bool {
        guard let time = self.first[identity] else { return false }
        let place = self.place(of: time, identity)
        let reach = GamingLimits.groupMin - 1
        return (place - reach...place).contains { start in
            guard start >= 0, start + reach < self.line.count else { return false }
            let span = self.line[start + reach].time.milliseconds(since: self.line[start].time)
            return span <= GamingLimits.registrationMilliseconds
        }
    }

    /// An identity's key became another one's; keys of one identity are one party (R-11-005).
    mutating func move(_ old: NodeID, to new: NodeID) {
        guard let time = self.first.removeValue(forKey: old) else { return }
        self.line.removeAll { $0.identity == old }
        guard let own = self.first[new] else { return self.insert(new, time) }
        guard time < own else { return }
        self.line.removeAll { $0.identity == new }
        self.insert(new, time)
    }
}

extension RegistrationWatch: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("first", self.first)
        writer.field("line", self.line)
    }
}

extension RegistrationWatch.Entry: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("time", self.time)
        writer.field("identity", self.identity)
    }
}
