public import Kernel
public import Messages
public import Primitives

/// The device of ``Gossip``: a libp2p swarm, or the simulator's network.
///
/// No call blocks. What happens comes back as ``TransportSignal`` through the inlet.
public protocol GossipTransport: Sendable {
    /// Starts listening; called once, after replay.
    func start(reportingTo inlet: Inlet<TransportSignal>)
    /// Dials a multiaddr in text form.
    func dial(_ address: String)
    /// Looks for multiaddrs in the TXT records of a domain name.
    func lookUp(_ name: String)
    /// Closes all connections to a peer.
    func disconnect(_ peer: NodeID, reason: String)
    /// Sends one encoded GossipSub RPC frame, varint length included, to a peer.
    func sendGossip(_ frame: [UInt8], to peer: NodeID)
    /// Opens a stream, sends one frame, half-closes, and reports the answer under `token`.
    func openExchange(token: UInt64, peer: NodeID, protocolID: String, frame: [UInt8])
    /// Answers an exchange that the peer opened and closes it; nil resets the stream.
    func answerExchange(_ id: UInt64, frame: [UInt8]?)
    /// Keeps the connections of a peer when there are too many of others, or no longer.
    func protect(_ peer: NodeID, _ isProtected: Bool)
    /// Says how much a connected peer is worth: when there are too many, those of little value go.
    func setValue(_ value: Int, of peer: NodeID)
    /// Stops or resumes reading from sockets, so that pressure reaches the senders.
    func setReading(paused: Bool)
}

/// What the transport reports.
public enum TransportSignal: Signal {
    /// The swarm listens, and can be reached at these complete multiaddrs.
    case listening([String])
    /// Peers found out whether others can dial this node.
    case reachability(isReachable: Bool)
    /// An unsigned source says where a peer listens.
    case heard(AddressesHeard)
    /// A first secure connection to a peer exists.
    case connected(peer: NodeID, address: String, isOutbound: Bool)
    /// Another connection carries what goes to a connected peer, which is seen at this address now.
    case addressChanged(peer: NodeID, address: String)
    /// The last connection to a peer ended.
    case disconnected(peer: NodeID, reason: String)
    /// A dial failed.
    case dialFailed(address: String, reason: String)
    /// Another process proved this node's own key; what is known of its address, and who dialled.
    case ownKeyMet(address: String?, isOutbound: Bool)
    /// Both ends agreed on a GossipSub protocol; RPCs can be sent to the peer.
    case gossipReady(peer: NodeID, protocolID: String, isOutbound: Bool)
    /// The peer reset the stream on which RPCs go to it; the largest one had so many bytes.
    case gossipStreamReset(peer: NodeID, largestFrame: Int)
    /// One whole RPC, without its length prefix.
    case gossipFrame(peer: NodeID, frame: [UInt8])
    /// A peer asks; answer with ``GossipTransport/answerExchange(_:frame:)``.
    case exchangeRequested(id: UInt64, peer: NodeID, protocolID: String, frame: [UInt8])
    /// The answer to an exchange that this node opened.
    case exchangeAnswered(token: UInt64, frame: [UInt8])
    /// An exchange that this node opened failed.
    case exchangeFailed(token: UInt64, reason: String)
}
