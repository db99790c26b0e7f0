import Multiformats
import Testing

@testable import GossipSub

@Suite("IHAVE, IWANT and the message cache")
struct GossipTests {
    /// A bench with one peer outside the mesh, which therefore is gossiped with.
    private func outsider() throws -> (bench: Bench, peer: Peer) {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        _ = bench.receive(Wire.prune(seconds: 3_000), from: peer)
        return (bench, peer)
    }

    @Test("Advertised messages that are missing are asked for, known ones are not")
    func asking() throws {
        var (bench, peer) = try self.outsider()
        let source = try Peer(9)
        _ = bench.accept(bench.receive(Wire.publish(source.message(1)), from: peer))
        let ids = [source.messageID(1), source.messageID(2)]
        let answer = try sent(bench.receive(Wire.ihave(ids), from: peer), to: peer)
        #expect(answer.flatMap(\.control.iwant).map(\.bytes) == [source.messageID(2)])
    }

    @Test("Ids built by another rule are opaque and asked for as they are")
    func opaqueIDs() throws {
        var (bench, peer) = try self.outsider()
        let foreign = Array("12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp17".utf8)
        let answer = try sent(bench.receive(Wire.ihave([foreign]), from: peer), to: peer)
        #expect(answer.flatMap(\.control.iwant).map(\.bytes) == [foreign])
        // Nothing that arrives will bear this name, so it is no promise.
        #expect(penalties(bench.heartbeats(600)).isEmpty)
        #expect(bench.router.promises.count == 0)
    }

    @Test("No message is asked for from more than two peers in one heartbeat")
    func askedPeers() throws {
        var bench = try Bench()
        let wanted = [try Peer(9).messageID(1)]
        var asked = 0
        for number in 1...5 {
            let peer = try Peer(number)
            try bench.join(peer)
            let answer = try sent(bench.receive(Wire.ihave(wanted), from: peer), to: peer)
            asked += answer.flatMap(\.control.iwant).count
        }
        #expect(asked == 2)
    }

    @Test("Ten IHAVEs are heard from one peer in one heartbeat, and 1,000 ids asked for")
    func ihaveLimits() throws {
        var (bench, peer) = try self.outsider()
        let source = try Peer(9)
        var asked = 0
        for number in 0..<12 {
            let ids = [source.messageID(number)]
            let answer = try sent(bench.receive(Wire.ihave(ids), from: peer), to: peer)
            asked += answer.flatMap(\.control.iwant).count
        }
        #expect(asked == 10)
        _ = bench.heartbeat()
        let many = (0..<6_000).map {
            source.id.bytes + [0, 0, 0, 1, 0, 0] + [UInt8($0 >> 8), UInt8($0 & 255)]
        }
        let answer = try sent(bench.receive(Wire.ihave(many), from: peer), to: peer)
        #expect(answer.flatMap(\.control.iwant).count == 1_000)
    }

    @Test("A peer that never sends what it advertised is soon not asked any more")
    func brokenPromises() throws {
        var (bench, peer) = try self.outsider()
        let source = try Peer(9)
        var asked = 0
        for round in 0..<120 {
            let id = source.id.bytes + [0, 0, 0, 9, 0, 0, 0, UInt8(round)]
            let answer = try sent(bench.receive(Wire.ihave([id]), from: peer), to: peer)
            asked += answer.flatMap(\.control.iwant).count
            _ = bench.heartbeat()
        }
        #expect((10...30).contains(asked))
        // Its own messages are heard all the same.
        #expect(delivered(bench.receive(Wire.publish(peer.message(1)), from: peer)).count == 1)
    }

    @Test("A promise is kept when the message arrives, from whomever")
    func keptPromises() throws {
        var (bench, peer) = try self.outsider()
        let (other, source) = (try Peer(2), try Peer(9))
        try bench.join(other)
        var reasons: [GossipPenalty] = []
        for round in 0..<200 {
            let number = round
            _ = bench.receive(Wire.ihave([source.messageID(number)]), from: peer)
            _ = bench.receive(Wire.publish(source.message(number)), from: other)
            reasons += penalties(bench.heartbeats(4))
        }
        #expect(reasons.isEmpty)
    }

