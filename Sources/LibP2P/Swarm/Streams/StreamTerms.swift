import NIOCore
import Relay

/// What the streams of a connection have to keep to.
struct StreamTerms: Sendable {
    /// Whether this host begins the handshakes.
    let isInitiator: Bool
    /// Protocols with one request and one answer a stream.
    let exchangeProtocols: [String]
    /// Protocols with one stream of frames each way, best first.
    let longLivedProtocols: [String]
    /// Whether frames go over a connection through a relay.
    let framesThroughRelays: Bool
    /// Bytes of the largest document of an exchange that is read.
    let exchangeBytesMax: Int
    /// For one request and one answer, or for the negotiation of a stream.
    let exchangeTimeout: TimeAmount
    /// For a frame that has begun.
    let frameTimeout: TimeAmount
    /// For a stream that this host, as a relay, joins to another.
    let circuitTimeout: TimeAmount
    /// Without a byte for so long the peer is asked for a sign of life.
    let keepAlive: TimeAmount
    /// For the peer to take in anything of what waits for it.
    let stallTimeout: TimeAmount

    init(_ configuration: SwarmConfiguration, isInitiator: Bool) {
        self.isInitiator = isInitiator
        self.exchangeProtocols = configuration.exchangeProtocols
        self.longLivedProtocols = configuration.longLivedProtocols
        self.framesThroughRelays = configuration.framesThroughRelays
        self.exchangeBytesMax = configuration.exchangeBytesMax
        self.exchangeTimeout = configuration.exchangeTimeout
        self.frameTimeout = configuration.frameTimeout
        self.circuitTimeout = .seconds(Int64(configuration.relayTerms.circuit.seconds))
        self.keepAlive = configuration.keepAlive
        self.stallTimeout = configuration.stallTimeout
    }
}
