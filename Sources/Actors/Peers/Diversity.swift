import Multiformats
import OrderedCollections
import Primitives

/// Which connections this node keeps: no single network operator may control them (R-04-017 to
/// R-04-019, D-24), and those of anchors and of peers that this node's operator named are closed last.
struct Diversity: Sendable {
    private let isLocalProfile: Bool
    private let outboundTarget: Int
    private let prefixes: PrefixTable
    /// Peers whose connections are kept, as Gossip was told.
    private var protected: OrderedSet<NodeID> = []

    init(_ configuration: PeersConfiguration) {
        self.isLocalProfile = configuration.isLocalProfile
        self.outboundTarget = configuration.pace.outboundTarget
        self.prefixes = configuration.operators
    }

    // MARK: Operators

    /// Who runs the network of an address; nil is the unrouted class.
    func network(of address: String) -> NetworkOperator? {
        AddressText.network(of: address, self.prefixes)
    }

    /// Who runs the network of a peer: of its connection, else of its first public address.
    func network(of record: PeerRecord) -> NetworkOperator? {
        if record.isConnected, let network = record.network { return network }
        return record.addresses.lazy.compactMap { self.network(of: $0) }.first
    }

    /// What the network of a peer is called where it counts as an operator (D-25).
    func name(of peer: NodeID, _ record: PeerRecord) -> String? {
        self.isLocalProfile
            ? (record.identity ?? peer).hex : self.network(of: record)?.description
    }

    /// Peers that may be dialled now.
    ///
    /// Operators of which this node has no connection come first, as long as there are too few;
    /// what somebody on the local network named comes last.
    func inOrderOfDialling(_ peers: KnownPeers, now: Timestamp) -> [NodeID] {
        let ready = peers.nodes { $0.mayBeDialled(now: now) && !$0.dials.isUnderWay }
        let all = Self.sorted(ready) { peers[$0]?.isLocalFind == false }
        guard !self.isLocalProfile else { return all }
        let connected = Placement(of: peers).operators
        guard connected.count < PeersLimits.operatorsMin else { return all }
        return Self.sorted(all) { node in
            peers[node].flatMap { self.network(of: $0) }.map { !connected.contains($0) } ?? false
        }
    }

    /// Some come before all others; else the order stays.
    private static func sorted(_ nodes: [NodeID], first isFirst: (NodeID) -> Bool) -> [NodeID] {
        let isInFront = nodes.map(isFirst)
        let places = nodes.indices
        return places.filter { isInFront[$0] }.map { nodes[$0] }
            + places.filter { !isInFront[$0] }.map { nodes[$0] }
    }

    // MARK: Protection

    /// Tells whose connections are kept, where that has changed.
    mutating func protect(_ wanted: OrderedSet<NodeID>) -> [PeersAction] {
        guard wanted != self.protected else { return [] }
        let added = wanted.subtracting(self.protected).map { PeersAction.protect($0, true) }
        let removed = self.protected.subtracting(wanted).map { PeersAction.protect($0, false) }
        self.protected = wanted
        return added + removed
    }

    // MARK: Shares

    /// Why a new connection is not kept; nil when it is.
    ///
    /// It is refused only if four operators are left to be reached without it.
    func crowding(of peer: NodeID, in peers: KnownPeers, now: Timestamp) -> String? {
        guard !self.isLocalProfile else { return nil }
        let placement = Placement(of: peers)
        guard let network = placement[peer] else { return nil }
        let own = placement.peers(of: network).count
        guard !Placement.isFairShare(own, of: placement.count),
            self.canReachEnough(
                beside: self.operators(without: peer, placement, peers, now: now),
                peers
            )
        else { return nil }
        return
            "\(network) has \(own - 1) of this node's \(placement.count - 1) connections already, "
            + "a quarter or more"
    }

    /// The operators of all other peers that count as a reason to give this one up.
    ///
    /// Merely opening a few connections is no reason: a peer counts once it has authenticated and
    /// stayed for ten minutes. A peer that this node chose is given up only for others that it chose.
    private func operators(
        without peer: NodeID,
        _ placement: Placement,
        _ peers: KnownPeers,
        now: Timestamp
    ) -> Set<NetworkOperator> {
        let isChosen = self.isChosen(peer, peers)
        return placement.only { node in
            node != peer && Self.isSettled(node, peers, now: now)
                && (!isChosen || self.isChosen(node, peers))
        }.operators
    }

    /// Whether this node dialled a peer, its operator named it, or it was an anchor before the start.
    private func isChosen(_ node: NodeID, _ peers: KnownPeers) -> Bool {
        self.protected.contains(node) || peers[node]?.isOutbound == true
    }

    private static func isSettled(_ node: NodeID, _ peers: KnownPeers, now: Timestamp) -> Bool {
        guard let since = peers[node]?.authenticatedAt else { return false }
        return now.milliseconds(since: since) >= PeersLimits.settledMilliseconds
    }

    /// Whether there are four operators, including those of disconnected peers that this node reached,
    /// that authenticated and whose last dial did not fail.
    ///
    /// Addresses that others, or inbound peers, merely claim are no reason to give up a connection.
    private func canReachEnough(beside operators: Set<NetworkOperator>, _ peers: KnownPeers)
        -> Bool
    {
        var known = operators
        guard known.count < PeersLimits.operatorsMin else { return true }
        let proven = peers.nodes {
            $0.standing == .proven && !$0.isConnected && $0.dials.failures == 0
                && $0.dialled != nil && $0.handshakes.failure == nil
        }
        for node in proven {
            guard let network = peers[node].flatMap({ self.network(of: $0) }) else { continue }
            known.insert(network)
            if known.count >= PeersLimits.operatorsMin { return true }
        }
        return false
    }

    /// The connection to be closed first, of the operator that has most beyond its share, once peers of
    /// four operators are settled (R-04-018, R-04-019) and there are more than this node looks for; nil
    /// when none is.
    ///
    /// - Parameters:
    ///   - peers: the table.
    ///   - exempt: peers whose connections are never closed.
    ///   - now: the time.
    /// - Returns: whose connection is closed, and why.
    func surplus(in peers: KnownPeers, sparing exempt: OrderedSet<NodeID>, now: Timestamp)
        -> (peer: NodeID, reason: String)?
    {
        guard !self.isLocalProfile else { return nil }
        let placement = Placement(of: peers).only { Self.isSettled($0, peers, now: now) }
        guard placement.count > self.outboundTarget else { return nil }
        let crowded = placement.counts
            .filter { !Placement.isFairShare($0.value, of: placement.count) }
            .sorted { $0.value > $1.value }
        for (network, count) in crowded {
            let candidates = placement.peers(of: network).filter { !exempt.contains($0) }
            let order = candidates.sorted { self.place($0, peers) < self.place($1, peers) }
            let peer = order.first {
                let left = self.operators(without: $0, placement, peers, now: now)
                return left.count >= PeersLimits.operatorsMin
            }
            guard let peer else { continue }
            let reason = "\(network) has \(count) of this node's \(placement.count) connections"
            return (peer, "\(reason), more than a quarter")
        }
        return nil
    }

    /// The place of a peer among those of its operator that may be closed: inbound before outbound, the
    /// newest first, and anchors and peers that this node's operator named last.
    private func place(_ node: NodeID, _ peers: KnownPeers) -> (Int, Int64, NodeID) {
        guard let record = peers[node] else { return (0, 0, node) }
        let rank = self.protected.contains(node) ? 2 : record.isOutbound ? 1 : 0
        return (rank, -record.connectedAt.milliseconds, node)
    }
}
