import Messages
import Multiformats
import OrderedCollections
import Primitives

/// Who is connected, where, and who of them may speak.
///
/// A peer may speak once it has authenticated (R-03-011), as long as it is not behind a relay (ADR 0022);
/// a little of what it said before is kept until then.
struct ConnectedPeers: Sendable {
    /// In the order of connecting.
    private(set) var nodes: OrderedSet<NodeID> = []
    /// Several at one address count less (P6); never iterated.
    private var addresses: [NodeID: Multiaddr] = [:]
    /// Those that may speak.
    private var speakers: Set<NodeID> = []
    private var early = EarlyFrames()
    /// On the graylist; their connections are being closed.
    private var shunned: Set<NodeID> = []

    func contains(_ peer: NodeID) -> Bool { self.nodes.contains(peer) }

    /// Where a peer is seen; nil when nobody knows.
    func address(of peer: NodeID) -> Multiaddr? { self.addresses[peer] }

    /// Whether messages of a peer are taken in.
    func maySpeak(_ peer: NodeID) -> Bool { self.speakers.contains(peer) }

    /// Whether exchanges with a peer may be opened, by either side.
    func mayUse(_ streamProtocol: StreamProtocol, _ peer: NodeID) -> Bool {
        streamProtocol == .auth || self.maySpeak(peer)
    }

    // MARK: Connections

    mutating func connected(_ peer: NodeID, at address: String) {
        self.nodes.append(peer)
        self.addresses[peer] = try? Multiaddr(address)
    }

    /// A connected peer is seen somewhere else.
    ///
    /// - Returns: whether it is behind a relay now: nothing that it sends counts until it is reached
    ///   directly again.
    mutating func moved(_ peer: NodeID, to address: String) -> Bool {
        self.addresses[peer] = try? Multiaddr(address)
        guard self.addresses[peer]?.components.contains(.p2pCircuit) == true else { return false }
        self.speakers.remove(peer)
        return true
    }

    /// A peer that will be disconnected for what it did.
    mutating func shun(_ peer: NodeID) { self.shunned.insert(peer) }

    /// The last connection to a peer ended.
    ///
    /// - Returns: whether this node wanted it to.
    mutating func disconnected(_ peer: NodeID) -> Bool {
        self.nodes.remove(peer)
        self.addresses[peer] = nil
        self.speakers.remove(peer)
        self.early.drop(peer)
        return self.shunned.remove(peer) != nil
    }

    // MARK: Speaking

    /// A peer has authenticated.
    ///
    /// - Returns: what it said before, in order; nil when it might speak already, or is gone.
    mutating func authenticated(_ peer: NodeID) -> [[UInt8]]? {
        guard self.contains(peer), self.speakers.insert(peer).inserted else { return nil }
        return self.early.take(from: peer)
    }

    /// Whether a frame of a peer that may not speak yet can be kept.
    func hasRoom(for frame: [UInt8], from peer: NodeID) -> Bool {
        self.early.hasRoom(for: frame, from: peer)
    }

    /// Keeps a frame until its peer may speak.
    mutating func keep(_ frame: [UInt8], from peer: NodeID, now: Timestamp) {
        self.early.keep(frame, from: peer, now: now)
    }

    /// Forgets what peers said that did not authenticate in time.
    mutating func forgetLate(now: Timestamp) { self.early.expire(now: now) }
}
