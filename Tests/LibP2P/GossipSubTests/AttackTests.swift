import Multiformats
import Primitives
import Testing

@testable import GossipSub

/// One test for each advisory and threat: memory stays within its bound, and an honest peer that is
/// there at the same time is served.
@Suite("Attacks")
struct AttackTests {
    private let parameters = GossipSubParameters.standard

    /// A bench with an attacker and an honest peer, both in the mesh.
    private func scene(_ change: (inout GossipSubParameters) -> Void = { _ in }) throws
        -> (bench: Bench, attacker: Peer, honest: Peer)
    {
        var bench = try Bench(change)
        let (attacker, honest) = (try Peer(1), try Peer(2))
        for peer in [attacker, honest] {
            try bench.join(peer, protocolID: "/meshsub/1.2.0")
            _ = bench.receive(Wire.graft(), from: peer)
        }
        return (bench, attacker, honest)
    }

    /// Whether an honest peer's message is delivered and its IWANT served.
    private func isServed(_ honest: Peer, _ bench: inout Bench) throws -> Bool {
        let number = Int(bench.now & 0xff_ffff)
        let arrival = bench.receive(Wire.publish(honest.message(number)), from: honest)
        _ = bench.accept(arrival)
        let own = bench.router.publish([1], topic: topic, now: bench.now)
        let answer = try sent(bench.receive(Wire.iwant([own.id.bytes]), from: honest), to: honest)
        return try delivered(arrival).count == 1 && published(answer) == [[1]]
    }

    // MARK: Subscriptions and control

