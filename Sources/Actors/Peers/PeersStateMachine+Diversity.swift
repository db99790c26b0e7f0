import Multiformats
import OrderedCollections
import Primitives

// No operator of networks may hold a node's connections in its hand (R-04-017 to R-04-019, D-24).
extension PeersStateMachine {
    /// Whether an operator may have so many of the public connections (D-24).
    static func isFairShare(_ ofOperator: Int, of connections: Int) -> Bool {
        connections < PeersLimits.operatorShare
            || ofOperator * PeersLimits.operatorShare <= connections
    }

    /// Where each connection is counted; private, relayed and named addresses are not (D-24).
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
    func crowding(of peer: NodeID) -> String? {
        let placement = self.placement
        guard let network = placement[peer], !self.configuration.isLocalProfile else { return nil }
        let own = placement.values.count { $0 == network }
        let others = Set(placement.filter { $0.key != peer }.values)
        guard !Self.isFairShare(own, of: placement.count), self.canReachEnough(beside: others)
        else { return nil }
        return
            "\(network) has \(own - 1) of this node's \(placement.count - 1) connections already, "
            + "a quarter or more"
    }

    /// Whether there are four operators, with those of peers that proved themselves and were never missed
    /// since.
    ///
    /// What others merely say of where peers are makes nobody give up a connection.
    private func canReachEnough(beside operators: Set<NetworkOperator>) -> Bool {
        var known = operators
        guard known.count < PeersLimits.operatorsMin else { return true }
        let proven = self.peers.nodes {
            $0.standing == .proven && !$0.isConnected && $0.dialFailures == 0
                && $0.handshakeFailure == nil
        }
        for node in proven {
            guard let network = self.peers[node].flatMap({ self.network(of: $0) }) else { continue }
            known.insert(network)
            if known.count >= PeersLimits.operatorsMin { return true }
        }
        return false
    }

    /// Closes what operators have too much of, once four operators are connected: of each all but a
    /// quarter (R-04-018, R-04-019).
    mutating func closeSurplus(now: Timestamp) -> [PeersAction] {
        guard !self.configuration.isLocalProfile else { return [] }
        var actions: [PeersAction] = []
        while let (peer, reason) = self.surplus {
            self.peers[peer]?.leave(reason, now: now)
            actions.append(.disconnect(peer, reason: reason))
        }
        return actions
    }

    /// The connection to be closed first, of an operator that has too many.
    private var surplus: (peer: NodeID, reason: String)? {
        let placement = self.placement
        let counts = Self.counts(placement)
        guard counts.count >= PeersLimits.operatorsMin else { return nil }
        let kept = self.directNodes
        for (network, count) in counts where !Self.isFairShare(count, of: placement.count) {
            let candidates = placement.keys.filter {
                placement[$0] == network && !kept.contains($0)
            }
            guard let peer = candidates.min(by: { self.leaves($0, before: $1) }) else { continue }
            let reason = "\(network) has \(count) of this node's \(placement.count) connections"
            return (peer, "\(reason), more than a quarter")
        }
        return nil
    }

    /// Whether a peer leaves before another one of its operator: who came in before whom this node dialled,
    /// the newest first, and those that the operator named and anchors last.
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
