import Multiformats
import Testing

@testable import GossipSub

@Suite("Publishing: fanout, direct peers, publications without a taker")
struct PublishingTests {
    @Test("A topic can be published in without following it: all that follow it get the message")
    func foreignTopic() throws {
        var bench = try Bench()
        let peers = try (1...9).map { try Peer($0) }
        for peer in peers {
            try bench.join(peer)
            if peer.id != peers[0].id { _ = bench.receive(Wire.subscription("/x"), from: peer) }
        }
        let outcome = bench.router.publish([1], topic: "/x", now: bench.now)
        #expect(receivers(outcome.actions) == peers.dropFirst().map(\.id))
        #expect(bench.router.meshSize(of: "/x") == 0)
    }

    @Test("R-03-013: without flood publishing the fanout has six peers, for a minute")
    func fanout() throws {
        var bench = try Bench { $0.floodsPublications = false }
        let peers = try (1...20).map { try Peer($0) }
        for peer in peers {
            try bench.join(peer)
            _ = bench.receive(Wire.subscription("/x"), from: peer)
        }
        let first = receivers(bench.router.publish([1], topic: "/x", now: bench.now).actions)
        #expect(first.count == 6)
        _ = bench.heartbeats(50)
        let second = receivers(bench.router.publish([2], topic: "/x", now: bench.now).actions)
        #expect(second == first)
        // Those that leave or fall are replaced by the next heartbeat.
        bench.router.removePeer(first[0], now: bench.now)
        bench.router.setApplicationScore(.points(-60), of: first[1], now: bench.now)
        _ = bench.heartbeat()
        let third = receivers(bench.router.publish([3], topic: "/x", now: bench.now).actions)
        #expect(third.count == 6)
        #expect(Set(third).isSuperset(of: first.dropFirst(2)))
        #expect(!third.contains(first[1]))
        // Others hear of it by gossip.
        let gossip = bench.heartbeat()
        let hearers = try peers.filter { peer in
            try sent(gossip, to: peer).flatMap(\.control.ihave).contains { $0.topic == "/x" }
        }
        #expect(hearers.count == 6)
        #expect(hearers.allSatisfy { !third.contains($0.id) && $0.id != first[1] })
        _ = bench.heartbeats(60)
        #expect(bench.router.occupancy.fanoutTopics == 0)
    }

    @Test("Without flood publishing an own message goes to the mesh, direct and floodsub peers")
    func meshPublishing() throws {
        var bench = try Bench { $0.floodsPublications = false }
        let peers = try (1...10).map { try Peer($0) }
        let (flood, direct) = (try Peer(20), try Peer(21))
        bench.router.setDirectPeers([direct.id], now: bench.now)
        for peer in peers { try bench.join(peer) }
        try bench.join(flood, protocolID: "/floodsub/1.0.0")
        try bench.join(direct)
        let early = bench.router.publish([0], topic: topic, now: bench.now)
        #expect(receivers(early.actions).count >= 6)
        _ = bench.heartbeat()
        let outcome = receivers(bench.router.publish([1], topic: topic, now: bench.now).actions)
        #expect(outcome.count == 8)
        #expect(outcome.contains(flood.id) && outcome.contains(direct.id))
    }

    // MARK: Nobody there

    @Test("What is published to nobody goes to the first that subscribes, and is news to others")
    func unsent() throws {
        var bench = try Bench()
        let (first, second) = (try Peer(1), try Peer(2))
        let outcome = bench.router.publish([7], topic: topic, now: bench.now)
        #expect(outcome.actions.isEmpty)
        _ = bench.heartbeats(60)
        bench.router.addPeer(
            first.id,
            protocolID: "/meshsub/1.1.0",
            isOutbound: false,
            now: bench.now
        )
        let actions = bench.receive(Wire.subscription(topic), from: first)
        #expect(try published(try sent(actions, to: first)) == [[7]])
        let again = bench.receive(Wire.subscription(topic), from: first)
        #expect(again.isEmpty)
        try bench.join(second)
        _ = bench.receive(Wire.prune(), from: second)
        let offered = try sent(bench.heartbeat(), to: second).flatMap(\.control.ihave)
        #expect(offered.flatMap(\.ids) == [outcome.id])
        #expect(bench.router.counters.unsentDropped == 0)
    }

    @Test("It waits for five minutes and within bounds; what is lost is counted")
    func unsentBounds() throws {
        var bench = try Bench { $0.ownMax = 3 }
        for number in 0..<5 {
            _ = bench.router.publish([UInt8(number)], topic: topic, now: bench.now)
        }
        #expect(bench.router.occupancy.unsentPublications == 3)
        #expect(bench.router.counters.unsentDropped == 2)
        _ = bench.heartbeats(299)
        #expect(bench.router.occupancy.unsentPublications == 3)
        _ = bench.heartbeat()
        #expect(bench.router.occupancy.unsentPublications == 0)
        #expect(bench.router.counters.unsentDropped == 5)
    }

    @Test("The newest is kept whatever its size")
    func unsentBytes() throws {
        var bench = try Bench { $0.ownBytesMax = 1_000 }
        _ = bench.router.publish([1], topic: topic, now: bench.now)
        _ = bench.router.publish([UInt8](repeating: 0, count: 5_000), topic: topic, now: bench.now)
        #expect(bench.router.occupancy.unsentPublications == 1)
        #expect(bench.router.counters.unsentDropped == 1)
    }

