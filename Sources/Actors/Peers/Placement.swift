import Multiformats
import OrderedCollections
import Primitives

/// The operator for which each connection is counted; private, relayed and named addresses are not
/// (D-24).
///
/// An identity is one operator, whatever networks its keys are in: the one of its root, or while that
/// is not connected the one of its lowest key (R-01-053, D-25).
struct Placement: Sendable {
    private let places: OrderedDictionary<NodeID, NetworkOperator>

    /// The connections of a table as they are now.
    init(of peers: KnownPeers) {
        let connected = peers.nodes { $0.isConnected && $0.network != nil }
        var speakers: [NodeID: NodeID] = [:]
        for node in connected.sorted() {
            let identity = peers[node]?.identity ?? node
            if node == identity || speakers[identity] == nil { speakers[identity] = node }
        }
        let places = connected.map { node in
            (node, peers[speakers[peers[node]?.identity ?? node] ?? node])
        }
        self.places = OrderedDictionary(
            uniqueKeysWithValues: places.compactMap { node, record in
                record?.network.map { (node, $0) }
            }
        )
    }

    private init(_ places: OrderedDictionary<NodeID, NetworkOperator>) { self.places = places }

    /// Whether an operator may have so many of the public connections (D-24).
    static func isFairShare(_ ofOperator: Int, of connections: Int) -> Bool {
        connections < PeersLimits.operatorShare
            || ofOperator * PeersLimits.operatorShare <= connections
    }

    subscript(node: NodeID) -> NetworkOperator? { self.places[node] }

    /// How many connections are counted.
    var count: Int { self.places.count }

    /// Connections by operator.
    var counts: OrderedDictionary<NetworkOperator, Int> {
        self.places.values.reduce(into: [:]) { counts, network in
            counts[network, default: 0] += 1
        }
    }

    /// The operators that have connections.
    var operators: Set<NetworkOperator> { Set(self.places.values) }

    /// The peers whose connections are counted for an operator.
    func peers(of network: NetworkOperator) -> [NodeID] {
        self.places.keys.filter { self.places[$0] == network }
    }

    /// Some of the connections.
    func only(_ isMeant: (NodeID) -> Bool) -> Placement {
        Placement(self.places.filter { node, _ in isMeant(node) })
    }
}
