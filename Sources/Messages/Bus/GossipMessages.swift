public import Kernel
public import Primitives

/// An exchange that this node opened: one request frame, one answer frame (D-18).
public struct OutboundExchange: Hashable, Sendable {
    /// Who opened it; ids are unique per opener.
    public let opener: SubsystemName
    /// Counts up within the opener.
    public let id: UInt64
    /// The peer that answers.
    public let peer: NodeID
    /// The stream protocol it runs on.
    public let streamProtocol: StreamProtocol

    /// Names an exchange.
    public init(opener: SubsystemName, id: UInt64, peer: NodeID, streamProtocol: StreamProtocol) {
        self.opener = opener
        self.id = id
        self.peer = peer
        self.streamProtocol = streamProtocol
    }
}

/// An exchange that a peer opened and that waits for our answer.
public struct InboundExchange: Hashable, Sendable {
    /// The transport's number for the stream.
    public let id: UInt64
    /// The peer that asks; proven by the handshake, hence equal to its node key (D-11).
    public let peer: NodeID
    /// The stream protocol it runs on.
    public let streamProtocol: StreamProtocol

    /// Names an exchange.
    public init(id: UInt64, peer: NodeID, streamProtocol: StreamProtocol) {
        self.id = id
        self.peer = peer
        self.streamProtocol = streamProtocol
    }
}

/// Send one frame to a connected peer and deliver its answer.
///
/// An enveloped answer comes back through admission with origin `.answer`; a bare AUTH frame
/// comes back as ``ReceiveAuthFrame``; anything else ends in ``ExchangeFailed``.
public struct OpenExchange: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .gossip }
    /// The exchange to open.
    public let exchange: OutboundExchange
    /// JSON bytes without the length prefix.
    public let frame: [UInt8]
    /// Asks for an exchange.
    public init(exchange: OutboundExchange, frame: [UInt8]) {
        self.exchange = exchange
        self.frame = frame
    }
}

/// Answer an exchange of a peer and close it; a nil frame resets the stream.
public struct AnswerExchange: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .gossip }
    /// The exchange to answer.
    public let exchange: InboundExchange
    /// JSON bytes without the length prefix; nil refuses.
    public let frame: [UInt8]?
    /// Answers or refuses.
    public init(exchange: InboundExchange, frame: [UInt8]?) {
        self.exchange = exchange
        self.frame = frame
    }
}

/// An exchange that this node opened ended without a usable answer.
public struct ExchangeFailed: Event {
    /// The exchange.
    public let exchange: OutboundExchange
    /// Cause in words: time-out, no such protocol, refused, malformed answer.
    public let reason: String
    /// Announces a failure.
    public init(exchange: OutboundExchange, reason: String) {
        self.exchange = exchange
        self.reason = reason
    }
}

/// A bare AUTH_CHALLENGE or AUTH_RESPONSE frame (D-10); these carry no envelope.
public struct ReceiveAuthFrame: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .peers }
    /// Which side of the handshake it belongs to.
    public enum Side: Sendable, Equatable {
        /// A peer challenges us.
        case challenge(InboundExchange)
        /// A peer answers our challenge.
        case response(OutboundExchange)
    }
    /// Side and exchange.
    public let side: Side
    /// JSON bytes.
    public let frame: [UInt8]
    /// Hands a frame over.
    public init(side: Side, frame: [UInt8]) {
        self.side = side
        self.frame = frame
    }
}

/// Dial a multiaddr; the outcome is ``PeerConnected`` or ``DialFailed``.
public struct DialPeer: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .gossip }
    /// A multiaddr in text form, with or without `/p2p/…`.
    public let address: String
    /// Asks for a dial.
    public init(address: String) { self.address = address }
}

/// Look for multiaddrs in the TXT records of a domain name; what is found comes as ``AddressesHeard``.
public struct LookUpAddresses: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .gossip }
    /// The whole name.
    public let name: String
    /// Asks for a look-up.
    public init(name: String) { self.name = name }
}

/// Close all connections to a peer.
public struct DisconnectPeer: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .gossip }
    /// The peer.
    public let peer: NodeID
    /// Cause in words, for the log.
    public let reason: String
    /// Asks for a disconnect.
    public init(peer: NodeID, reason: String) {
        self.peer = peer
        self.reason = reason
    }
}

/// Keep the connections of a peer when there are too many of others, or no longer.
public struct ProtectPeer: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .gossip }
    /// The peer, connected or not.
    public let peer: NodeID
    /// Whether it is protected from now on.
    public let isProtected: Bool
    /// Asks for protection, or for its end.
    public init(peer: NodeID, isProtected: Bool) {
        self.peer = peer
        self.isProtected = isProtected
    }
}

