import Messages
import Primitives

/// Which peers are dialled, and when again (R-04-001, R-04-016, spec §14).
struct Dialling: Sendable {
    private let own: NodeID
    private let outboundTarget: Int
    private let domain: String?
    /// The addresses that the operator wrote down.
    private(set) var named: NamedPeers
    private var wanderedAt: Timestamp
    /// When the domain name is looked up unless a connection comes first; nil while there is one.
    private var nextLookUp: Timestamp?

    init(_ configuration: PeersConfiguration, now: Timestamp) {
        self.own = configuration.ownNode
        self.outboundTarget = configuration.pace.outboundTarget
        self.domain = configuration.bootstrapDomain
        self.named = NamedPeers(configuration, now: now)
        self.wanderedAt = now
    }

    // MARK: Whom to dial

    /// Dials these peers, if it is time and as far as there is room.
    func dial(first nodes: [NodeID], of peers: inout KnownPeers, now: Timestamp) -> [PeersAction] {
        var actions: [PeersAction] = []
        for node in nodes where self.room(peers) > 0 {
            guard peers[node]?.dials.isDue(now: now) == true else { continue }
            if let dial = self.dial(node, of: &peers, now: now) { actions.append(dial) }
        }
        return actions
    }

    /// Dials every peer that the operator named and that is not connected.
    mutating func dialNamed(_ peers: KnownPeers, now: Timestamp) -> [PeersAction] {
        self.named.dial(room: self.room(peers), peers, now: now)
    }

    /// Dials known peers until the outbound target is met.
    func dialMore(_ peers: inout KnownPeers, _ diversity: Diversity, now: Timestamp)
        -> [PeersAction]
    {
        let outbound = peers.count { $0.isConnected && $0.isOutbound && !$0.isRelayed }
        let room = min(
            self.outboundTarget - outbound - self.underWay(peers),
            self.room(peers)
        )
        guard room > 0 else { return [] }
        var actions: [PeersAction] = []
        var localRoom =
            PeersLimits.localDialsMax - peers.count { $0.isLocalFind && $0.isDialledByUs }
        var relayRoom =
            PeersLimits.relayedDialsMax - peers.count { $0.isRelayed && $0.isDialledByUs }
        for node in diversity.inOrderOfDialling(peers, now: now) {
            guard actions.count < room else { break }
            guard let record = peers[node], !record.isLocalFind || localRoom > 0 else { continue }
            let isRelayed = record.addresses.first.map { AddressText.isRelayed($0) } ?? false
            guard !isRelayed || relayRoom > 0 else { continue }
            guard let dial = self.dial(node, of: &peers, now: now) else { continue }
            if record.isLocalFind { localRoom -= 1 }
            if isRelayed { relayRoom -= 1 }
            actions.append(dial)
        }
        return actions
    }

    /// Every ten minutes, one random peer outside the neighbourhood (R-04-016).
    mutating func wander(_ peers: inout KnownPeers, now: Timestamp, entropy: UInt64)
        -> [PeersAction]
    {
        guard now.milliseconds(since: self.wanderedAt) >= PeersLimits.wanderMilliseconds else {
            return []
        }
        self.wanderedAt = now
        let strangers = peers.nodes { $0.mayBeDialled(now: now) && !$0.isLocalFind }
        guard !strangers.isEmpty else { return [] }
        let chosen = strangers[Int(entropy % UInt64(strangers.count))]
        return self.dial(chosen, of: &peers, now: now).map { [$0] } ?? []
    }

    /// Dials a node that something is wanted of, whoever else is connected; pauses are kept.
    func reach(_ node: NodeID, of peers: inout KnownPeers, now: Timestamp) -> [PeersAction] {
        guard peers[node]?.mayBeDialled(now: now) == true, self.room(peers) > 0 else {
            return []
        }
        return self.dial(node, of: &peers, now: now).map { [$0] } ?? []
    }

    /// Looks up the network's domain name while messages come from no peer: after every configured
    /// address was tried, and once the local network had time to answer (R-04-004, R-04-005).
    mutating func lookUpIfLonely(_ peers: KnownPeers, now: Timestamp) -> [PeersAction] {
        guard let domain, !peers.contains(where: \.isHeard) else {
            self.nextLookUp = nil
            return []
        }
        let due = self.nextLookUp ?? now.adding(milliseconds: PeersLimits.lonelyMilliseconds)
        self.nextLookUp = due
        guard self.named.areInVain, due <= now else { return [] }
        self.nextLookUp = now.adding(milliseconds: PeersLimits.lookUpPauseMilliseconds)
        return [.lookUp("\(PeersLimits.bootstrapService).\(domain)")]
    }

    /// Dials a peer, unless it is being dialled as one that the operator named: of two connections that come at
    /// once the peer closes one, and with it may forget what this node said on it.
    private func dial(_ node: NodeID, of peers: inout KnownPeers, now: Timestamp) -> PeersAction? {
        guard let record = peers[node], !record.isConnected, !record.dials.isUnderWay,
            let address = record.addresses.first, node != self.own,
            !self.named.isDialling(node, at: address)
        else { return nil }
        peers.update(node) { $0.dial(address, now: now) }
        return .dial(AddressText.complete(address, node: node))
    }

    /// How many dials are under way.
    private func underWay(_ peers: KnownPeers) -> Int {
        peers.count { $0.dials.isUnderWay } + self.named.dialling
    }

    /// How many dials may begin.
    private func room(_ peers: KnownPeers) -> Int {
        PeersLimits.dialsAtOnceMax - self.underWay(peers)
    }

    // MARK: What came of it

    /// A dial of this node led to a peer.
    mutating func reached(_ node: NodeID, at address: String, now: Timestamp) {
        self.named.reached(node, at: address, now: now)
    }

    /// A dial led to no new connection: the pause before the next one doubles.
    mutating func failed(
        _ address: String,
        reason: String,
        of peers: inout KnownPeers,
        now: Timestamp
    ) {
        let node = AddressText.node(in: address)
        if let node, let record = peers[node], record.isConnected {
            // Often the dial reached the peer, but another connection to it was there first.
            peers.update(node) { $0.dialEnded() }
            self.named.found(
                node,
                at: address,
                isOutbound: record.isOutbound,
                reason: reason,
                now: now
            )
            return
        }
        self.named.dialFailed(address, reason: reason, now: now)
        if let node { peers.update(node) { $0.dialFailed(at: address, reason, now: now) } }
    }

    /// Dials whose outcome never came; without this they would never be repeated.
    mutating func giveUpLate(_ peers: inout KnownPeers, now: Timestamp) {
        let reason = "no outcome within \(PeersLimits.dialMilliseconds / 1_000) s"
        self.named.giveUpLate(reason, now: now)
        for node in peers.nodes(where: { $0.dials.isLate(now: now) }) {
            peers.update(node) { $0.dialFailed(reason, now: now) }
        }
    }

    /// A connection ended, and the next dial of the peer comes no sooner.
    mutating func postpone(_ node: NodeID, until time: Timestamp) {
        self.named.postpone(node, until: time)
    }

    /// A peer did not pass the handshake, for this reason.
    mutating func note(_ reason: String, about node: NodeID) {
        self.named.note(reason, about: node)
    }
}
