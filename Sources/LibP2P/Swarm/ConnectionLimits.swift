import NIOCore
import Relay

/// The bounds of a ``ConnectionManager``; ``SwarmLimits`` holds their values and sources.
struct ConnectionLimits: Sendable {
    var total = SwarmLimits.connectionsMax
    var inbound = SwarmLimits.inboundConnectionsMax
    var highWater = SwarmLimits.connectionsHighWater
    var lowWater = SwarmLimits.connectionsLowWater
    var perPeer = SwarmLimits.connectionsPerPeerMax
    var perNetwork = SwarmLimits.connectionsPerNetworkMax
    var perRelay = RelayLimits.callsPerRelayMax
    var upgrading = SwarmLimits.upgradingMax
    var dials = SwarmLimits.dialsMax
    var upgradeDials = RelayLimits.upgradeDialsMax
    var proofDials = RelayLimits.proofDialsMax
    var streams = SwarmLimits.inboundStreamsMax
    var streamsPerPeer = SwarmLimits.inboundStreamsPerPeerMax
    var grace = SwarmLimits.trimGrace
    /// Whether connections from this machine are limited like those of another one.
    var countsLoopback = false

    /// The same for another number of connections in all: parts of it stay parts of it.
    mutating func scale(to total: Int) {
        func part(_ whole: Int) -> Int { max(1, total * whole / SwarmLimits.connectionsMax) }
        self.total = total
        self.inbound = part(SwarmLimits.inboundConnectionsMax)
        self.highWater = part(SwarmLimits.connectionsHighWater)
        self.lowWater = part(SwarmLimits.connectionsLowWater)
        self.upgrading = part(SwarmLimits.upgradingMax)
    }

    /// Dials of a kind that are under way at the same time.
    func dials(_ kind: ConnectionManager.DialKind) -> Int {
        switch kind {
        case .own: self.dials
        case .upgrade: self.upgradeDials
        case .proof: self.proofDials
        }
    }
}
