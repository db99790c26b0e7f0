import Cryptography
import Multiformats
import Testing

@testable import GossipSub

let topic = "/valence/proposals"

/// A foreign peer: its key, and RPCs as its own software would write them.
struct Peer {
    let key: SigningKey
    let id: PeerID

    /// Peers of different numbers have different keys.
    init(_ number: Int) throws {
        let seed = [UInt8(number >> 8)] + [UInt8](repeating: UInt8(number & 255), count: 31)
        self.key = try SigningKey(seed: seed)
        self.id = PeerID(ed25519: self.key.publicKey)
    }

    /// A published message, signed by hand so that tests do not trust the signer under test.
    func message(
        _ number: Int,
        data: [UInt8] = [1, 2, 3],
        topic: String = topic,
        withKey: Bool = false,
        signedBy other: SigningKey? = nil
    ) -> [UInt8] {
        var body = ProtobufWriter()
        body.append(bytes: self.id.bytes, field: 1)
        body.append(bytes: data, field: 2)
        body.append(bytes: Self.sequence(number), field: 3)
        body.append(string: topic, field: 4)
        let signature = (other ?? self.key).sign(Array("libp2p-pubsub:".utf8) + body.bytes)
        body.append(bytes: signature.array, field: 5)
        if withKey { body.append(bytes: PublicKeyProtobuf.encode(self.key.publicKey), field: 6) }
        return body.bytes
    }

    static func sequence(_ number: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    /// The default id of a message of this peer.
    func messageID(_ number: Int) -> [UInt8] { self.id.bytes + Self.sequence(number) }
}

/// RPCs written by hand.
enum Wire {
    static func rpc(_ fields: [(number: Int, bytes: [UInt8])]) -> [UInt8] {
        var writer = ProtobufWriter()
        for field in fields { writer.append(bytes: field.bytes, field: field.number) }
        return writer.bytes
    }

    static func publish(_ messages: [UInt8]...) -> [UInt8] { self.rpc(messages.map { (2, $0) }) }

    static func subscription(_ topic: String, _ isSubscribe: Bool = true) -> [UInt8] {
        var inner = ProtobufWriter()
        inner.append(bool: isSubscribe, field: 1)
        inner.append(string: topic, field: 2)
        return self.rpc([(1, inner.bytes)])
    }

    static func control(_ entries: (number: Int, bytes: [UInt8])...) -> [UInt8] {
        self.rpc([(3, self.rpc(entries))])
    }

    static func graft(_ topic: String = topic) -> [UInt8] {
        self.control((3, self.rpc([(1, Array(topic.utf8))])))
    }

    static func prune(_ topic: String = topic, seconds: UInt64? = nil) -> [UInt8] {
        var inner = ProtobufWriter()
        inner.append(string: topic, field: 1)
        if let seconds { inner.append(varint: seconds, field: 3) }
        return self.control((4, inner.bytes))
    }

    static func ihave(_ ids: [[UInt8]], topic: String = topic) -> [UInt8] {
        self.control((1, self.rpc([(1, Array(topic.utf8))] + ids.map { (2, $0) })))
    }

    static func iwant(_ ids: [[UInt8]]) -> [UInt8] {
        self.control((2, self.rpc(ids.map { (1, $0) })))
    }

    static func idontwant(_ ids: [[UInt8]]) -> [UInt8] {
        self.control((5, self.rpc(ids.map { (1, $0) })))
    }

    /// A PRUNE with peers to turn to, each with a signed record.
    static func prune(offering peers: [Peer], record: [UInt8] = [7]) -> [UInt8] {
        var inner: [(number: Int, bytes: [UInt8])] = [(1, Array(topic.utf8))]
        for peer in peers { inner.append((2, self.rpc([(1, peer.id.bytes), (2, record)]))) }
        return self.control((4, self.rpc(inner)))
    }
}

/// A router at work, and what it wants sent, decoded.
struct Bench {
    var router: GossipSubRouter
    let own: Peer
    var now: Int64 = 1_000_000

