import OrderedCollections
import Primitives

/// Which peers let this node down when it asked them, so that it turns to others first (R-05-114).
struct Responsiveness: Sendable {
    /// Failures since the peer last answered; who failed last comes last.
    private var failures: OrderedDictionary<NodeID, Int> = [:]

    /// A session with the peer came to its end.
    mutating func answered(_ peer: NodeID) { self.failures[peer] = nil }

    /// A session with the peer broke.
    mutating func failed(_ peer: NodeID) {
        let count = self.failures.removeValue(forKey: peer) ?? 0
        if self.failures.count >= SyncLimits.contactsMax { self.failures.removeFirst() }
        self.failures[peer] = count + 1
    }

    func failures(of peer: NodeID) -> Int { self.failures[peer] ?? 0 }
}
