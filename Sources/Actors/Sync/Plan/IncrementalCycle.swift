import Messages
import OrderedCollections
import Primitives

/// The cycles of incremental sync once a node has caught up: whom the present one has asked, and whether
/// it asks for identities (R-05-110, R-05-111).
struct IncrementalCycle: Sendable {
    /// Cycles until identities are asked for again, the present one included.
    private var untilIdentities = 0
    private var sawRevocation = false
    /// Whether the present cycle asks for identities; nil before it began.
    private var asksForIdentities: Bool?
    private var completed: OrderedSet<NodeID> = []
    private var failed: OrderedSet<NodeID> = []

    /// This node has just read all identities.
    mutating func begin(_ chance: Chance) {
        self.untilIdentities = chance.cyclesUntilIdentities
        self.rest()
    }

    /// A revocation came; the next cycle asks whether there are more.
    mutating func revocationCame() { self.sawRevocation = true }

    /// The phases that the present cycle reads.
    mutating func phases(of all: [Int], _ chance: Chance) -> [Int] {
        let asks = self.asksForIdentities ?? self.decide(chance)
        self.asksForIdentities = asks
        return asks ? all : all.filter { $0 != SyncPhases.identities }
    }

    private mutating func decide(_ chance: Chance) -> Bool {
        self.untilIdentities -= 1
        guard self.untilIdentities <= 0 || self.sawRevocation else { return false }
        self.sawRevocation = false
        self.untilIdentities = chance.cyclesUntilIdentities
        return true
    }

    // MARK: Whom it asks

    /// Those that may still be asked; who failed is asked again only while nobody has answered.
    func able(among peers: [Candidate]) -> [Candidate] {
        let fresh = peers.filter {
            !self.completed.contains($0.node) && !self.failed.contains($0.node)
        }
        return fresh.isEmpty && self.completed.isEmpty ? peers : fresh
    }

    mutating func passed(with peer: NodeID) { self.completed.append(peer) }

    mutating func failed(with peer: NodeID) { self.failed.append(peer) }

    /// The cycle is over.
    mutating func rest() {
        self.completed = []
        self.failed = []
        self.asksForIdentities = nil
    }

    /// The peer is gone; when it comes back it is like any other.
    mutating func forget(_ peer: NodeID) {
        self.completed.remove(peer)
        self.failed.remove(peer)
    }
}
