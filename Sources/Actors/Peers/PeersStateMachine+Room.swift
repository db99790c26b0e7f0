import OrderedCollections
import Primitives

// Which entry is dropped when the table is full. Keys cost nothing, so strangers must not push out
// peers that authenticated: a node that knows only what one peer told it is cut off.
extension PeersStateMachine {
    /// Drops one peer when the table is full: of those without a connection the one of the lowest
    /// standing, and among equals the one silent longest.
    mutating func makeRoom() {
        guard self.peers.count >= PeersLimits.peersMax else { return }
        let least = self.peers.elements.lazy
            .filter { !$0.value.isConnected }
            .min {
                ($0.value.standing, $0.value.lastHeard, $0.key)
                    < ($1.value.standing, $1.value.lastHeard, $1.key)
            }
        if let least { self.peers[least.key] = nil }
    }

    /// Makes room for peers that another peer named; only older hearsay gives way to them.
    mutating func makeRoom(forHearsay count: Int) {
        let surplus = self.peers.count + count - PeersLimits.peersMax
        guard surplus > 0 else { return }
        let leaving = self.peers.elements
            .filter { $0.value.standing == .hearsay && !$0.value.isConnected }
            .sorted { ($0.value.lastHeard, $0.key) < ($1.value.lastHeard, $1.key) }
            .prefix(surplus)
        let nodes = Set(leaving.map(\.key))
        self.peers.removeAll { nodes.contains($0.key) }
    }
}