    @Test("Messages are advertised for three heartbeats and can be fetched a little longer")
    func history() throws {
        var (bench, peer) = try self.outsider()
        let source = try Peer(9)
        let relay = try Peer(2)
        try bench.join(relay)
        _ = bench.accept(bench.receive(Wire.publish(source.message(1)), from: relay))
        let id = source.messageID(1)
        for round in 1...5 {
            let offered = try sent(bench.heartbeat(), to: peer).flatMap(\.control.ihave)
                .flatMap(\.ids).map(\.bytes)
            #expect(offered == (round <= 3 ? [id] : []), "heartbeat \(round)")
            let fetched = try sent(bench.receive(Wire.iwant([id]), from: peer), to: peer)
            #expect(try published(fetched) == (round <= 3 ? [[1, 2, 3]] : []), "round \(round)")
        }
    }

    @Test("One message goes to one peer three times at most")
    func retransmissions() throws {
        var (bench, peer) = try self.outsider()
        let outcome = bench.router.publish([7], topic: topic, now: bench.now)
        let ids = [[UInt8]](repeating: outcome.id.bytes, count: 10)
        let answer = try sent(bench.receive(Wire.iwant(ids), from: peer), to: peer)
        #expect(try published(answer) == [[7], [7], [7]])
    }

    @Test("What one heartbeat serves to one peer is bounded in bytes")
    func servedBytes() throws {
        var bench = try Bench { $0.iwantBytesMax = 2_500 }
        let peer = try Peer(1)
        try bench.join(peer)
        var ids: [[UInt8]] = []
        for _ in 0..<5 {
            let data = [UInt8](repeating: 1, count: 1_000)
            let outcome = bench.router.publish(data, topic: topic, now: bench.now)
            ids.append(outcome.id.bytes)
        }
        let first = try sent(bench.receive(Wire.iwant(ids), from: peer), to: peer)
        #expect(first.count == 3)
        #expect(bench.receive(Wire.iwant(ids), from: peer).isEmpty)
        _ = bench.heartbeat()
        #expect(!bench.receive(Wire.iwant(ids), from: peer).isEmpty)
    }

    @Test("Unknown ids are not answered")
    func unknownIDs() throws {
        var (bench, peer) = try self.outsider()
        #expect(bench.receive(Wire.iwant([[1, 2, 3], []]), from: peer).isEmpty)
    }

    @Test("The cache is bounded in bytes; the oldest message goes first")
    func cacheBytes() {
        var cache = MessageCache(historyLength: 3, gossipWindows: 3, bytesMax: 100)
        let ids = (0..<5).map { GossipMessageID(bytes: [UInt8($0)]) }
        for id in ids { cache.put(id, topic: topic, frame: [UInt8](repeating: 0, count: 40)) }
        #expect(cache.byteCount == 80)
        #expect(cache.gossipIDs(of: topic) == Array(ids.suffix(2)))
        cache.put(
            GossipMessageID(bytes: [9]),
            topic: topic,
            frame: [UInt8](repeating: 0, count: 101)
        )
        #expect(cache.count == 2)
    }

    @Test("The memory of ids is bounded; the oldest goes first")
    func seenBound() {
        var seen = SeenCache(lifetime: 1_000, capacity: 3)
        for number in 0..<5 { seen.insert(GossipMessageID(bytes: [UInt8(number)]), now: 0) }
        #expect(seen.count == 3)
        #expect(!seen.contains(GossipMessageID(bytes: [1])))
        #expect(seen.contains(GossipMessageID(bytes: [4])))
        seen.expire(now: 1_000)
        #expect(seen.count == 0)
    }

    @Test("Removing and inserting one id does not let the memory grow or end early")
    func seenAgain() {
        var seen = SeenCache(lifetime: 1_000, capacity: 3)
        let id = GossipMessageID(bytes: [1])
        for round in 0..<100 {
            seen.remove(id)
            seen.insert(id, now: Int64(round))
        }
        seen.expire(now: 1_050)
        #expect(seen.contains(id))
        seen.expire(now: 1_099)
        #expect(!seen.contains(id))
    }
}
