import NIOCore

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
    var streams = SwarmLimits.inboundStreamsMax
    var streamsPerPeer = SwarmLimits.inboundStreamsPerPeerMax
    var grace = SwarmLimits.trimGrace
    /// Whether connections from this machine are limited like those of another one.
    var countsLoopback = false
}
