import Multiformats
import Primitives
import Testing

@testable import GossipSub

@Suite("RPCs from untrusted bytes")
struct DecoderTests {
    @Test("An RPC of no bytes says nothing")
    func empty() throws {
        #expect(try RPCDecoder.decode([]).isEmpty)
    }

    @Test("What the encoder writes, the decoder reads")
    func roundTrip() throws {
        let control = RPCControl(
            ihave: [.init(topic: topic, ids: [.init(bytes: [1, 2]), .init(bytes: [3])])],
            iwant: [.init(bytes: [4])],
            graft: ["a"],
            prune: [.init(topic: "b", backoffSeconds: 60), .init(topic: "c", backoffSeconds: nil)]
        )
        let rpc = RPC(subscriptions: [.init(topic: topic, isSubscribe: false)], control: control)
        let frame = try #require(RPCEncoder.frames(of: rpc).first)
        let length = try #require(try Varint.decode(frame[...])).length
        #expect(try RPCDecoder.decode(Array(frame.dropFirst(length))) == rpc)
        #expect(RPCEncoder.frames(of: RPC()).isEmpty)
    }

    @Test("Large control is split into frames that go-libp2p takes")
    func splitting() throws {
        let ids = (0..<30_000).map { number in
            GossipMessageID(bytes: [UInt8](repeating: UInt8(number & 255), count: 100))
        }
        let rpc = RPC(control: RPCControl(ihave: [.init(topic: topic, ids: ids)]))
        let frames = RPCEncoder.frames(of: rpc)
        #expect(frames.count > 2)
        var count = 0
        for frame in frames {
            #expect(frame.count <= 1_048_576 + 10)
            let length = try #require(try Varint.decode(frame[...])).length
            let decoded = try RPCDecoder.decode(Array(frame.dropFirst(length)))
            count += decoded.control.ihave.reduce(0) { $0 + $1.ids.count }
        }
        #expect(count == 30_000)
    }

    @Test("Each limit holds at its border")
    func limits() throws {
        func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
            [[UInt8]](repeating: bytes, count: count).flatMap { $0 }
        }
        let subscription = Wire.subscription("a")
        #expect(try RPCDecoder.decode(repeated(subscription, 100)).subscriptions.count == 100)
        #expect(throws: RPCError.overLimit) {
            try RPCDecoder.decode(repeated(subscription, 101))
        }
        let message = Wire.publish([])
        #expect(try RPCDecoder.decode(repeated(message, 8_192)).messages.count == 8_192)
        #expect(throws: RPCError.overLimit) { try RPCDecoder.decode(repeated(message, 8_193)) }
        let graft = Wire.graft("a")
        #expect(try RPCDecoder.decode(repeated(graft, 512)).control.graft.count == 512)
        #expect(throws: RPCError.overLimit) { try RPCDecoder.decode(repeated(graft, 513)) }
        let ids = [[UInt8]](repeating: [1], count: 20_000)
        #expect(try RPCDecoder.decode(Wire.iwant(ids)).control.iwant.count == 20_000)
        #expect(throws: RPCError.overLimit) {
            try RPCDecoder.decode(Wire.iwant(ids) + Wire.ihave([[1]]))
        }
    }

    @Test("Long names are refused")
    func longNames() throws {
        let name = String(repeating: "a", count: 256)
        #expect(try RPCDecoder.decode(Wire.graft(name)).control.graft == [name])
        #expect(throws: RPCError.overLimit) { try RPCDecoder.decode(Wire.graft(name + "a")) }
        let id = [UInt8](repeating: 1, count: 128)
        #expect(try RPCDecoder.decode(Wire.iwant([id])).control.iwant.count == 1)
        #expect(throws: RPCError.overLimit) { try RPCDecoder.decode(Wire.iwant([id + [1]])) }
        #expect(throws: RPCError.overLimit) {
            try RPCDecoder.decode([UInt8](repeating: 0, count: RPCLimits.incomingBytesMax + 1))
        }
    }

    @Test(
        "Wrong wire types and broken text are malformed",
        arguments: [
            [0x08, 1], [0x10, 1], [0x18, 1], [0x0a, 5, 1], [0x0a, 2, 0x10, 1],
            [0x0a, 3, 0x12, 1, 0xff], [0x1a, 2, 0x08, 1], [0x1a, 4, 0x22, 2, 0x1a, 0],
            [0xff], [0x0b],
        ] as [[UInt8]]
    )
    func malformed(bytes: [UInt8]) {
        #expect(throws: RPCError.malformed) { try RPCDecoder.decode(bytes) }
    }

    @Test("One malformed RPC costs no connection; ten at once put the peer on the graylist")
    func punishment() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        var reasons: [GossipPenalty] = []
        for _ in 0..<9 { reasons += penalties(bench.receive([0xff], from: peer)) }
        #expect(reasons.isEmpty)
        reasons += penalties(bench.receive([0xff], from: peer))
        #expect(reasons == [.malformedRPC])
        // Who is disconnected for it and comes back is still remembered, and forgiven in time.
        bench.router.removePeer(peer.id, now: bench.now)
        try bench.join(peer)
        #expect(bench.receive(Wire.publish(peer.message(1)), from: peer).isEmpty)
        _ = bench.heartbeats(120)
        #expect(delivered(bench.receive(Wire.publish(peer.message(1)), from: peer)).count == 1)
    }

    @Test("An unknown peer's RPC has no effect")
    func unknownPeer() throws {
        var bench = try Bench()
        let stranger = try Peer(1)
        #expect(bench.receive(Wire.publish(stranger.message(1)), from: stranger).isEmpty)
        #expect(bench.router.counters == GossipSubCounters())
    }

    @Test("Altered RPCs never trap")
    func alteredBytes() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        let sound =
            Wire.publish(peer.message(1, withKey: true)) + Wire.ihave([peer.messageID(2)])
            + Wire.prune(seconds: .max) + Wire.graft() + Wire.subscription(topic)
        var random = SplitMix64(seed: 99)
        for _ in 0..<5_000 {
            var bytes = sound
            for _ in 0...random.index(below: 4) {
                bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256))
            }
            _ = bench.receive(Array(bytes.prefix(1 + random.index(below: bytes.count))), from: peer)
            bench.now += 10_000
            _ = bench.router.heartbeat(now: bench.now)
        }
        #expect(bench.router.counters.malformedRPCs > 0)
    }
}
