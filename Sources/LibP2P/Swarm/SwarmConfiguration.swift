public import Cryptography
import Discovery
public import Multiformats
import NIOCore
public import Relay

/// What a swarm has to know.
public struct SwarmConfiguration: Sendable {
    /// The host key.
    public var identity: SigningKey
    /// Where to listen; port 0 takes a free one.
    public var listen: [Multiaddr]
    /// Name and version for identify.
    public var agentVersion: String
    /// Protocols with one request and one answer a stream, each framed by a 4-byte length.
    public var exchangeProtocols: [String]
    /// Protocols with one stream each way and frames with a varint length, best first.
    public var longLivedProtocols: [String]
    /// Whether to look for hosts of the local network by multicast DNS, and to be found by it.
    public var findsLocalPeers = false
    /// Whether this host can be reached, when its operator knows; otherwise peers are asked.
    public var reachability = Reachability.unknown
    /// Whether this host carries connections of others, within narrow bounds, while it can be reached.
    public var servesAsRelay = true
    /// Whether frames go through relays as well, though they use a circuit up soon.
    ///
    /// A peer that is reached through a relay is otherwise reported without a stream for frames, which
    /// is opened once there is a direct connection.
    public var framesThroughRelays = false
    /// What sockets are secured by: a dial proposes the first one first, and an accepted socket may choose any.
    ///
    /// Connections through relays are secured by Noise.
    public var securityProtocols = SecurityProtocol.fastestFirst
    /// Bytes of the largest document of an exchange that is read.
    public var exchangeBytesMax = SwarmLimits.exchangeBytesMax
    /// Limits that tests shorten.
    var upgradeTimeout = SwarmLimits.upgradeTimeout
    var exchangeTimeout = SwarmLimits.exchangeTimeout
    var frameTimeout = SwarmLimits.frameTimeout
    var keepAlive = SwarmLimits.keepAlive
    var stallTimeout = SwarmLimits.stallTimeout
    var connections = ConnectionLimits()
    /// Most bytes a second of all sockets, each way; nil for as many as the line carries.
    public var bytesPerSecondMax: Int64?
    var bufferedBytesMax = SwarmLimits.bufferedBytesMax
    var bufferedBytesPerPeerMax = SwarmLimits.bufferedBytesPerPeerMax
    var pendingBytesMax = SwarmLimits.pendingBytesMax
    var relayTerms = RelayTerms()
    var upkeepPause = RelayLimits.upkeepPause
    var punchTimeout = RelayLimits.punchTimeout
    var interfacePause = SwarmLimits.interfacePause
    /// The addresses of this machine's interfaces.
    var interfaces: @Sendable () -> [SocketAddress] = {
        ((try? System.enumerateDevices()) ?? []).compactMap(\.address)
    }
    /// Seconds since 1970, in which relays tell how long they keep a place.
    var wallClock: @Sendable () -> UInt64 = WallClock.seconds
    /// Who answers questions for TXT records; nil for the system's servers.
    var dns: DNSClient?
    /// Where multicast DNS happens.
    var multicastPort = DNSLimits.multicastPort

    /// Puts a configuration together.
    public init(
        identity: SigningKey,
        listen: [Multiaddr],
        agentVersion: String,
        exchangeProtocols: [String],
        longLivedProtocols: [String]
    ) {
        self.identity = identity
        self.listen = listen
        self.agentVersion = agentVersion
        self.exchangeProtocols = exchangeProtocols
        self.longLivedProtocols = longLivedProtocols
    }

    /// The name of this host.
    public var localPeer: PeerID { PeerID(ed25519: self.identity.publicKey) }

    /// Every protocol that inbound streams may always select.
    var offeredProtocols: [String] {
        self.exchangeProtocols + self.longLivedProtocols
            + [Identify.protocolID, Identify.pushProtocolID, Ping.protocolID]
            + [AutoNATClient.protocolID, StopMessage.protocolID, HolePunchMessage.protocolID]
    }