    @Test("A peer that resets its stream for another reason than size goes on getting large RPCs")
    func otherReset() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        bench.router.streamWasReset(by: peer.id, largestFrame: 1_048_576)
        let large = [UInt8](repeating: 1, count: 3_145_728)
        let outcome = bench.router.publish(large, topic: topic, now: bench.now)
        #expect(receivers(outcome.actions) == [peer.id])
    }

    @Test("A peer that resets its stream on a large RPC is spared more of them and keeps the rest")
    func frameLimit() throws {
        var bench = try Bench()
        let (small, other) = (try Peer(1), try Peer(2))
        try bench.join(small)
        bench.router.streamWasReset(by: small.id, largestFrame: 1_048_577)
        let large = [UInt8](repeating: 1, count: 3_145_728)
        let alone = bench.router.publish(large, topic: topic, now: bench.now)
        #expect(alone.actions.isEmpty)
        #expect(bench.router.counters.oversized == 1)
        #expect(bench.router.occupancy.unsentPublications == 1)
        // Coming back does not change what it takes.
        bench.router.removePeer(small.id, now: bench.now)
        try bench.join(small)
        let little = bench.router.publish([1], topic: topic, now: bench.now)
        #expect(receivers(little.actions) == [small.id])
        bench.router.addPeer(
            other.id,
            protocolID: "/meshsub/1.1.0",
            isOutbound: false,
            now: bench.now
        )
        let late = bench.receive(Wire.subscription(topic), from: other)
        #expect(try published(try sent(late, to: other)) == [large])
    }

    // MARK: Direct peers

    @Test("A direct peer gets every message, is in no mesh, and is heard whatever its score")
    func directPeers() throws {
        var bench = try Bench()
        let (friend, relay, source) = (try Peer(1), try Peer(2), try Peer(99))
        bench.router.setDirectPeers([friend.id, bench.own.id], now: bench.now)
        try bench.join(friend)
        try bench.join(relay)
        bench.router.setApplicationScore(.points(-500), of: friend.id, now: bench.now)
        _ = bench.heartbeats(3)
        #expect(bench.router.meshSize(of: topic) == 1)
        let forwarded = bench.accept(bench.receive(Wire.publish(source.message(1)), from: relay))
        #expect(receivers(forwarded) == [friend.id])
        let heard = bench.receive(Wire.publish(source.message(2)), from: friend)
        #expect(delivered(heard).count == 1)
        let own = bench.router.publish([1], topic: topic, now: bench.now)
        #expect(receivers(own.actions).contains(friend.id))
        // It is an error to graft a direct peer.
        let answer = try sent(bench.receive(Wire.graft(), from: friend), to: friend)
        #expect(answer.flatMap(\.control.prune).map(\.topic) == [topic])
        #expect(try sent(bench.heartbeat(), to: friend).isEmpty)
    }

    @Test("A peer that becomes direct leaves the mesh; one that ceases is judged again")
    func changingAgreements() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.receive(Wire.graft(), from: peer)
        let actions = bench.router.setDirectPeers([peer.id], now: bench.now)
        #expect(try sent(actions, to: peer).flatMap(\.control.prune).map(\.topic) == [topic])
        #expect(bench.router.meshSize(of: topic) == 0)
        bench.router.setApplicationScore(.points(-500), of: peer.id, now: bench.now)
        let ended = bench.router.setDirectPeers([], now: bench.now)
        #expect(penalties(ended) == [.lowScore])
    }

    // MARK: Peer exchange

    @Test("Peers that a PRUNE offers are parsed, and ignored unless this is turned on")
    func peerExchange() throws {
        let offers = try (10...12).map { try Peer($0) }
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        bench.router.setApplicationScore(.points(50), of: peer.id, now: bench.now)
        _ = bench.receive(Wire.prune(offering: offers), from: peer)
        #expect(bench.router.collectOfferedPeers().isEmpty)
        #expect(bench.router.counters.offersIgnored == 3)
        #expect(bench.router.counters.malformedRPCs == 0)
    }

    @Test("Turned on, offers of well-scored peers are kept, of others not, and never too many")
    func acceptedExchange() throws {
        let offers = try (10...12).map { try Peer($0) }
        var bench = try Bench {
            $0.acceptsPeerExchange = true
            $0.offeredPeersMax = 2
        }
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.receive(Wire.prune(offering: offers), from: peer)
        #expect(bench.router.occupancy.offeredPeers == 0)
        bench.router.setApplicationScore(.points(10), of: peer.id, now: bench.now)
        try bench.join(offers[0])
        _ = bench.receive(Wire.prune(offering: offers + [bench.own]), from: peer)
        _ = bench.receive(Wire.prune(offering: offers), from: peer)
        let collected = bench.router.collectOfferedPeers()
        #expect(collected.map(\.peer) == [offers[1].id, offers[2].id])
        #expect(collected.map(\.signedRecord) == [[7], [7]])
        #expect(bench.router.collectOfferedPeers().isEmpty)
        // A record of impossible size is no offer.
        let long = [UInt8](repeating: 1, count: 2_049)
        _ = bench.receive(Wire.prune(offering: offers, record: long), from: peer)
        #expect(bench.router.collectOfferedPeers().isEmpty)
    }
}
