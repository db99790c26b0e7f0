import Cryptography
import Multiformats
import NIOCore
import StackSupport
import Testing

@testable import Swarm

@Suite("What a host lets through")
struct TrafficTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

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

    @Test("short writes do not wait for long ones, but for each other in a quarter of the rate")
    func shortWrites() {
        let shaper = TrafficShaper(bytesPerSecond: 1_000)
        #expect(shaper.take(10_000, .outbound, at: Self.start) == .zero)
        #expect(shaper.take(100, .outbound, isShort: true, at: Self.start) == .zero)
        // The first one takes 0.4 s of their part, of which a tenth of a second is forgiven.
        #expect(shaper.take(100, .outbound, isShort: true, at: Self.start) == .milliseconds(300))
        #expect(shaper.take(100, .outbound, isShort: true, at: Self.start) == .milliseconds(700))
        // They are paid for in the line of all as well: 10.3 s.
        #expect(shaper.take(1, .outbound, at: Self.start) == .milliseconds(10_200))
        // Where all have a turn, short ones have it too.
        let idle = TrafficShaper(bytesPerSecond: 1_000)
        for _ in 0..<2 { #expect(idle.take(50, .outbound, isShort: true, at: Self.start) == .zero) }
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