/// The node listens; addresses are complete multiaddrs with real ports and `/p2p/…`.
public struct ListeningStarted: Event {
    /// All listen addresses in text form.
    public let addresses: [String]
    /// Announces the addresses.
    public init(addresses: [String]) { self.addresses = addresses }
}

/// A secure connection to a peer exists (the first one, if there are several).
public struct PeerConnected: Event {
    /// The peer; proven by the handshake.
    public let peer: NodeID
    /// Its remote address in multiaddr text form, without `/p2p/…`.
    public let address: String
    /// Whether this node dialled.
    public let isOutbound: Bool
    /// Announces a connection.
    public init(peer: NodeID, address: String, isOutbound: Bool) {
        self.peer = peer
        self.address = address
        self.isOutbound = isOutbound
    }
}

/// A connected peer is seen at another address: it came through a relay and is reached directly now, or
/// another of its connections carries what goes to it.
public struct PeerAddressChanged: Event {
    /// The peer; proven by the handshake.
    public let peer: NodeID
    /// Its remote address in multiaddr text form.
    public let address: String
    /// Announces the address.
    public init(peer: NodeID, address: String) {
        self.peer = peer
        self.address = address
    }
}

/// The last connection to a peer ended.
public struct PeerDisconnected: Event {
    /// The peer.
    public let peer: NodeID
    /// Cause in words.
    public let reason: String
    /// This node ended it for what the peer did or is, and wants nothing of it for a while.
    public let isShunned: Bool
    /// Announces the end.
    public init(peer: NodeID, reason: String, isShunned: Bool = false) {
        self.peer = peer
        self.reason = reason
        self.isShunned = isShunned
    }
}

/// Addresses at which a peer may be reached, from a source that did not sign them.
public struct AddressesHeard: Event {
    /// Where the addresses come from.
    public enum Source: Sendable, Equatable {
        /// The peer itself, on a connection that proved its key (identify).
        case itself
        /// Any host on the local network; nothing of it is proven (mDNS).
        case localNetwork
        /// The name servers of a domain; nothing of it is proven (DNS).
        case domainName
    }
    /// The peer.
    public let peer: NodeID
    /// Multiaddrs in text form, with or without `/p2p/…`.
    public let addresses: [String]
    /// Where the addresses come from.
    public let source: Source
    /// Announces addresses.
    public init(peer: NodeID, addresses: [String], source: Source) {
        self.peer = peer
        self.addresses = addresses
        self.source = source
    }
}

/// A dial did not lead to a connection, or to a peer that was connected already.
public struct DialFailed: Event {
    /// The address as asked for, in its normal spelling; with `/p2p/…` if a peer answered.
    public let address: String
    /// Cause in words.
    public let reason: String
    /// Announces the failure.
    public init(address: String, reason: String) {
        self.address = address
        self.reason = reason
    }
}

/// Another process runs with this node's key: it proved it in a handshake, and was turned away.
public struct OwnKeyMet: Event {
    /// Where it was, in multiaddr text form; nil when that is not known.
    public let address: String?
    /// Whether this node dialled it.
    public let isOutbound: Bool
    /// Announces it.
    public init(address: String?, isOutbound: Bool) {
        self.address = address
        self.isOutbound = isOutbound
    }
}

/// What the mesh looks like now.
public struct GossipStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .gossip }
    /// Counters and mesh sizes.
    public struct Reply: BusMessage {
        /// Connected peers.
        public let connectedPeers: Int
        /// Mesh size per topic, in the order of ``Topic/allCases``.
        public let meshSizes: [Int]
        /// Messages handed to admission and not judged yet.
        public let inFlight: Int
        /// Messages relayed since the start.
        public let relayed: UInt64
        /// Messages refused since the start.
        public let refused: UInt64
        /// Where others are told to dial this node, complete multiaddrs in text form.
        public let addresses: [String]
        /// Whether others can dial this node, as reported by peers; nil before any report.
        public let isReachable: Bool?
        /// Puts a reply together.
        public init(
            connectedPeers: Int,
            meshSizes: [Int],
            inFlight: Int,
            relayed: UInt64,
            refused: UInt64,
            addresses: [String] = [],
            isReachable: Bool? = nil
        ) {
            self.addresses = addresses
            self.isReachable = isReachable
            self.connectedPeers = connectedPeers
            self.meshSizes = meshSizes
            self.inFlight = inFlight
            self.relayed = relayed
            self.refused = refused
        }
    }
    /// Asks.
    public init() {}
}