    /// What is known of this host's reachability without asking peers: a host that listens nowhere
    /// cannot be reached.
    var knownReachability: Reachability { self.listen.isEmpty ? .unreachable : self.reachability }

    /// Whether anybody may reach an address, as far as its form tells.
    func isPublic(_ address: Multiaddr) -> Bool {
        address.publicNetworkPrefix != nil
            || self.connections.countsLoopback && !address.isRelayed
    }
}

/// What a swarm reports.
///
/// Calls come from event loops and must not block.
public protocol SwarmDelegate: Sendable {
    /// The swarm listens on these addresses, `/p2p` included.
    func listening(on addresses: [Multiaddr])
    /// A first connection to a peer exists; the address tells whether a relay is between.
    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool)
    /// Another connection carries what goes to a connected peer, which is seen at this address now.
    func addressChanged(_ peer: PeerID, to address: Multiaddr)
    /// The last connection to a peer ended.
    func disconnected(_ peer: PeerID, reason: String)
    /// A dial failed, or reached a peer that was connected already; `/p2p` then names the peer.
    func dialFailed(_ address: Multiaddr, reason: String)
    /// Another process proved the key of this host; the connection is closed.
    ///
    /// A dial that leads to this host itself is a failed dial and nothing more.
    func ownKeyMet(at address: Multiaddr?, isOutbound: Bool)
    /// Frames can be sent to a peer on this long-lived protocol.
    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool)
    /// A frame was dropped because its peer does not take in what is sent to it.
    func frameDropped(_ peer: PeerID, byteCount: Int)
    /// A peer reset the stream on which frames go to it; the largest one had so many bytes.
    ///
    /// The stream is opened anew, with another ``frameStreamReady(_:protocolID:isOutbound:)``.
    func frameStreamReset(_ peer: PeerID, largestFrame: Int)
    /// Somebody on the local network says where a peer listens; nothing of it is proven.
    func found(_ peer: PeerID, at addresses: [Multiaddr])
    /// A peer says what it speaks and where it listens, at first and when that changes.
    func identified(_ peer: PeerID, _ identity: PeerIdentity)
    /// Several peers agree whether this host can be reached from outside.
    func reachabilityChanged(to reachability: Reachability)
    /// A host that listens on all interfaces has other addresses than before.
    func interfacesChanged()
    /// Peers reach this host through relays at these addresses, and at no other relayed ones.
    func relayAddressesChanged(to addresses: [Multiaddr])
    /// A frame of a long-lived stream, without its length.
    func received(frame: [UInt8], from peer: PeerID)
    /// A peer asks; answer under `id`.
    func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8])
    /// The answer to an exchange that was opened under `token`.
    func exchangeAnswered(token: UInt64, answer: [UInt8])
    /// An exchange that was opened under `token` failed.
    func exchangeFailed(token: UInt64, reason: String)
}

extension SwarmDelegate {
    /// Does nothing; for delegates that do not look at addresses.
    public func addressChanged(_ peer: PeerID, to address: Multiaddr) {}
    /// Does nothing; for delegates that do not guard against a second process with their key.
    public func ownKeyMet(at address: Multiaddr?, isOutbound: Bool) {}
    /// Does nothing; for delegates that cannot do anything about it.
    public func frameDropped(_ peer: PeerID, byteCount: Int) {}
    /// Does nothing; for delegates that send small frames only.
    public func frameStreamReset(_ peer: PeerID, largestFrame: Int) {}
    /// Does nothing; for delegates that do not look for local peers.
    public func found(_ peer: PeerID, at addresses: [Multiaddr]) {}
    /// Does nothing; for delegates that need no relay.
    public func reachabilityChanged(to reachability: Reachability) {}
    /// Does nothing; for delegates that need no relay.
    public func relayAddressesChanged(to addresses: [Multiaddr]) {}
    /// Does nothing; for delegates that announce no addresses.
    public func interfacesChanged() {}
    /// Does nothing; for delegates that learn addresses in other ways.
    public func identified(_ peer: PeerID, _ identity: PeerIdentity) {}
}
