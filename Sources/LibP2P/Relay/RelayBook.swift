package import Multiformats

/// What a host knows of relays, and of peers that tell it whether it can be reached.
package struct RelayBook: Sendable {
    /// This host as the relay of others.
    package var server: RelayServer
    /// The relays through which this host is reached.
    package var client: RelayClient
    /// Where this host can be reached through relays, as far as anybody was told.
    package var addresses: [Multiaddr] = []
    /// Dials that other peers asked for.
    package var dialBacks = AutoNATServer()
    /// Connected peers that dial others on request, in the order in which they came.
    package var dialBackPeers: [PeerID] = []

    /// An empty book of a host.
    package init(ownPeer: PeerID, terms: RelayTerms) {
        self.server = RelayServer(terms: terms)
        self.client = RelayClient(ownPeer: ownPeer)
    }

    /// A peer has no connection any more.
    package mutating func disconnected(_ peer: PeerID) {
        self.dialBackPeers.removeAll { $0 == peer }
        self.client.withdrawn(peer)
        self.server.disconnected(peer)
    }

    /// Whether a peer's connection carries a reservation, of the peer or of this host.
    package func needs(_ peer: PeerID, now: UInt64) -> Bool {
        self.server.holds(peer, now: now) || self.client.relays(now: now).contains(peer)
    }
}
