import Multiformats
import NIOCore
import Relay

/// Which connections a host has, which it takes, and which it gives up when there are too many.
///
/// Pure: sockets and time go in, decisions come out; the ``Swarm`` carries them out. An entry begins
/// as an accepted socket or as a dial, is proven once its peer is known, may then be retired in
/// favour of another connection, and ends. A connection through a relay is limited: it gives way to
/// a direct one, and never takes the place of one.
struct ConnectionManager: Sendable {
    typealias ID = UInt64

    private let localPeer: PeerID
    private(set) var limits: ConnectionLimits
    /// Whether sockets of others are taken at all.
    private var isOpen = true
    private var entries: [ID: Entry] = [:]
    /// The proven connections of each peer; the first that is not retiring carries its frames.
    private var peers: [PeerID: [ID]] = [:]
    private var protected: Set<PeerID> = []
    private var values: [PeerID: Int] = [:]
    private var nextID: ID = 1
    /// Streams of all peers.
    private(set) var streamCount = 0

    init(localPeer: PeerID, limits: ConnectionLimits) {
        self.localPeer = localPeer
        self.limits = limits
    }

    /// Changes how many connections there may be in all; those beyond it go as peers come and go.
    mutating func limit(to total: Int) { self.limits.scale(to: total) }

    /// Takes sockets of others from now on, or none.
    mutating func setOpen(_ isOpen: Bool) { self.isOpen = isOpen }

    /// Sockets and dials, proven or not.
    var count: Int { self.entries.count }

    /// Peers with a proven connection.
    var peerCount: Int { self.peers.count }

    /// The connection that carries a peer's frames.
    func primary(of peer: PeerID) -> ID? {
        self.peers[peer]?.first { self.entries[$0]?.isRetiring == false }
    }

    /// Whether another connection to a peer, through a relay or not, would be of no use.
    func isConnected(_ peer: PeerID, isLimited: Bool) -> Bool {
        guard let primary = self.primary(of: peer) else { return false }
        return isLimited || self.entries[primary]?.isLimited == false
    }

    /// All proven connections of a peer.
    func connections(of peer: PeerID) -> [ID] { self.peers[peer] ?? [] }

    // MARK: Beginning

    /// A socket was accepted, or a call through a relay; such a call counts as one of the relay's
    /// network, and one relay may pass on a few only.
    mutating func accepted(
        from network: NetworkKey?,
        through relay: PeerID? = nil,
        now: NIODeadline
    ) -> Admission {
        guard self.isOpen else { return .refused("this host is short of memory") }
        let inbound = self.entries.values.filter { !$0.isOutbound }
        guard inbound.count < self.limits.inbound, self.count < self.limits.total else {
            return .refused("there are too many connections")
        }
        if let network {
            let same = inbound.count { $0.network == network }
            guard same < self.limits.perNetwork else {
                return .refused("there are too many connections from \(network)")
            }
        }
        if let relay {
            guard inbound.count(where: { $0.relay == relay }) < self.limits.perRelay else {
                return .refused("there are too many calls through \(relay)")
            }
        }
        let evicted = self.crowdedOut(of: inbound)
        return .admitted(
            self.add(isOutbound: false, dial: nil, network, relay, now),
            evicted: evicted
        )
    }

    /// A dial begins; `isOutbound` tells whether this host then counts as the one that dialled, as it
    /// does unless it dials on a caller's word.
    mutating func dialled(
        _ kind: DialKind = .own,
        isOutbound: Bool = true,
        now: NIODeadline
    ) -> Admission {
        let dials = self.entries.values.count { $0.dial == kind && $0.peer == nil }
        guard dials < self.limits.dials(kind) else {
            return .refused("too many dials are under way")
        }
        guard self.count < self.limits.total else {
            return .refused("there are too many connections")
        }
        return .admitted(
            self.add(isOutbound: isOutbound, dial: kind, nil, nil, now),
            evicted: nil
        )
    }

    private mutating func add(
        isOutbound: Bool,
        dial: DialKind?,
        _ network: NetworkKey?,
        _ relay: PeerID?,
        _ now: NIODeadline
    ) -> ID {
        defer { self.nextID += 1 }
        self.entries[self.nextID] = Entry(
            id: self.nextID,
            isOutbound: isOutbound,
            dial: dial,
            network: network,
            relay: relay,
            since: now
        )
        return self.nextID
    }

    /// When too many peers are unproven: the oldest socket of the network with the most of them.
    ///
    /// An honest peer needs a second to be proven, so idle sockets lose their place first, and those
    /// who open many lose their own.
    private mutating func crowdedOut(of inbound: [Entry]) -> ID? {
        let unproven = inbound.filter { $0.peer == nil && $0.dial == nil }
        guard unproven.count >= self.limits.upgrading else { return nil }
        var counts: [NetworkKey?: Int] = [:]
        for entry in unproven { counts[entry.network, default: 0] += 1 }
        let most = counts.values.max()
        let oldest = unproven.filter { counts[$0.network] == most }.map(\.id).min()
        if let oldest { self.entries[oldest] = nil }
        return oldest
    }

