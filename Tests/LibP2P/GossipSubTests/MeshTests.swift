import Multiformats
import Testing

@testable import GossipSub

@Suite("The mesh")
struct MeshTests {
    @Test("A new peer is told our topics, and later ones too")
    func hello() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        let hello = bench.router.addPeer(
            peer.id,
            protocolID: "/meshsub/1.1.0",
            isOutbound: false,
            now: 0
        )
        let first = try sent(hello, to: peer)
        #expect(first.map(\.subscriptions) == [[.init(topic: topic, isSubscribe: true)]])
        let later = bench.router.subscribe("/valence/votes")
        #expect(
            try sent(later, to: peer).flatMap(\.subscriptions)
                == [.init(topic: "/valence/votes", isSubscribe: true)]
        )
        #expect(bench.router.subscribe("/valence/votes").isEmpty)
    }

    @Test("This node is never its own peer")
    func ownPeer() throws {
        var bench = try Bench()
        let own = bench.own
        try bench.join(own)
        #expect(bench.heartbeat().isEmpty)
        #expect(bench.router.meshSize(of: topic) == 0)
    }

    @Test("The heartbeat grafts subscribers up to the wanted size, and nobody else")
    func grafting() throws {
        var bench = try Bench()
        for number in 1...10 { try bench.join(try Peer(number)) }
        let silent = try Peer(50)
        bench.router.addPeer(
            silent.id,
            protocolID: "/meshsub/1.1.0",
            isOutbound: false,
            now: bench.now
        )
        let actions = bench.heartbeat()
        #expect(bench.router.meshSize(of: topic) == 6)
        let grafted = try (1...10).filter { number in
            try sent(actions, to: try Peer(number)).contains { $0.control.graft == [topic] }
        }
        #expect(grafted.count == 6)
        #expect(try sent(actions, to: silent).isEmpty)
    }

    @Test("A GRAFT is welcome until the mesh is full; outbound peers are welcome then too")
    func fullMesh() throws {
        var bench = try Bench()
        for number in 1...12 {
            let peer = try Peer(number)
            try bench.join(peer)
            let answer = bench.receive(Wire.graft(), from: peer)
            #expect(answer.isEmpty)
        }
        let late = try Peer(13)
        try bench.join(late)
        let refused = try sent(bench.receive(Wire.graft(), from: late), to: late)
        #expect(refused.flatMap(\.control.prune).map(\.backoffSeconds) == [60])
        #expect(bench.router.meshSize(of: topic) == 12)
        let outbound = try Peer(14)
        try bench.join(outbound, isOutbound: true)
        let welcome = bench.receive(Wire.graft(), from: outbound)
        #expect(welcome.isEmpty)
        #expect(bench.router.meshSize(of: topic) == 13)
    }

    @Test("A mesh that is too large is cut, and keeps two peers that this node dialled")
    func cutting() throws {
        var bench = try Bench()
        for number in 1...12 {
            let peer = try Peer(number)
            try bench.join(peer)
            _ = bench.receive(Wire.graft(), from: peer)
        }
        for number in 20...21 {
            let peer = try Peer(number)
            try bench.join(peer, isOutbound: true)
            _ = bench.receive(Wire.graft(), from: peer)
        }
        let actions = bench.heartbeat()
        #expect(bench.router.meshSize(of: topic) == 6)
        for number in 20...21 {
            let rpcs = try sent(actions, to: try Peer(number))
            #expect(rpcs.allSatisfy { $0.control.prune.isEmpty })
        }
    }

    @Test("Who grafts during the back-off of a PRUNE is refused, and graylisted when it insists")
    func backoff() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.heartbeat()
        #expect(bench.router.meshSize(of: topic) == 1)
        _ = bench.receive(Wire.prune(seconds: 30), from: peer)
        #expect(bench.router.meshSize(of: topic) == 0)
        _ = bench.heartbeats(20)
        #expect(bench.router.meshSize(of: topic) == 0)
        let refused = try sent(bench.receive(Wire.graft(), from: peer), to: peer)
        #expect(refused.flatMap(\.control.prune).map(\.topic) == [topic])
        var reasons: [GossipPenalty] = []
        for _ in 0..<30 { reasons += penalties(bench.receive(Wire.graft(), from: peer)) }
        #expect(reasons == [.graftFlood])
    }

    @Test("After the back-off this node grafts again")
    func backoffEnds() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.heartbeat()
        _ = bench.receive(Wire.prune(seconds: 5), from: peer)
        _ = bench.heartbeats(5)
        #expect(bench.router.meshSize(of: topic) == 0)
        _ = bench.heartbeats(2)
        #expect(bench.router.meshSize(of: topic) == 1)
    }

    @Test("Leaving and coming back does not end a back-off")
    func backoffOutlivesConnection() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.receive(Wire.prune(), from: peer)
        bench.router.removePeer(peer.id, now: bench.now)
        try bench.join(peer)
        _ = bench.heartbeats(10)
        #expect(bench.router.meshSize(of: topic) == 0)
    }

    @Test(
        "CVE-2026-33040, CVE-2026-34219, T18: no back-off that a peer can name traps or lasts for ever",
        arguments: [0, 1, UInt64(Int64.max), UInt64(Int64.max) + 1, .max - 1, .max]
    )
    func extremeBackoff(seconds: UInt64) throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        for time in [0, bench.now, .max - 1, .max] as [Int64] {
            _ = bench.router.received(
                frame: Wire.prune(seconds: seconds),
                from: peer.id,
                acceptingMessages: true,
                now: time
            )
            _ = bench.router.heartbeat(now: time)
        }
        var fresh = try Bench()
        try fresh.join(peer)
        _ = fresh.receive(Wire.prune(seconds: seconds), from: peer)
        fresh.now += 3_600_000
        _ = fresh.heartbeats(2)
        #expect(fresh.router.meshSize(of: topic) == 1)
    }

    @Test("Leaving a topic prunes its mesh for ten seconds and tells everybody")
    func unsubscribing() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.heartbeat()
        let actions = bench.router.unsubscribe(topic, now: bench.now)
        let rpcs = try sent(actions, to: peer)
        #expect(rpcs.flatMap(\.control.prune).map(\.backoffSeconds) == [10])
        #expect(rpcs.flatMap(\.subscriptions) == [.init(topic: topic, isSubscribe: false)])
    }

    @Test("Who unsubscribes or disconnects leaves the mesh")
    func leaving() throws {
        var bench = try Bench()
        let (first, second) = (try Peer(1), try Peer(2))
        try bench.join(first)
        try bench.join(second)
        _ = bench.heartbeat()
        #expect(bench.router.meshSize(of: topic) == 2)
        _ = bench.receive(Wire.subscription(topic, false), from: first)
        #expect(bench.router.meshSize(of: topic) == 1)
        bench.router.removePeer(second.id, now: bench.now)
        #expect(bench.router.meshSize(of: topic) == 0)
    }

    @Test("Of topics that this node does not follow it remembers sixteen a peer, and no GRAFT")
    func foreignTopics() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        for number in 0..<90 {
            _ = bench.receive(Wire.subscription("/other/\(number)"), from: peer)
        }
        #expect(bench.router.occupancy.otherTopics == 16)
        let answer = bench.receive(Wire.graft("/other/1"), from: peer)
        #expect(answer.isEmpty)
        _ = bench.receive(Wire.prune("/other/1"), from: peer)
        // The PRUNE is forgotten: it was for no topic of ours.
        bench.router.subscribe("/other/1")
        bench.router.subscribe("/other/80")
        let grafts = try sent(bench.heartbeat(), to: peer).flatMap(\.control.graft)
        #expect(grafts == [topic, "/other/1"])
        #expect(bench.router.occupancy.otherTopics == 15)
    }

    @Test("Who follows a topic before this node does is known when it begins to")
    func earlySubscription() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.receive(Wire.subscription("/late"), from: peer)
        bench.router.subscribe("/late")
        _ = bench.heartbeat()
        #expect(bench.router.meshSize(of: "/late") == 1)
        bench.router.unsubscribe("/late", now: bench.now)
        bench.router.subscribe("/late")
        // The back-off of leaving runs for ten seconds, and its slack for one more.
        _ = bench.heartbeats(10)
        #expect(bench.router.meshSize(of: "/late") == 0)
        _ = bench.heartbeats(2)
        #expect(bench.router.meshSize(of: "/late") == 1)
    }

    @Test("A floodsub peer is in no mesh and gets every message")
    func floodsub() throws {
        var bench = try Bench()
        let (flood, source) = (try Peer(1), try Peer(2))
        try bench.join(flood, protocolID: "/floodsub/1.0.0")
        try bench.join(source)
        let grafts = bench.heartbeat()
        #expect(try sent(grafts, to: flood).isEmpty)
        #expect(bench.router.meshSize(of: topic) == 1)
        let arrival = bench.receive(Wire.publish(source.message(1)), from: source)
        let forwarded = bench.accept(arrival)
        #expect(try published(try sent(forwarded, to: flood)) == [[1, 2, 3]])
    }

    @Test("The same input gives the same output")
    func determinism() throws {
        func run() throws -> [String] {
            var bench = try Bench()
            for number in 1...20 { try bench.join(try Peer(number)) }
            return bench.heartbeats(3).map { "\($0)" }
        }
        #expect(try run() == run())
    }
}
