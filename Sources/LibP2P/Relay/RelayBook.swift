import Multiformats
import NIOCore

/// What a swarm knows of relays, and of peers that tell it whether it can be reached.
struct RelayBook {
    var server: RelayServer
    var client: RelayClient
    /// Where this host can be reached through relays, as far as anybody was told.
    var addresses: [Multiaddr] = []
    var dialBacks = AutoNATServer()
    /// Times at which peers behind relays are dialled on their word.
    var upgrades = RateBudget(RelayLimits.upgradesPerWindowMax, in: RelayLimits.upgradeWindow)
    /// Dials through a relay that is being dialled itself.
    var waiting: [PeerID: [Dial]] = [:]
    /// Connected peers that dial others on request, in the order in which they came.
    var dialBackPeers: [PeerID] = []
    /// Looks after reservations and the verdict about reachability.
    var upkeep: RepeatedTask?

    init(_ configuration: SwarmConfiguration) {
        self.server = RelayServer(terms: configuration.relayTerms)
        self.client = RelayClient(ownPeer: configuration.localPeer)
    }

    /// A peer has no connection any more.
    mutating func disconnected(_ peer: PeerID) {
        self.dialBackPeers.removeAll { $0 == peer }
        self.client.withdrawn(peer)
        self.server.disconnected(peer)
    }

    /// Whether a peer's connection carries a reservation, of the peer or of this host.
    func needs(_ peer: PeerID, now: UInt64) -> Bool {
        self.server.holds(peer, now: now) || self.client.relays(now: now).contains(peer)
    }
}
