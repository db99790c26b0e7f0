import Cryptography
import Multiformats
import NIOCore
import NIOEmbedded
import StackSupport
import Testing

@testable import Swarm

@Suite("What a host lets through")
struct TrafficTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func channel(_ handler: ShapingHandler, _ loop: EmbeddedEventLoop) throws
        -> EmbeddedChannel
    {
        let channel = EmbeddedChannel(handler: handler, loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        return channel
    }

    /// Bytes that went since the last look.
    private static func arrived(_ channel: EmbeddedChannel) throws -> Int {
        var count = 0
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
            count += bytes.readableBytes
        }
        return count
    }

    @Test("bytes wait for their turn, those of both ways apart, and a burst does not wait")
    func turns() {
        let shaper = TrafficShaper(bytesPerSecond: 1_000)
        #expect(shaper.take(100, .outbound, at: Self.start) == .zero)
        #expect(shaper.take(1_000, .outbound, at: Self.start) == .zero)
        #expect(shaper.take(500, .outbound, at: Self.start) == .seconds(1))
        #expect(shaper.take(1, .outbound, at: Self.start) == .milliseconds(1_500))
        #expect(shaper.take(100, .inbound, at: Self.start) == .zero)
        // What was not used is lost: a host that was silent does not flood afterwards.
        let later = Self.start + .seconds(60)
        #expect(shaper.take(1_100, .outbound, at: later) == .zero)
        #expect(shaper.take(1, .outbound, at: later) == .seconds(1))
        // Bytes are counted when they go, not when they get their turn.
        shaper.count(7, .outbound)
        #expect(shaper.total(.outbound) == 7 && shaper.total(.inbound) == 0)
    }

    @Test("long writes wait piece by piece, and the pieces grow with the rate")
    func pieces() {
        #expect(TrafficShaper(bytesPerSecond: nil).piece(of: 1 << 24) == 1 << 24)
        let slow = TrafficShaper(bytesPerSecond: 1_000)
        #expect(slow.piece(of: 1 << 24) == 4_096 && slow.piece(of: 100) == 100)
        #expect(TrafficShaper(bytesPerSecond: 100_000_000).piece(of: 1 << 24) == 500_000)
    }

    @Test("T09: no second carries more than the bound, and documents do not hold short writes up")
    func evenFlow() throws {
        let shaper = TrafficShaper(bytesPerSecond: 1_000_000)
        let loop = EmbeddedEventLoop()
        func channel() throws -> EmbeddedChannel {
            try Self.channel(ShapingHandler(shaper), loop)
        }
        let (talker, readers) = (try channel(), try (0..<4).map { _ in try channel() })
        for reader in readers {
            reader.writeAndFlush(ByteBuffer(repeating: 1, count: 2_000_000), promise: nil)
        }
        var (sent, slowest) = ([0], 0)
        var asked: Int?
        for step in 0..<600 {
            if asked == nil {
                talker.writeAndFlush(ByteBuffer(repeating: 2, count: 100), promise: nil)
                asked = step
            }
            let short = try Self.arrived(talker)
            if short > 0, let began = asked {
                slowest = max(slowest, step - began)
                asked = nil
            }
            sent.append(try readers.reduce(sent[step] + short) { $0 + (try Self.arrived($1)) })
            loop.advanceTime(by: .milliseconds(10))
        }
        let most = zip(sent, sent.dropFirst(100)).map { $1 - $0 }.max() ?? 0
        #expect((900_000...1_130_000).contains(most), "a tenth of a second is a burst: \(most)")
        #expect(slowest <= 4, "a piece of each of the others goes before: \(slowest) × 10 ms")
        for one in readers + [talker] { _ = try one.finish(acceptAlreadyClosed: true) }
    }

    @Test("what waits is full and has room again, and closing drops all but the last word")
    func waiting() throws {
        for (count, isLastWord) in [(2_000_000, false), (100, true)] {
            let loop = EmbeddedEventLoop()
            let handler = ShapingHandler(TrafficShaper(bytesPerSecond: 1_000_000))
            let channel = try Self.channel(handler, loop)
            channel.writeAndFlush(ByteBuffer(repeating: 1, count: 1_200_000), promise: nil)
            #expect(handler.isFull)
            loop.advanceTime(by: .milliseconds(900))
            #expect(!handler.isFull)
            loop.advanceTime(by: .seconds(1))
            _ = try Self.arrived(channel)
            // A tenth of a second's bytes go as a burst; the rest, and what comes after it, waits.
            let promise = loop.makePromise(of: Void.self)
            channel.writeAndFlush(ByteBuffer(repeating: 1, count: 110_000), promise: nil)
            channel.writeAndFlush(ByteBuffer(repeating: 2, count: count), promise: promise)
            let burst = try Self.arrived(channel)
            #expect((100_000..<110_000).contains(burst))
            channel.close(promise: nil)
            loop.run()
            #expect(try Self.arrived(channel) == (isLastWord ? 110_000 - burst + count : 0))
            if isLastWord {
                try promise.futureResult.wait()
            } else {
                #expect(throws: (any Error).self) { try promise.futureResult.wait() }
            }
        }
    }

    @Test(
        "a queue that grows while a piece waits is full at once, and a goodbye behind the end goes"
    )
    func growing() throws {
        let loop = EmbeddedEventLoop()
        let handler = ShapingHandler(TrafficShaper(bytesPerSecond: 1_000_000))
        let channel = try Self.channel(handler, loop)
        channel.writeAndFlush(ByteBuffer(repeating: 1, count: 110_000), promise: nil)
        #expect(!handler.isFull)
        channel.writeAndFlush(ByteBuffer(repeating: 1, count: 1_200_000), promise: nil)
        #expect(handler.isFull)
        _ = try Self.arrived(channel)
        handler.end()
        #expect(try Self.arrived(channel) == 0, "documents are not pushed out by closing")
        channel.writeAndFlush(ByteBuffer(repeating: 3, count: 24), promise: nil)
        #expect(try Self.arrived(channel) == 24)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test("without a bound nothing waits, and numbers of any size are counted")
    func unbounded() {
        let shaper = TrafficShaper(bytesPerSecond: nil)
        #expect(shaper.take(.max, .inbound, at: Self.start) == .zero)
        shaper.limit(to: 1)
        #expect(shaper.take(.max, .outbound, at: Self.start) == .zero)
        #expect(shaper.take(1, .outbound, at: Self.start) > .hours(1))
        // A new bound counts at once.
        shaper.limit(to: 1_000)
        #expect(shaper.take(5, .outbound, at: Self.start) == .zero)
    }

    @Test("T09: neither what a host sends nor what it is sent is faster than its bound")
    func bound() async throws {
        for isSender in [true, false] {
            let bounded = try await Host { $0.bytesPerSecondMax = 1_000_000 }
            let other = try await Host()
            try await bounded.meet(other)
            let (asker, answerer) = isSender ? (bounded, other) : (other, bounded)
            let document = [UInt8](repeating: 7, count: 1_500_000)
            let clock = ContinuousClock()
            let began = clock.now
            let answer = try await asker.ask(answerer.peer, document, token: 1)
            let took = clock.now - began
            #expect(answer?.count == document.count)
            // There and back at once; only slower than this can it ever be.
            #expect(took > .milliseconds(1_200), "\(took)")
            #expect(bounded.swarm.traffic.read > 1_500_000)
            #expect(bounded.swarm.traffic.written > 1_500_000)
            await bounded.stop()
            await other.stop()
        }
    }

    @Test("T09: connections beyond the bound are refused, and a new bound counts at once")
    func connections() throws {
        var manager = ConnectionManager(
            localPeer: PeerID(ed25519: SigningKey.generate().publicKey),
            limits: ConnectionLimits()
        )
        manager.limit(to: 16)
        func admitted() -> Int {
            (0..<600).count { _ in
                if case .admitted = manager.accepted(from: nil, now: Self.start) {
                    true
                } else {
                    false
                }
            }
        }
        #expect(admitted() <= 600 && manager.count <= 14, "inbound is seven eighths of all")
        manager.limit(to: 32)
        _ = admitted()
        #expect(manager.count <= 28)
        manager.setOpen(false)
        guard case .refused = manager.accepted(from: nil, now: Self.start) else {
            Issue.record("taken while memory is short")
            return
        }
    }
}
