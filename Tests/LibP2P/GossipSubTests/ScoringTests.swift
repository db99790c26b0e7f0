import Multiformats
import Primitives
import Testing

@testable import GossipSub

@Suite("What the score decides")
struct ScoringTests {
    /// A bench with eight peers in the mesh.
    private func meshed(_ change: (inout GossipSubParameters) -> Void = { _ in }) throws
        -> (bench: Bench, peers: [Peer])
    {
        var bench = try Bench(change)
        let peers = try (1...8).map { try Peer($0) }
        for peer in peers {
            try bench.join(peer)
            _ = bench.receive(Wire.graft(), from: peer)
        }
        return (bench, peers)
    }

    @Test("Deliveries of the first and of those that follow at once are counted")
    func deliveries() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        let frame = Wire.publish(source.message(1))
        let arrival = bench.receive(frame, from: peers[0])
        _ = bench.receive(frame, from: peers[1])
        _ = bench.accept(arrival)
        bench.now += 50
        _ = bench.receive(frame, from: peers[2])
        _ = bench.receive(frame, from: peers[2])
        bench.now += 1
        _ = bench.receive(frame, from: peers[3])
        let counts = try peers.prefix(4).map { peer in
            let score = try #require(bench.topicScore(of: peer))
            return [score.firstDeliveries, score.meshDeliveries]
        }
        #expect(counts == [[.one, .one], [.zero, .one], [.zero, .one], [.zero, .zero]])
    }

    @Test("Rubbish under the id of an accepted message earns nothing")
    func forgedCopy() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        _ = bench.accept(bench.receive(Wire.publish(source.message(1)), from: peers[0]))
        let forged = source.message(1, data: [6], signedBy: peers[1].key)
        _ = bench.receive(Wire.publish(forged), from: peers[1])
        #expect(bench.topicScore(of: peers[1])?.meshDeliveries == .zero)
    }

    @Test("Mesh peers that deliver nothing of a busy topic are pruned, the others stay")
    func underDelivery() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        var pruned: Set<PeerID> = []
        for number in 0..<120 {
            let frame = Wire.publish(source.message(number))
            let arrival = bench.receive(frame, from: peers[number % 5])
            _ = bench.receive(frame, from: peers[(number + 1) % 5])
            _ = bench.accept(arrival)
            let actions = bench.heartbeat()
            for peer in peers {
                let prunes = try sent(actions, to: peer).flatMap(\.control.prune)
                if !prunes.isEmpty { pruned.insert(peer.id) }
            }
        }
        #expect(pruned == Set(peers.suffix(3).map(\.id)))
        // What they owed stays with them: they are not grafted again.
        let score = try #require(bench.router.score(of: peers[7].id))
        #expect(score < .zero)
        let answer = bench.receive(Wire.graft(), from: peers[7])
        #expect(try sent(answer, to: peers[7]).flatMap(\.control.prune).count == 1)
    }

    @Test("When a whole mesh delivers nothing, all of it owes the same")
    func wholeMesh() throws {
        var (bench, peers) = try self.meshed()
        let (honest, source) = (try Peer(50), try Peer(99))
        try bench.join(honest)
        for number in 0..<200 {
            _ = bench.accept(bench.receive(Wire.publish(source.message(number)), from: honest))
        }
        _ = bench.heartbeats(31)
        let scores = peers.map { bench.router.score(of: $0.id) }
        #expect(Set(scores).count == 1)
        #expect(bench.router.score(of: peers[7].id).map { $0 < .points(-10) } == true)
        #expect(bench.router.score(of: honest.id).map { $0 > .zero } == true)
    }

    @Test("In a line nobody is blamed for having nothing to give")
    func line() throws {
        var bench = try Bench()
        let (near, far, source) = (try Peer(1), try Peer(2), try Peer(99))
        for peer in [near, far] {
            try bench.join(peer)
            _ = bench.receive(Wire.graft(), from: peer)
        }
        for number in 0..<300 {
            let arrival = bench.receive(Wire.publish(source.message(number)), from: near)
            let forwarded = bench.accept(arrival)
            #expect(receivers(forwarded) == [far.id])
            _ = bench.heartbeat()
        }
    }

    @Test("Each threshold cuts off one thing more")
    func thresholds() throws {
        let source = try Peer(99)
        func outcome(_ points: Int64) throws -> [Bool] {
            var bench = try Bench()
            let peer = try Peer(1)
            try bench.join(peer)
            _ = bench.receive(Wire.graft(), from: peer)
            bench.router.setApplicationScore(.points(points), of: peer.id, now: bench.now)
            let isHeard = !bench.receive(Wire.publish(peer.message(1)), from: peer).isEmpty
            let own = bench.router.publish([1], topic: topic, now: bench.now)
            let ihave = bench.receive(Wire.ihave([source.messageID(1)]), from: peer)
            let iwant = bench.receive(Wire.iwant([own.id.bytes]), from: peer)
            _ = bench.heartbeat()
            return [
                bench.router.meshSize(of: topic) == 1, !ihave.isEmpty && !iwant.isEmpty,
                !own.actions.isEmpty, isHeard,
            ]
        }
        #expect(try outcome(0) == [true, true, true, true])
        #expect(try outcome(-1) == [false, true, true, true])
        #expect(try outcome(-20) == [false, true, true, true])
        #expect(try outcome(-21) == [false, false, true, true])
        #expect(try outcome(-51) == [false, false, false, true])
        #expect(try outcome(-101) == [false, false, false, false])
    }

    @Test("A peer with a low score is refused a place in the mesh, without blame")
    func refusedGraft() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        bench.router.setApplicationScore(.points(-1), of: peer.id, now: bench.now)
        let answer = try sent(bench.receive(Wire.graft(), from: peer), to: peer)
        #expect(answer.flatMap(\.control.prune).map(\.backoffSeconds) == [60])
        #expect(bench.router.score(of: peer.id) == .points(-1))
    }

    @Test("The application's view can graylist a peer at once, and is forgotten with it")
    func applicationScore() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        let low = bench.router.setApplicationScore(.points(-200), of: peer.id, now: bench.now)
        #expect(penalties(low) == [.lowScore])
        let lower = bench.router.setApplicationScore(.points(-300), of: peer.id, now: bench.now)
        #expect(lower.isEmpty)
        let stranger = try Peer(2)
        let unknown = bench.router.setApplicationScore(.one, of: stranger.id, now: bench.now)
        #expect(unknown.isEmpty)
        bench.router.removePeer(peer.id, now: bench.now)
        try bench.join(peer)
        #expect(bench.router.score(of: peer.id) == .zero)
    }

    @Test(
        "Peers at one public address count together; private, relayed and unknown ones do not",
        arguments: [
            ("/ip4/203.0.113.7/tcp/%", true), ("/ip6/2001:db8:1:2::%/tcp/1", true),
            ("/ip6/::ffff:203.0.113.7/tcp/%", true), ("/ip4/127.0.0.1/tcp/%", false),
            ("/ip4/10.0.0.1/tcp/%", false), ("/ip4/203.0.113.%/tcp/1", false),
            ("/ip6/fe80::1/tcp/%", false), ("/dns4/example.org/tcp/%", false),
        ]
    )
    func colocation(pattern: String, counts: Bool) throws {
        var bench = try Bench()
        let peers = try (1...12).map { try Peer($0) }
        var crossed: [PeerID] = []
        for (number, peer) in peers.enumerated() {
            let parts = pattern.split(separator: "%", omittingEmptySubsequences: false)
            let actions = bench.router.addPeer(
                peer.id,
                protocolID: "/meshsub/1.1.0",
                isOutbound: false,
                address: try Multiaddr(parts.joined(separator: "\(number + 1)")),
                now: bench.now
            )
            crossed += penalised(actions)
        }
        // The twelfth is named at once, the others when they are next looked at.
        #expect(crossed == (counts ? [peers[11].id] : []))
        crossed = penalised(bench.heartbeat())
        #expect(crossed == (counts ? peers.prefix(11).map(\.id) : []))
        // When most are gone, the rest is welcome again.
        for peer in peers.suffix(8) { bench.router.removePeer(peer.id, now: bench.now) }
        _ = bench.heartbeat()
        #expect(bench.router.score(of: peers[0].id) == .zero)
    }

    @Test("A peer that moves to another address leaves the old one")
    func movingAddress() throws {
        var bench = try Bench()
        for number in 1...12 {
            try bench.join(try Peer(number), address: "/ip4/203.0.113.7/tcp/1")
        }
        for number in 1...12 {
            try bench.join(try Peer(number), address: "/ip4/203.0.113.\(number)/tcp/1")
        }
        #expect(bench.router.occupancy.addresses == 12)
        #expect(penalised(bench.heartbeat()).isEmpty)
        for number in 1...12 { bench.router.removePeer(try Peer(number).id, now: bench.now) }
        #expect(bench.router.occupancy.addresses == 0)
    }

    @Test("A mesh whose median is poor gets better peers once a minute, a good one does not")
    func opportunisticGrafting() throws {
        var (bench, peers) = try self.meshed()
        let good = try (20...25).map { try Peer($0) }
        for peer in good {
            try bench.join(peer)
            _ = bench.receive(Wire.prune(seconds: 30), from: peer)
            bench.router.setApplicationScore(.points(3), of: peer.id, now: bench.now)
        }
        var grafted: [PeerID] = []
        for round in 1...120 {
            let actions = bench.heartbeat()
            for peer in good
            where try sent(actions, to: peer).contains(where: { !$0.control.graft.isEmpty }) {
                #expect(round.isMultiple(of: 60))
                grafted.append(peer.id)
            }
        }
        #expect(grafted.count == 4)
        for peer in peers + good {
            bench.router.setApplicationScore(.points(3), of: peer.id, now: bench.now)
        }
        let before = bench.router.meshSize(of: topic)
        _ = bench.heartbeats(60)
        #expect(bench.router.meshSize(of: topic) == before)
    }

    @Test("The best scores survive when a mesh is cut")
    func bestScoresKept() throws {
        var (bench, peers) = try self.meshed()
        for number in 30...34 {
            peers.append(try Peer(number))
            try bench.join(peers[peers.count - 1])
            _ = bench.receive(Wire.graft(), from: peers[peers.count - 1])
        }
        try bench.join(try Peer(40), isOutbound: true)
        _ = bench.receive(Wire.graft(), from: try Peer(40))
        let best = [peers[2], peers[5], peers[9], peers[11]]
        for peer in best {
            bench.router.setApplicationScore(.points(2), of: peer.id, now: bench.now)
        }
        let actions = bench.heartbeat()
        #expect(bench.router.meshSize(of: topic) == 6)
        for peer in best {
            #expect(try sent(actions, to: peer).allSatisfy { $0.control.prune.isEmpty })
        }
    }

    @Test("Leaving and coming back washes off nothing bad, and time does")
    func retention() throws {
        var bench = try Bench()
        let (peer, source) = (try Peer(1), try Peer(99))
        try bench.join(peer)
        for number in 0..<3 {
            for message in delivered(
                bench.receive(Wire.publish(source.message(number)), from: peer)
            ) {
                _ = bench.router.validated(message.id, verdict: .reject, now: bench.now)
            }
        }
        #expect(bench.router.score(of: peer.id) == .points(-9))
        bench.router.removePeer(peer.id, now: bench.now)
        #expect(bench.router.occupancy.departedPeers == 1)
        try bench.join(peer)
        #expect(bench.router.score(of: peer.id) == .points(-9))
        bench.router.removePeer(peer.id, now: bench.now)
        bench.now += 1_000_000
        try bench.join(peer)
        let score = try #require(bench.router.score(of: peer.id))
        #expect(score > FixedPoint(millionths: -200_000) && score < .zero)
        bench.router.removePeer(peer.id, now: bench.now)
        bench.now += 3_600_000
        _ = bench.heartbeat()
        #expect(bench.router.occupancy.departedPeers == 0)
    }

    @Test("A verdict about a peer that left still finds it")
    func lateVerdict() throws {
        var bench = try Bench()
        let (peer, source) = (try Peer(1), try Peer(99))
        try bench.join(peer)
        let arrival = bench.receive(Wire.publish(source.message(1)), from: peer)
        bench.router.removePeer(peer.id, now: bench.now)
        let message = try #require(delivered(arrival).first)
        _ = bench.router.validated(message.id, verdict: .reject, now: bench.now)
        try bench.join(peer)
        #expect(bench.router.score(of: peer.id) == .points(-1))
    }
}
