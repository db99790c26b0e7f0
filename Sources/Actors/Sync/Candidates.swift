import Messages
import OrderedCollections
import Primitives

/// The connected peers that may be synced from, and how far each says it is itself.
struct Candidates: Sendable {
    private struct Candidate: Sendable {
        /// What it last announced; nil before it announced anything.
        var state: SyncState?
    }

    private var candidates: OrderedDictionary<NodeID, Candidate> = [:]

    var isEmpty: Bool { self.candidates.isEmpty }

    /// In the order in which they came.
    var all: [NodeID] { Array(self.candidates.keys) }

    func contains(_ peer: NodeID) -> Bool { self.candidates[peer] != nil }

    mutating func add(_ peer: NodeID) {
        if self.candidates[peer] == nil { self.candidates[peer] = Candidate() }
    }

    /// The peer is gone.
    ///
    /// - Returns: whether it was one of them.
    mutating func remove(_ peer: NodeID) -> Bool {
        self.candidates.removeValue(forKey: peer) != nil
    }

    mutating func announced(_ peer: NodeID, _ state: SyncState?) {
        self.candidates[peer]?.state = state
    }

    // MARK: Whom to ask

    func isSyncing(_ peer: NodeID) -> Bool { self.candidates[peer]?.state == .syncing }

    /// Those that have announced nothing that speaks against asking them (R-05-008).
    var fit: [NodeID] {
        self.candidates.filter { $0.value.state == .synced || $0.value.state == nil }
            .map(\.key)
    }

    /// Those that have not caught up themselves.
    var syncing: [NodeID] { self.all.filter(self.isSyncing) }
}
