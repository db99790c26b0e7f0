import Messages
import Primitives

/// What a record keeps of the way in.
enum StoredOrigin: Equatable {
    /// Signed by this node, for a request that is recognised by the key, if it has one.
    case local(key: RequestKey?)
    /// Relayed on a topic.
    case gossip(relay: NodeID, topic: Topic)
    /// Obtained over a stream of this peer.
    case sync(peer: NodeID)

    init(_ origin: Origin) {
        switch origin {
        case .local(_, let key): self = .local(key: key)
        case .gossip(let relay, let topic, _): self = .gossip(relay: relay, topic: topic)
        case .exchange(let exchange): self = .sync(peer: exchange.peer)
        case .answer(let exchange): self = .sync(peer: exchange.peer)
        case .sync(let peer): self = .sync(peer: peer)
        }
    }

    /// The origin at replay.
    var origin: Origin {
        switch self {
        case .local(let key): .local(nil, key: key)
        case .gossip(let relay, let topic): .gossip(relay: relay, topic: topic, ticket: 0)
        case .sync(let peer): .sync(peer: peer)
        }
    }

    /// Code of the kind and of the topic, and the peer or the key, as the record header holds them.
    var fields: (kind: UInt8, topic: UInt8, party: Bytes32?) {
        switch self {
        case .local(let key): (1, 0, key?.bytes)
        case .gossip(let relay, .proposals): (2, 1, relay.bytes)
        case .gossip(let relay, .votes): (2, 2, relay.bytes)
        case .gossip(let relay, .peers): (2, 3, relay.bytes)
        case .sync(let peer): (3, 0, peer.bytes)
        }
    }

    init?(kind: UInt8, topic: UInt8, party: Bytes32) {
        let peer = NodeID(party)
        switch (kind, topic) {
        case (1, 0): self = .local(key: RequestKey(party))
        case (2, 1): self = .gossip(relay: peer, topic: .proposals)
        case (2, 2): self = .gossip(relay: peer, topic: .votes)
        case (2, 3): self = .gossip(relay: peer, topic: .peers)
        case (3, 0): self = .sync(peer: peer)
        default: return nil
        }
    }
}
