public import Multiformats

/// The relay layer's name of a message: `from` followed by `seqno`.
///
/// It names, it proves nothing: anybody can send bytes under another peer's name until the
/// signature was checked. Ids of peers that build them otherwise are kept as opaque bytes.
///
/// Source: libp2p pubsub spec, Message Identification.
public struct GossipMessageID: Hashable, Sendable, Comparable {
    /// The bytes as they stand in IHAVE and IWANT.
    public let bytes: [UInt8]
    /// Worked out once: an id is looked up a dozen times while its message passes.
    private let hashOfBytes: Int

    /// Wraps bytes of an IHAVE or IWANT.
    init(bytes: [UInt8]) {
        self.bytes = bytes
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        self.hashOfBytes = hasher.finalize()
    }

    /// The default id of a message.
    init(from: some Collection<UInt8>, sequenceNumber: some Collection<UInt8>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(from.count + sequenceNumber.count)
        bytes += from
        bytes += sequenceNumber
        self.init(bytes: bytes)
    }

    /// Equality of the bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.hashOfBytes == right.hashOfBytes && left.bytes == right.bytes
    }

    /// Consistent with equality.
    public func hash(into hasher: inout Hasher) { hasher.combine(self.hashOfBytes) }

    /// Whether a message can arrive under this id: an Ed25519 peer id and eight bytes.
    ///
    /// Ids built by another rule (rust-libp2p's default) never match what arrives, so nothing is
    /// held against a peer that promised one.
    var isDefaultForm: Bool {
        guard self.bytes.count > SequenceNumber.length,
            let source = try? PeerID(bytes: self.bytes.dropLast(SequenceNumber.length))
        else { return false }
        return source.ed25519Key != nil
    }

    /// The order of the bytes.
    public static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// A message that waits for a verdict.
public struct GossipMessage: Sendable {
    /// Name it in ``GossipSubRouter/validated(_:verdict:now:)``.
    public let id: GossipMessageID
    /// The connected peer that sent it first; an invalid message counts against this peer.
    public let propagatedFrom: PeerID
    /// The peer that published it, if the signature holds.
    public let source: PeerID
    /// The topic; always one that this node subscribes to.
    public let topic: String
    /// The payload as published.
    public let data: [UInt8]
    /// The publisher's signature, not checked yet.
    public let signature: PubsubSignature
}

/// What the application found out about a message.
public enum GossipVerdict: Sendable, Equatable {
    /// Good: forward it to the mesh.
    case accept
    /// Invalid, and the relaying peer could have known: it counts against the peer.
    case reject
    /// Of no use here, through no fault of the peer: forward nothing.
    case ignore
}

/// The protocols this router speaks.
public enum GossipSubProtocol {
    /// What two routers of this kind agree on.
    public static let newest = "/meshsub/1.2.0"

    /// Protocol ids in the order of preference.
    ///
    /// Source: gossipsub v1.2 spec, Protocol Id; v1.1 spec, Overview; D-19.
    public static let ids: [String] = [
        Self.newest, "/meshsub/1.1.0", "/meshsub/1.0.0", "/floodsub/1.0.0",
    ]
}

/// What a peer understands, by the protocol that both sides agreed on.
enum PeerProtocol: Sendable, Equatable {
    /// No mesh and no control; such a peer is sent everything.
    case floodsub
    /// Mesh and gossip.
    case gossipSub10
    /// Back-off in PRUNE.
    case gossipSub11
    /// IDONTWANT.
    case gossipSub12

    /// What an id of ``GossipSubProtocol/ids`` stands for.
    init(id: String) {
        switch id {
        case GossipSubProtocol.newest: self = .gossipSub12
        case "/meshsub/1.1.0": self = .gossipSub11
        default: self = id.hasPrefix("/meshsub/") ? .gossipSub10 : .floodsub
        }
    }
}