    @Test("CVE-2026-46679: 349,525 SUBSCRIBEs in one frame leave nothing behind")
    func subscriptionFrame() throws {
        var (bench, attacker, honest) = try self.scene()
        let one = Wire.subscription("/a")
        var frame: [UInt8] = []
        for _ in 0..<349_525 { frame += one }
        #expect(frame.count < RPCLimits.incomingBytesMax)
        let before = bench.router.occupancy
        let answer = bench.receive(frame, from: attacker)
        #expect(answer.isEmpty)
        #expect(bench.router.occupancy == before)
        #expect(bench.router.counters.malformedRPCs == 1)
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    @Test("CVE-2026-46679: subscriptions to ever new topics are remembered by the dozen only")
    func subscriptionFlood() throws {
        var (bench, attacker, honest) = try self.scene()
        for round in 0..<100 {
            var frame: [UInt8] = []
            for number in 0..<100 {
                let name = String(repeating: "x", count: 240) + "\(round * 100 + number)"
                frame += Wire.subscription(name)
            }
            _ = bench.receive(frame, from: attacker)
        }
        #expect(bench.router.occupancy.otherTopics == self.parameters.otherTopicsMax)
        let served = try self.isServed(honest, &bench)
        #expect(served)
        bench.router.removePeer(attacker.id, now: bench.now)
        #expect(bench.router.occupancy.otherTopics == 0)
    }

    @Test("gossipsub 0.50: control beyond 1 MiB is refused before it is decoded")
    func oversizedControl() throws {
        var (bench, attacker, honest) = try self.scene()
        let entry = Wire.rpc([(9, [UInt8](repeating: 0, count: 1_048_569))])
        let fits = bench.receive(Wire.rpc([(3, entry)]), from: attacker)
        #expect(fits.isEmpty)
        #expect(bench.router.counters.malformedRPCs == 0)
        _ = bench.receive(Wire.rpc([(3, entry), (3, entry)]), from: attacker)
        #expect(bench.router.counters.malformedRPCs == 1)
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    @Test("T18: whoever grafts during a back-off gets few answers, and then none")
    func graftFlood() throws {
        var (bench, attacker, honest) = try self.scene()
        _ = bench.receive(Wire.prune(), from: attacker)
        var answers = 0
        var crossings = 0
        for _ in 0..<10_000 {
            let actions = bench.receive(Wire.graft(), from: attacker)
            answers += receivers(actions).count
            crossings += penalised(actions).count
        }
        #expect(answers == 5)
        #expect(crossings == 1)
        #expect(bench.router.counters.graylistedRPCs == 9_995)
        #expect(bench.router.occupancy.backoffs == 1)
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    @Test("A GRAFT later in a back-off counts once, soon after the PRUNE twice")
    func earlyGraft() throws {
        var (bench, attacker, _) = try self.scene()
        _ = bench.receive(Wire.prune(seconds: 300), from: attacker)
        bench.now += 9_999
        for _ in 0..<3 { _ = bench.receive(Wire.graft(), from: attacker) }
        #expect(bench.router.score(of: attacker.id) == .points(-12))
        bench.now += 10_000
        _ = bench.receive(Wire.graft(), from: attacker)
        #expect(bench.router.score(of: attacker.id) == .points(-27))
    }

    @Test("A GRAFT for topics that nobody follows is not answered")
    func graftUnknown() throws {
        var (bench, attacker, honest) = try self.scene()
        for number in 0..<2_000 {
            let answer = bench.receive(Wire.graft("/\(number)"), from: attacker)
            #expect(answer.isEmpty)
        }
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    @Test("T4: a hundred grafting Sybils cannot drive out the peers that this node dialled")
    func meshTakeover() throws {
        var bench = try Bench()
        let dialled = try (1...2).map { try Peer($0) }
        for peer in dialled { try bench.join(peer, isOutbound: true) }
        _ = bench.heartbeat()
        for number in 0..<100 {
            let sybil = try Peer(100 + number)
            try bench.join(sybil)
            _ = bench.receive(Wire.graft(), from: sybil)
            #expect(bench.router.meshSize(of: topic) <= self.parameters.meshSizeHigh)
        }
        _ = bench.heartbeats(10)
        let arrival = bench.receive(Wire.publish(try Peer(99).message(1)), from: try Peer(150))
        let forwarded = receivers(bench.accept(arrival))
        #expect(forwarded.contains(dialled[0].id) && forwarded.contains(dialled[1].id))
    }

    // MARK: Gossip

    @Test("T18: IHAVE floods from a dozen peers are asked for within bounds, and end unheard")
    func ihaveFlood() throws {
        var (bench, _, honest) = try self.scene()
        let sybils = try (100..<112).map { try Peer($0) }
        for sybil in sybils { try bench.join(sybil) }
        var crossed: Set<PeerID> = []
        for round in 0..<12 {
            for sybil in sybils where !crossed.contains(sybil.id) {
                let ids = (0..<1_100).map { sybil.messageID(round << 16 | $0) }
                let answer = bench.receive(Wire.ihave(ids), from: sybil)
                let asked = try sent(answer, to: sybil).flatMap(\.control.iwant).count
                #expect(asked <= self.parameters.askedPerPeerMax)
            }
            #expect(bench.router.occupancy.askedIDs <= self.parameters.askedIDsMax)
            #expect(bench.router.occupancy.promises <= 4 * sybils.count)
            let wanted = try Peer(99).messageID(round)
            let answer = bench.receive(Wire.ihave([wanted]), from: honest)
            #expect(try sent(answer, to: honest).flatMap(\.control.iwant).map(\.bytes) == [wanted])
            _ = bench.receive(Wire.publish(try Peer(99).message(round)), from: honest)
            crossed.formUnion(penalised(bench.heartbeat()))
        }
        // Below the gossip threshold they are not asked any more, so few promises break beyond it.
        let scores = sybils.map { bench.router.score(of: $0.id) ?? .zero }
        #expect(scores.allSatisfy { $0 < self.parameters.scoring.gossipThreshold })
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    @Test("T18: ids that bind nobody are asked for by the hundred only")
    func foreignIDFlood() throws {
        var (bench, attacker, _) = try self.scene()
        let ids = (0..<5_000).map { Array("unknown\($0)".utf8) }
        let answer = try sent(bench.receive(Wire.ihave(ids), from: attacker), to: attacker)
        #expect(answer.flatMap(\.control.iwant).count == self.parameters.foreignIDsMax)
        let again = bench.receive(Wire.ihave(ids), from: attacker)
        #expect(again.isEmpty)
    }

    @Test("T18: IWANT floods are served within the bytes of one heartbeat, each message thrice")
    func iwantFlood() throws {
        var (bench, attacker, honest) = try self.scene { $0.iwantBytesMax = 100_000 }
        var ids: [[UInt8]] = []
        for _ in 0..<50 {
            let data = [UInt8](repeating: 3, count: 5_000)
            ids.append(bench.router.publish(data, topic: topic, now: bench.now).id.bytes)
        }
        var bytes = 0
        for _ in 0..<200 {
            for case .send(_, let frame) in bench.receive(Wire.iwant(ids + ids), from: attacker) {
                bytes += frame.count
            }
        }
        #expect(bytes <= 100_000 + 5_300)
        let served = try self.isServed(honest, &bench)
        #expect(served)
        for _ in 0..<3 {
            _ = bench.heartbeat()
            for case .send(_, let frame) in bench.receive(Wire.iwant(ids + ids), from: attacker) {
                bytes += frame.count
            }
        }
        #expect(bytes <= 50 * 3 * 5_300)
    }

    @Test("T18: looking for ids that are not there ends after 5,000 in one heartbeat")
    func iwantLookups() throws {
        var (bench, attacker, _) = try self.scene()
        let own = bench.router.publish([1], topic: topic, now: bench.now)
        let junk = (0..<5_000).map { attacker.messageID($0) }
        let first = bench.receive(Wire.iwant(junk + [own.id.bytes]), from: attacker)
        #expect(first.isEmpty)
        _ = bench.heartbeat()
        let second = bench.receive(Wire.iwant([own.id.bytes]), from: attacker)
        #expect(second.count == 1)
    }

    @Test("T18: IDONTWANT floods are remembered within bounds, and withhold nothing from others")
    func idontwantFlood() throws {
        var (bench, attacker, honest) = try self.scene()
        let source = try Peer(99)
        for round in 0..<6 {
            for batch in 0..<4 {
                let ids = (0..<5_000).map { source.messageID(round << 20 | batch << 16 | $0) }
                _ = bench.receive(Wire.idontwant(ids), from: attacker)
            }
            #expect(bench.router.occupancy.unwantedIDs <= 3 * self.parameters.idontwantIDsMax)
            _ = bench.heartbeat()
        }
        let third = try Peer(3)
        try bench.join(third)
        let forwarded = bench.accept(bench.receive(Wire.publish(source.message(5)), from: third))
        #expect(receivers(forwarded).contains(honest.id))
        bench.router.removePeer(attacker.id, now: bench.now)
        #expect(bench.router.occupancy.unwantedIDs == 0)
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    // MARK: Messages

    @Test("One peer's messages without a verdict leave room for the others'")
    func pendingFlood() throws {
        var (bench, attacker, honest) = try self.scene {
            $0.pendingPerPeerMax = 64
            $0.pendingPerPeerBytesMax = 100_000
        }
        for number in 0..<200 {
            _ = bench.receive(Wire.publish(attacker.message(number)), from: attacker)
        }
        #expect(bench.router.occupancy.pendingMessages == 64)
        let large = [UInt8](repeating: 1, count: 15_000)
        for number in 200..<300 {
            let frame = Wire.publish(attacker.message(number, data: large))
            _ = bench.receive(frame, from: attacker)
        }
        #expect(bench.router.occupancy.pendingBytes <= 100_000)
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    @Test("Rivals under one id are bounded in number and in bytes, and charged to who sent them")
    func rivalFlood() throws {
        var (bench, attacker, honest) = try self.scene { $0.pendingPerPeerBytesMax = 50_000 }
        let source = try Peer(99)
        _ = bench.receive(Wire.publish(source.message(1)), from: honest)
        for number in 0..<100 {
            let sybil = try Peer(100 + number)
            try bench.join(sybil)
            let data = [UInt8](repeating: UInt8(number), count: 10_000)
            let forged = source.message(1, data: data, signedBy: sybil.key)
            _ = bench.receive(Wire.publish(forged), from: sybil)
        }
        #expect(bench.router.occupancy.pendingMessages == 1)
        #expect(bench.router.occupancy.pendingBytes <= 3 * 11_100 + 1_100)
        let huge = [UInt8](repeating: 9, count: 60_000)
        let forged = source.message(1, data: huge, signedBy: attacker.key)
        _ = bench.receive(Wire.publish(forged), from: attacker)
        #expect(bench.router.occupancy.pendingBytes <= 3 * 11_100 + 1_100)
    }

    @Test("A flood of valid messages fills the cache to its bound; honest ones pass")
    func cacheFlood() throws {
        var (bench, attacker, honest) = try self.scene {
            $0.historyBytesMax = 200_000
            $0.seenMax = 500
            $0.recentDeliveriesMax = 32
        }
        let data = [UInt8](repeating: 8, count: 4_000)
        for number in 0..<1_000 {
            let frame = Wire.publish(attacker.message(number, data: data))
            _ = bench.accept(bench.receive(frame, from: attacker))
        }
        let occupancy = bench.router.occupancy
        #expect(occupancy.cachedBytes <= 200_000)
        #expect(occupancy.seenIDs <= 500)
        #expect(occupancy.recentDeliveries <= 32)
        #expect(occupancy.pendingMessages == 0)
        let served = try self.isServed(honest, &bench)
        #expect(served)
        _ = bench.heartbeats(200)
        #expect(bench.router.occupancy.cachedMessages == 0)
        #expect(bench.router.occupancy.seenIDs == 0)
        #expect(bench.router.occupancy.recentDeliveries == 0)
    }

    @Test("Forged large messages cost their sender the connection, and the room nothing")
    func forgedFlood() throws {
        var (bench, attacker, honest) = try self.scene()
        let source = try Peer(99)
        let data = [UInt8](repeating: 8, count: 20_000)
        var crossings = 0
        for number in 0..<100 {
            let forged = source.message(number, data: data, signedBy: attacker.key)
            crossings += penalised(bench.receive(Wire.publish(forged), from: attacker)).count
        }
        #expect(crossings == 1)
        #expect(bench.router.counters.forged == 11)
        #expect(bench.router.occupancy.pendingMessages == 0)
        #expect(bench.router.occupancy.seenIDs == 0)
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    // MARK: Peers

    @Test("A graylisted peer's frames cost nothing: they are not decoded and change nothing")
    func graylisted() throws {
        var (bench, attacker, honest) = try self.scene()
        bench.router.setApplicationScore(.points(-101), of: attacker.id, now: bench.now)
        let before = bench.router.occupancy
        let frames = [
            Wire.publish(attacker.message(1)), Wire.graft(), Wire.subscription("/new"),
            Wire.iwant([[1]]), Wire.ihave([attacker.messageID(1)]), [0xff],
            [UInt8](repeating: 0xff, count: RPCLimits.incomingBytesMax + 1),
        ]
        for frame in frames {
            let answer = bench.receive(frame, from: attacker)
            #expect(answer.isEmpty)
        }
        #expect(bench.router.occupancy == before)
        var expected = GossipSubCounters()
        expected.graylistedRPCs = UInt64(frames.count)
        #expect(bench.router.counters == expected)
        let own = bench.router.publish([1], topic: topic, now: bench.now)
        #expect(receivers(own.actions) == [honest.id])
        let served = try self.isServed(honest, &bench)
        #expect(served)
    }

    @Test("Identities that misbehave and leave by the thousand are remembered within bounds")
    func churn() throws {
        var (bench, _, honest) = try self.scene()
        for number in 0..<3_000 {
            let sybil = try Peer(256 + number)
            try bench.join(sybil, address: "/ip4/203.0.113.1/tcp/1")
            _ = bench.receive([0xff], from: sybil)
            _ = bench.receive(Wire.ihave([sybil.messageID(1)]), from: sybil)
            bench.router.removePeer(sybil.id, now: bench.now)
        }
        #expect(bench.router.occupancy.departedPeers == self.parameters.departedMax)
        #expect(bench.router.occupancy.addresses == 0)
        #expect(bench.router.occupancy.peers == 2)
        _ = bench.heartbeats(5)
        #expect(bench.router.occupancy.promises == 0)
        let served = try self.isServed(honest, &bench)
        #expect(served)
        bench.now += self.parameters.departedLifetime
        _ = bench.heartbeat()
        #expect(bench.router.occupancy.departedPeers == 0)
    }
}
