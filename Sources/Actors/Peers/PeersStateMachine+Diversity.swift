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

    /// Connections by operator; private, relayed and named addresses are not counted (D-24).
    var operators: OrderedDictionary<NetworkOperator, Int> {
        var counts: OrderedDictionary<NetworkOperator, Int> = [:]
        for node in self.peers.nodes(where: { $0.isConnected }) {
            if let network = self.peers[node]?.network { counts[network, default: 0] += 1 }
        }
        return counts
    }

    /// Why a new connection to this operator's network is not kept; nil when it is.
    ///
    /// Where fewer than four operators can be reached, a node keeps what it can get.
    func crowding(_ network: NetworkOperator?) -> String? {
        guard let network, !self.configuration.isLocalProfile else { return nil }
        let counts = self.operators
        let connections = counts.values.reduce(0, +) + 1
        let own = counts[network, default: 0] + 1
        guard counts.count >= PeersLimits.operatorsMin, !Self.isFairShare(own, of: connections)
        else { return nil }
        return "\(network) has a quarter of this node's \(connections - 1) connections already"
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
