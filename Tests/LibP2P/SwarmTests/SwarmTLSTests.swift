import Cryptography
import Multiformats
import MultistreamSelect
import NIOCore
import StackSupport
import Testing

@testable import Swarm

@Suite("Connections over TLS")
struct SwarmTLSTests {
    private func host(
        _ protocols: [SecurityProtocol],
        key: SigningKey = .generate()
    ) async throws -> Host {
        try await Host(key: key, configure: { $0.securityProtocols = protocols })
    }

    @Test(
        "Two hosts talk over what both speak, whatever either likes best",
        arguments: [
            [[.tls], [.tls]], [[.tls, .noise], [.tls]], [[.tls, .noise], [.noise]],
            [[.tls], [.noise, .tls]], [[.noise], [.tls, .noise]],
        ] as [[[SecurityProtocol]]]
    )
    func talk(protocols: [[SecurityProtocol]]) async throws {
        let (left, right) = (
            try await self.host(protocols[0]), try await self.host(protocols[1])
        )
        try await left.meet(right)
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await left.ask(right.peer, large, token: 1) == large.reversed())
        #expect(try await right.ask(left.peer, [1, 2, 3], token: 1) == [3, 2, 1])
        let frame: [UInt8] = [3, 7, 8, 9]
        left.swarm.send(frame: frame, to: right.peer)
        try await eventually("the frame") { right.notes.now.frames == [[7, 8, 9]] }
        await left.stop()
        try await eventually("the end") { !right.notes.now.disconnected.isEmpty }
        await right.stop()
    }

    @Test("Hosts without a security protocol in common do not meet, and the dialler learns why")
    func nothingInCommon() async throws {
        let (left, right) = (try await self.host([.tls]), try await self.host([.noise]))
        left.swarm.dial(try right.address)
        try await eventually("the outcome") { !left.notes.now.dialFailures.isEmpty }
        #expect(left.notes.now.dialFailures.first?.contains("/tls/1.0.0") == true)
        await left.stop()
        await right.stop()
    }

    @Test("Who proves another key than the one that was dialled is no peer")
    func otherPeer() async throws {
        let (left, right) = (try await self.host([.tls]), try await self.host([.tls]))
        let other = PeerID(ed25519: SigningKey.generate().publicKey)
        left.swarm.dial(try right.address.withoutPeer.with(peer: other))
        try await eventually("the outcome") { !left.notes.now.dialFailures.isEmpty }
        #expect(left.notes.now.dialFailures.first?.contains("expected \(other)") == true)
        #expect(left.notes.now.connected.isEmpty)
        await left.stop()
        await right.stop()
    }

    @Test("C3-4: over TLS too, another process with the own key is told, and oneself is not")
    func ownKey() async throws {
        let host = try await self.host([.tls])
        let twin = try await self.host([.tls], key: host.key)
        host.swarm.dial(try twin.address.withoutPeer)
        try await eventually("the word") {
            host.notes.now.ownKeys.count == 1 && twin.notes.now.ownKeys.count == 1
        }
        host.swarm.dial(try host.address.withoutPeer)
        try await eventually("the outcome") { host.notes.now.dialFailures.count == 2 }
        #expect(host.notes.now.dialFailures.last?.contains("this host itself") == true)
        #expect(host.notes.now.ownKeys.count == 1)
        await host.stop()
        await twin.stop()
    }

    /// Proposes TLS and says something behind it at once.
    private func propose(_ bytes: [UInt8], to host: Host) async throws -> HostilePeer {
        let hostile = try await HostilePeer(dialling: host)
        var dialer = MultistreamDialer(protocols: ["/tls/1.0.0"])
        hostile.send(dialer.start() + bytes)
        return hostile
    }

    @Test("Garbage instead of a TLS handshake closes the connection", arguments: [1, 5, 20_000])
    func garbage(count: Int) async throws {
        let (host, honest) = try await Host.pair { $0.upgradeTimeout = .seconds(2) }
        let hostile = try await self.propose(.init(repeating: 0x5a, count: count), to: host)
        try await hostile.waitForClose()
        #expect(host.notes.now.connected == [honest.peer])
        await host.stop()
        await honest.stop()
    }

    @Test("A TLS handshake that stalls is given up")
    func stall() async throws {
        let (host, honest) = try await Host.pair { $0.upgradeTimeout = .seconds(2) }
        let hostile = try await self.propose([], to: host)
        try await hostile.waitForClose()
        #expect(host.notes.now.connected == [honest.peer])
        await host.stop()
        await honest.stop()
    }
}
