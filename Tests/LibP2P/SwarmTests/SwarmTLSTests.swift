import Cryptography
import Multiformats
import MultistreamSelect
import NIOCore
import StackSupport
import Synchronization
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

    @Test("Who leaves a goodbye unanswered is gone all the same, and comes back as a new peer")
    func goodbye() async throws {
        let host = try await self.host([.tls])
        let (deaf, twin) = try await self.twins()
        try await deaf.meet(host)
        // It reads nothing, so it answers no goodbye.
        deaf.swarm.pauseReading()
        host.swarm.disconnect(deaf.peer, reason: "a test")
        twin.swarm.dial(try host.address)
        try await eventually("the return") {
            host.notes.now.connected == [deaf.peer, deaf.peer]
        }
        #expect(host.notes.now.disconnected == ["a test"])
        try await eventually("the end of the socket") {
            host.swarm.state.withLock { $0.goodbyes } == 0
        }
        for one in [twin, deaf, host] { await one.stop() }
    }

    /// Asks a connection, in a turn of its event loop.
    private func hasSocket(_ connection: Connection) async -> Bool {
        await withCheckedContinuation { answer in
            connection.perform { answer.resume(returning: $0.carrier != nil) }
        }
    }

    /// Two hosts with one key.
    private func twins() async throws -> (Host, Host) {
        let key = SigningKey.generate()
        return (try await self.host([.tls], key: key), try await self.host([.tls], key: key))
    }

    @Test("No more goodbyes are waited for than there are places for them")
    func goodbyes() async throws {
        let host = try await self.host([.tls])
        for _ in 0..<SwarmLimits.goodbyes { #expect(host.swarm.beginsGoodbye()) }
        #expect(!host.swarm.beginsGoodbye())
        let peer = try await self.host([.tls])
        try await peer.meet(host)
        // It would let a goodbye wait for a second.
        peer.swarm.pauseReading()
        let connection = try #require(host.swarm.primary(of: peer.peer))
        host.swarm.disconnect(peer.peer, reason: "a test")
        try await eventually("the end") { !host.notes.now.disconnected.isEmpty }
        // The handlers of a closed socket are gone a few turns of its event loop later.
        for _ in 0..<4 { _ = await self.hasSocket(connection) }
        #expect(await !self.hasSocket(connection))
        await peer.stop()
        await host.stop()
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