    // MARK: Proof

    /// The peer of a connection, which may be one through a relay, proved its key.
    mutating func proven(_ id: ID, _ peer: PeerID, isLimited: Bool = false) -> Standing {
        guard let entry = self.entries[id], entry.peer == nil else {
            return .refused("its place was given to another")
        }
        let former = self.peers[peer] ?? []
        guard former.count < self.limits.perPeer else {
            return .refused("the peer has too many connections")
        }
        self.entries[id]?.peer = peer
        self.entries[id]?.isLimited = isLimited
        self.peers[peer] = former + [id]
        guard let first = former.first(where: { self.entries[$0]?.isRetiring == false }),
            let primary = self.entries[first]
        else { return former.isEmpty ? .first : .replaces(former[0]) }
        guard primary.isLimited == isLimited else {
            self.retire(isLimited ? id : first)
            return isLimited ? .surplus : .replaces(first)
        }
        guard primary.isOutbound != entry.isOutbound else {
            // The side that dialled twice closes the second connection; the other side cannot know why
            // there are two.
            if entry.isOutbound { self.retire(id) }
            return entry.isOutbound ? .surplus : .spare
        }
        // Both dialled: both keep the connection that the peer with the smaller id dialled.
        let isOutboundKept = self.localPeer < peer
        guard entry.isOutbound == isOutboundKept else {
            self.retire(id)
            return .surplus
        }
        self.retire(first)
        return .replaces(first)
    }

    /// No new streams are opened on a connection.
    mutating func retire(_ id: ID) { self.entries[id]?.isRetiring = true }

    // MARK: End

    /// A socket closed or a dial failed; nil when it is not known, or known no more.
    mutating func ended(_ id: ID) -> End? {
        guard let entry = self.entries[id] else { return nil }
        let wasPrimary = entry.peer.map { self.primary(of: $0) == id } ?? false
        self.entries[id] = nil
        self.streamCount -= entry.streams
        guard let peer = entry.peer else { return End() }
        let rest = (self.peers[peer] ?? []).filter { $0 != id }
        self.peers[peer] = rest.isEmpty ? nil : rest
        if rest.isEmpty { self.values[peer] = nil }
        let successor = wasPrimary ? self.primary(of: peer) : nil
        return End(peer: peer, isLast: rest.isEmpty, successor: successor)
    }

    // MARK: Trimming

    /// The connections of this peer are not trimmed.
    mutating func protect(_ peer: PeerID) { self.protected.insert(peer) }

    /// The connections of this peer may be trimmed again.
    mutating func unprotect(_ peer: PeerID) { self.protected.remove(peer) }

    /// How much a connected peer is worth: those worth least are trimmed first.
    mutating func setValue(_ value: Int, of peer: PeerID) {
        if self.peers[peer] != nil { self.values[peer] = value }
    }

    /// The connections to close so that there are no more than the low water mark; none below the
    /// high one.
    ///
    /// Peers of little value go first, among them those who dialled us, among them the newest: a
    /// flood of newcomers does not displace those who have been here for long. Connections younger
    /// than the grace time stay, since nobody knows their value yet.
    /// Peers for which `isNeeded` holds stay like protected ones.
    func trimmed(now: NIODeadline, isNeeded: (PeerID) -> Bool = { _ in false }) -> [ID] {
        let proven = self.entries.values.filter { $0.peer != nil && !$0.isRetiring }
        guard proven.count > self.limits.highWater else { return [] }
        let candidates = proven.filter { entry in
            let isProtected =
                entry.peer.map { self.protected.contains($0) || isNeeded($0) } ?? false
            return !isProtected && entry.since + self.limits.grace <= now
        }
        let ranked = candidates.sorted { left, right in
            let (first, second) = (self.value(of: left), self.value(of: right))
            if first != second { return first < second }
            if left.isOutbound != right.isOutbound { return right.isOutbound }
            return left.id > right.id
        }
        return ranked.prefix(proven.count - self.limits.lowWater).map(\.id)
    }

    private func value(of entry: Entry) -> Int {
        entry.peer.flatMap { self.values[$0] } ?? 0
    }

    // MARK: Streams

    /// Whether a peer may open one more stream; the stream counts when it may.
    mutating func openedStream(on id: ID) -> Bool {
        guard let entry = self.entries[id], let peer = entry.peer else { return false }
        let ofPeer = self.connections(of: peer).reduce(0) { $0 + (self.entries[$1]?.streams ?? 0) }
        guard ofPeer < self.limits.streamsPerPeer, self.streamCount < self.limits.streams else {
            return false
        }
        self.entries[id]?.streams += 1
        self.streamCount += 1
        return true
    }

    /// A stream that counted is over.
    mutating func closedStream(on id: ID) {
        guard let streams = self.entries[id]?.streams, streams > 0 else { return }
        self.entries[id]?.streams = streams - 1
        self.streamCount -= 1
    }
}
