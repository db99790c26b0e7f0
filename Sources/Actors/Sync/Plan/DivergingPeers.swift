import Primitives

/// Connected peers that hold something else than this node, by the last session with each (R-05-083).
///
/// When they are many, a partition has just healed, and everybody is about to ask everybody.
struct DivergingPeers: Sendable {
    private var peers: Set<NodeID> = []

    /// A session with a peer is over.
    mutating func note(_ peer: NodeID, isDifferent: Bool) {
        if isDifferent { self.peers.insert(peer) } else { self.peers.remove(peer) }
    }

    /// The peer is gone.
    mutating func forget(_ peer: NodeID) { self.peers.remove(peer) }

    /// Whether they are more than a fifth of so many connected ones.
    func areMany(of connected: Int) -> Bool {
        self.peers.count * SyncLimits.divergingPeersPerPartition > connected
    }
}
