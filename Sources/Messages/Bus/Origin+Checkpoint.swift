import Primitives

// In a checkpoint an origin is what it is after a restart: who waited for a message, and the exchange in which it
// came, are gone.
extension Origin: Codable {
    private enum Kind: String, Codable {
        case local, gossip, sync
    }

    private enum CodingKeys: CodingKey {
        case kind, peer, topic, key
    }

    /// Reads an origin of the past.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(Kind.self, forKey: .kind)
        let peer = try container.decode(NodeID.self, forKey: .peer)
        let topic = try container.decode(Topic.self, forKey: .topic)
        let key = try container.decodeIfPresent(RequestKey.self, forKey: .key)
        switch kind {
        case .local: self = .local(nil, key: key)
        case .gossip: self = .gossip(relay: peer, topic: topic, ticket: 0)
        case .sync: self = .sync(peer: peer)
        }
    }

    /// Writes the origin as one of the past.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let (kind, topic, key) = self.past
        try container.encode(kind, forKey: .kind)
        try container.encode(self.peer ?? NodeID(.zero), forKey: .peer)
        try container.encode(topic, forKey: .topic)
        try container.encodeIfPresent(key, forKey: .key)
    }

    private var past: (Kind, Topic, RequestKey?) {
        switch self {
        case .local(_, let key): (.local, .proposals, key)
        case .gossip(_, let topic, _): (.gossip, topic, nil)
        case .exchange, .answer, .sync: (.sync, .proposals, nil)
        }
    }
}
