import Cryptography
import GossipSub
import Multiformats

/// A router with an honest and a strange peer; the stranger's RPCs come between heartbeats at odd
/// times, and the honest peer is served to the end.
enum GossipSubFuzzing {
    @Sendable static func session(_ input: [UInt8]) {
        var reader = InputReader(input)
        var router = Self.router
        var now: Int64 = 1_000
        while !reader.isAtEnd {
            switch reader.byte() % 4 {
            case 0:
                now += Int64(reader.byte()) << 10
                _ = router.heartbeat(now: now)
            case 1: router.removePeer(Self.stranger, now: now)
            case 2: Self.add(Self.stranger, to: &router, now: now)
            default:
                let frame = Array(reader.longPiece())
                let actions = router.received(
                    frame: frame,
                    from: Self.stranger,
                    acceptingMessages: true,
                    now: now
                )
                for case .deliver(let message) in actions {
                    _ = router.validated(message.id, verdict: .reject, now: now)
                }
            }
        }
        let published = router.publish([1, 2, 3], topic: Self.topic, now: now)
        let served = published.actions.contains { action in
            if case .send(Self.honest, _) = action { true } else { false }
        }
        precondition(served, "the honest peer is not served any more")
    }

    private static let topic = "/valence/votes"
    private static let keys: [SigningKey] = (1...3).compactMap {
        try? SigningKey(seed: [UInt8](repeating: $0, count: 32))
    }
    private static let honest = PeerID(ed25519: Self.keys[1].publicKey)
    private static let stranger = PeerID(ed25519: Self.keys[2].publicKey)

    private static let router: GossipSubRouter = {
        var router = GossipSubRouter(
            localPeer: PeerID(ed25519: Self.keys[0].publicKey),
            signingKey: Self.keys[0],
            parameters: .standard,
            entropy: 7,
            firstSequenceNumber: 1
        )
        _ = router.subscribe(Self.topic)
        for peer in [Self.honest, Self.stranger] { Self.add(peer, to: &router, now: 0) }
        _ = router.received(
            frame: Self.subscription,
            from: Self.honest,
            acceptingMessages: true,
            now: 0
        )
        return router
    }()

    /// `subscribe` to the topic, as protobuf.
    private static var subscription: [UInt8] {
        let topic = Array(Self.topic.utf8)
        let entry = [0x08, 0x01, 0x12, UInt8(topic.count)] + topic
        return [0x0a, UInt8(entry.count)] + entry
    }

    private static func add(_ peer: PeerID, to router: inout GossipSubRouter, now: Int64) {
        router.addPeer(peer, protocolID: "/meshsub/1.1.0", isOutbound: false, now: now)
    }
}
