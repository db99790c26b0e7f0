import Multiformats
import OrderedCollections
import Primitives

// No single network operator may control a node's connections (R-04-017 to R-04-019, D-24).
extension PeersStateMachine {
    /// Whether an operator may have so many of the public connections (D-24).
    static func isFairShare(_ ofOperator: Int, of connections: Int) -> Bool {
        connections < PeersLimits.operatorShare
            || ofOperator * PeersLimits.operatorShare <= connections
    }

    /// The operator for which each connection is counted; private, relayed and named addresses are not
    /// (D-24).
    ///
    /// An identity is one operator, whatever networks its keys are in: the one of its root, or while that
    /// is not connected the one of its lowest key (R-01-053, D-25).
    var placement: OrderedDictionary<NodeID, NetworkOperator> {
        let connected = self.peers.nodes { $0.isConnected && $0.network != nil }
        var speakers: [NodeID: NodeID] = [:]
        for node in connected.sorted() {
            let identity = self.identity(of: node)
            if node == identity || speakers[identity] == nil { speakers[identity] = node }
        }
        let places = connected.map { ($0, self.peers[speakers[self.identity(of: $0)] ?? $0]) }
        return OrderedDictionary(
            uniqueKeysWithValues: places.compactMap { node, record in
                record?.network.map { (node, $0) }
            }
        )
    }

    private func identity(of node: NodeID) -> NodeID { self.peers[node]?.identity ?? node }

    /// Connections by operator.
    var operators: OrderedDictionary<NetworkOperator, Int> { Self.counts(self.placement) }

    private static func counts(_ placement: OrderedDictionary<NodeID, NetworkOperator>)
        -> OrderedDictionary<NetworkOperator, Int>
    {
        placement.values.reduce(into: [:]) { counts, network in counts[network, default: 0] += 1 }
    }

    /// Why a new connection is not kept; nil when it is.
    ///
    /// It is refused only if four operators are left to be reached without it.
    func crowding(of peer: NodeID, now: Timestamp) -> String? {
        let placement = self.placement
        guard let network = placement[peer], !self.configuration.isLocalProfile else { return nil }
        let own = placement.values.count { $0 == network }
        guard !Self.isFairShare(own, of: placement.count),
            self.canReachEnough(beside: self.operators(without: peer, placement, now: now))
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
        _ placement: OrderedDictionary<NodeID, NetworkOperator>,
        now: Timestamp
    ) -> Set<NetworkOperator> {
        let isChosen = self.isChosen(peer)
        let others = placement.filter { node, _ in
            node != peer && self.isSettled(node, now: now) && (!isChosen || self.isChosen(node))
        }
        return Set(others.values)
    }

    /// Whether this node dialled a peer, its operator named it, or it was an anchor before the start.
    private func isChosen(_ node: NodeID) -> Bool {
        self.protected.contains(node) || self.peers[node]?.isOutbound == true
    }

    private func isSettled(_ node: NodeID, now: Timestamp) -> Bool {
        guard let since = self.peers[node]?.authenticatedAt else { return false }
        return now.milliseconds(since: since) >= PeersLimits.settledMilliseconds
    }

    /// Whether there are four operators, including those of disconnected peers that this node reached,
    /// that authenticated and whose last dial did not fail.
    ///
    /// Addresses that others, or inbound peers, merely claim are no reason to give up a connection.
    private func canReachEnough(beside operators: Set<NetworkOperator>) -> Bool {
        var known = operators
        guard known.count < PeersLimits.operatorsMin else { return true }
        let proven = self.peers.nodes {
            $0.standing == .proven && !$0.isConnected && $0.dialFailures == 0
                && $0.dialled != nil && $0.handshakeFailure == nil
        }
        for node in proven {
            guard let network = self.peers[node].flatMap({ self.network(of: $0) }) else { continue }
            known.insert(network)
            if known.count >= PeersLimits.operatorsMin { return true }
        }
        return false
    }

    /// Closes what operators have too much of, once peers of four operators are settled: of each all but a
    /// quarter (R-04-018, R-04-019), as long as there are more peers than this node looks for.
    mutating func closeSurplus(now: Timestamp) -> [PeersAction] {
        guard !self.configuration.isLocalProfile else { return [] }
        var actions: [PeersAction] = []
        while let (peer, reason) = self.surplus(now: now) {
            self.peers[peer]?.leave(reason, now: now)
            actions.append(.disconnect(peer, reason: reason))
        }
        return actions
    }

    /// The connection to be closed first, of the operator that has most beyond its share.
    private func surplus(now: Timestamp) -> (peer: NodeID, reason: String)? {
        let placement = self.placement.filter { node, _ in self.isSettled(node, now: now) }
        guard placement.count > self.configuration.pace.outboundTarget else { return nil }
        let crowded = Self.counts(placement)
            .filter { !Self.isFairShare($0.value, of: placement.count) }
            .sorted { $0.value > $1.value }
        for (network, count) in crowded {
            let candidates = placement.keys.filter {
                placement[$0] == network && !self.directNodes.contains($0)
            }
            let peer = candidates.sorted { self.leaves($0, before: $1) }.first {
                let left = self.operators(without: $0, placement, now: now)
                return left.count >= PeersLimits.operatorsMin
            }
            guard let peer else { continue }
            let reason = "\(network) has \(count) of this node's \(placement.count) connections"
            return (peer, "\(reason), more than a quarter")
        }
        return nil
    }

    /// Whether a peer is closed before another one of its operator: inbound before outbound, the newest
    /// first, and anchors and peers that this node's operator named last.
    private func leaves(_ one: NodeID, before other: NodeID) -> Bool {
        func place(_ node: NodeID) -> (Int, Int64, NodeID) {
            guard let record = self.peers[node] else { return (0, 0, node) }
            let rank = self.protected.contains(node) ? 2 : record.isOutbound ? 1 : 0
            return (rank, -record.connectedAt.milliseconds, node)
        }
        return place(one) < place(other)
    }

    /// Who runs the network of a peer: of its connection, else of its first public address.
    func network(of record: PeerRecord) -> NetworkOperator? {
        if record.isConnected, let network = record.network { return network }
        return record.addresses.lazy
            .compactMap { AddressText.network(of: $0, self.configuration.operators) }.first
    }

    /// Peers that may be dialled now.
    ///
    /// Operators of which this node has no connection come first, as long as there are too few;
    /// what somebody on the local network named comes last.
    func inOrderOfDialling(now: Timestamp) -> [(NodeID, PeerRecord)] {
        let connected = self.operators
        let entries = self.peers.nodes {
            $0.nextDial <= now && !$0.isConnected && !$0.isDialling && !$0.addresses.isEmpty
                && !$0.isOfOtherNetwork
        }.compactMap { node in self.peers[node].map { (node, $0) } }
        let all = entries.filter { !$0.1.isLocalFind } + entries.filter(\.1.isLocalFind)
        guard !self.configuration.isLocalProfile, connected.count < PeersLimits.operatorsMin else {
            return all
        }
        let isNew = all.map { _, record in
            self.network(of: record).map { connected[$0] == nil } ?? false
        }
        let places = all.indices
        return places.filter { isNew[$0] }.map { all[$0] }
            + places.filter { !isNew[$0] }.map { all[$0] }
    }
}