    init(_ change: (inout GossipSubParameters) -> Void = { _ in }) throws {
        var parameters = GossipSubParameters.standard
        change(&parameters)
        self.own = try Peer(200)
        self.router = GossipSubRouter(
            localPeer: self.own.id,
            signingKey: self.own.key,
            parameters: parameters,
            entropy: 7,
            firstSequenceNumber: 1
        )
        self.router.subscribe(topic)
    }

    /// Connects a peer and lets it subscribe.
    mutating func join(
        _ peer: Peer,
        protocolID: String = "/meshsub/1.1.0",
        isOutbound: Bool = false,
        address: String? = nil
    )
        throws
    {
        self.router.addPeer(
            peer.id,
            protocolID: protocolID,
            isOutbound: isOutbound,
            address: try address.map { try Multiaddr($0) },
            now: self.now
        )
        _ = self.receive(Wire.subscription(topic), from: peer)
    }

    mutating func receive(_ frame: [UInt8], from peer: Peer, accepting: Bool = true)
        -> [GossipSubAction]
    {
        self.router.received(
            frame: frame,
            from: peer.id,
            acceptingMessages: accepting,
            now: self.now
        )
    }

    /// Lets a second pass and returns what the heartbeat wants.
    mutating func heartbeat() -> [GossipSubAction] {
        self.now = self.now.advanced(byMilliseconds: 1_000)
        return self.router.heartbeat(now: self.now)
    }

    mutating func heartbeats(_ count: Int) -> [GossipSubAction] {
        var actions: [GossipSubAction] = []
        for _ in 0..<count { actions += self.heartbeat() }
        return actions
    }

    /// What a peer's score says of the topic; changes nothing.
    func topicScore(of peer: Peer) -> TopicScore? {
        var copy = self.router
        var found: TopicScore?
        copy.update(peer.id) { found = $0 }
        return found
    }

    mutating func accept(_ actions: [GossipSubAction]) -> [GossipSubAction] {
        var result: [GossipSubAction] = []
        for message in delivered(actions) {
            result += self.router.validated(message.id, verdict: .accept, now: self.now)
        }
        return result
    }
}

/// The messages that wait for a verdict.
func delivered(_ actions: [GossipSubAction]) -> [GossipMessage] {
    actions.compactMap { if case .deliver(let message) = $0 { message } else { nil } }
}

/// The RPCs for one peer.
func sent(_ actions: [GossipSubAction], to peer: Peer) throws -> [RPC] {
    try actions.compactMap { action in
        guard case .send(peer.id, let frame) = action else { return nil }
        let prefix = try #require(try Varint.decode(frame[...]))
        #expect(frame.count == Int(prefix.value) + prefix.length)
        return try RPCDecoder.decode(Array(frame.dropFirst(prefix.length)))
    }
}

/// The data of the messages in RPCs.
func published(_ rpcs: [RPC]) throws -> [[UInt8]] {
    try rpcs.flatMap(\.messages).map { try PubsubMessageView($0).message.data }
}

/// Why peers were put on the graylist.
func penalties(_ actions: [GossipSubAction]) -> [GossipPenalty] {
    actions.compactMap { if case .penalised(_, let reason) = $0 { reason } else { nil } }
}

/// The peers that were put on the graylist.
func penalised(_ actions: [GossipSubAction]) -> [PeerID] {
    actions.compactMap { if case .penalised(let peer, _) = $0 { peer } else { nil } }
}

/// The peers that something is sent to.
func receivers(_ actions: [GossipSubAction]) -> [PeerID] {
    actions.compactMap { if case .send(let peer, _) = $0 { peer } else { nil } }
}

extension GossipSubRouter {
    /// Reaches into the score of one peer in the topic of the tests.
    mutating func update(_ peer: PeerID, _ change: (inout TopicScore) -> Void) {
        self.changeScore(of: peer, in: topic, change)
    }
}
