import Cryptography
import Multiformats
import NIOCore
import StackSupport
import Testing

@testable import Swarm

/// What a connection is spoilt with before its muxer runs.
enum EarlyGarbage: String, CaseIterable, Sendable {
    case noise = "random bytes"
    case http = "an HTTP request"
    case longLine = "a multistream message that is too long"
    case endlessVarint = "a length without end"
    case emptyLine = "a multistream message without a byte"
    case manyProposals = "more proposals than are answered"

    var bytes: [UInt8] {
        let header = Varint.encode(19) + Array("/multistream/1.0.0\n".utf8)
        return switch self {
        case .noise: SecureRandom.bytes(64)
        case .http: Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        case .longLine: header + Varint.encode(1_025) + [UInt8](repeating: 0x61, count: 1_025)
        case .endlessVarint: header + [UInt8](repeating: 0xff, count: 16)
        case .emptyLine: header + [0]
        case .manyProposals:
            header + (0..<40).flatMap { _ in Varint.encode(3) + Array("/x\n".utf8) }
        }
    }
}

@Suite("Bad input before a connection is ready")
struct SwarmHandshakeTests {
    /// The honest peer is served as if nothing had happened, and nobody else was let in.
    private func finish(_ host: Host, _ honest: Host) async throws {
        #expect(try await honest.ask(host.peer, [1, 2, 3], token: 1) == [3, 2, 1])
        #expect(host.notes.now.connected == [honest.peer])
        #expect(host.notes.now.disconnected.isEmpty)
        await host.stop()
        await honest.stop()
    }

    @Test("Garbage instead of multistream closes the connection", arguments: EarlyGarbage.allCases)
    func beforeMultistream(garbage: EarlyGarbage) async throws {
        let (host, honest) = try await Host.pair()
        let hostile = try await HostilePeer(dialling: host)
        hostile.send(garbage.bytes)
        try await hostile.waitForClose()
        try await self.finish(host, honest)
    }

    @Test(
        "Garbage instead of a Noise handshake closes the connection",
        arguments: [
            [0, 0], [0, 1, 9], [0, 32] + [UInt8](repeating: 0, count: 32),
            [0xff, 0xff] + [UInt8](repeating: 0x5a, count: 65_535),
        ] as [[UInt8]]
    )
    func insideHandshake(garbage: [UInt8]) async throws {
        let (host, honest) = try await Host.pair()
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.negotiateNoise()
        // A first message of zeros is well formed; the next one cannot be.
        hostile.send(garbage + garbage)
        try await hostile.waitForClose()
        try await self.finish(host, honest)
    }

    @Test("Bytes that do not decrypt close the connection")
    func afterHandshake() async throws {
        let (host, honest) = try await Host.pair()
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.secure()
        hostile.send([0, 32] + SecureRandom.bytes(32))
        try await hostile.waitForClose()
        try await self.finish(host, honest)
    }

    @Test("Encrypted garbage instead of the muxer's negotiation closes the connection")
    func insteadOfMuxer() async throws {
        let (host, honest) = try await Host.pair()
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.secure()
        hostile.sendSecured(SecureRandom.bytes(100))
        try await hostile.waitForClose()
        try await self.finish(host, honest)
    }

    @Test("A handshake that stalls at any stage is given up", arguments: 0...3)
    func stall(stage: Int) async throws {
        let (host, honest) = try await Host.pair { $0.upgradeTimeout = .seconds(2) }
        let hostile = try await HostilePeer(dialling: host)
        switch stage {
        case 1: try await hostile.negotiateNoise()
        case 2:
            try await hostile.negotiateNoise()
            hostile.send([0])
        case 3: try await hostile.secure()
        default: break
        }
        try await hostile.waitForClose()
        try await self.finish(host, honest)
    }

    @Test("A server that stalls fails the dial with its reason")
    func stallingServer() async throws {
        let host = try await Host(configure: { $0.upgradeTimeout = .milliseconds(300) })
        let silent = try await SilentServer()
        host.swarm.dial(try silent.address)
        try await eventually("the failure") { !host.notes.now.dialFailures.isEmpty }
        #expect(host.notes.now.dialFailures.first?.contains("not ready") == true)
        await silent.stop()
        await host.stop()
    }

    @Test("A dial that finds its peer connected already has an outcome too")
    func secondDial() async throws {
        let host = try await Host()
        let other = try await Host()
        try await host.meet(other)
        #expect(host.notes.now.dialFailures.isEmpty)
        host.swarm.dial(try other.address.withoutPeer)
        try await eventually("the outcome") { !host.notes.now.dialFailures.isEmpty }
        #expect(host.notes.now.dialFailures == ["the peer is connected already"])
        #expect(host.notes.now.connected.count == 1)
        #expect(other.notes.now.dialFailures.isEmpty)
        try await self.finish(host, other)
    }

    @Test("Idle sockets give way to newer ones, and an honest peer still gets in")
    func idleSockets() async throws {
        let host = try await Host(configure: { $0.connections.upgrading = 8 })
        var idle: [HostilePeer] = []
        for _ in 0..<32 { idle.append(try await HostilePeer(dialling: host)) }
        let honest = try await Host()
        try await honest.meet(host)
        try await eventually("the closing of the oldest") {
            idle.count(where: \.isClosed) >= 32 - 8
        }
        try await self.finish(host, honest)
    }

    @Test("No more sockets are taken than are allowed, and their places come free again")
    func socketLimit() async throws {
        let host = try await Host(configure: { $0.connections.inbound = 4 })
        var taken: [HostilePeer] = []
        for _ in 0..<4 {
            let peer = try await HostilePeer(dialling: host)
            try await peer.mux()
            taken.append(peer)
        }
        let fifth = try await HostilePeer(dialling: host)
        try await fifth.waitForClose()
        for peer in taken { await peer.hangUp() }
        try await eventually("the ends") { host.notes.now.disconnected.count == 4 }
        let honest = try await Host()
        try await honest.meet(host)
        await host.stop()
        await honest.stop()
    }

    @Test("One peer may not take all places")
    func connectionsOfOnePeer() async throws {
        let host = try await Host()
        let key = SigningKey.generate()
        var own: [HostilePeer] = []
        for _ in 0..<(SwarmLimits.connectionsPerPeerMax + 3) {
            let peer = try await HostilePeer(dialling: host, key: key)
            try await peer.mux()
            own.append(peer)
        }
        try await eventually("the closing of the surplus") { own.count(where: \.isClosed) == 3 }
        #expect(host.notes.now.connected.count == 1)
        #expect(host.notes.now.disconnected.isEmpty)
        await host.stop()
    }
}
