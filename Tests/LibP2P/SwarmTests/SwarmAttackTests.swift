import Cryptography
import Multiformats
import MultistreamSelect
import NIOCore
import StackSupport
import Synchronization
import Testing
import Yamux

@testable import Swarm

@Suite("Attacks: the host stays bounded and serves honest peers")
struct SwarmAttackTests {
    private func finish(_ host: Host, _ honest: Host) async throws {
        #expect(try await honest.ask(host.peer, [1, 2, 3], token: 77) == [3, 2, 1])
        await host.stop()
        await honest.stop()
    }

    private func streamCount(_ host: Host) -> Int {
        host.swarm.state.withLock { $0.manager.streamCount }
    }

    @Test("T18: idle sockets from one address take no more places than an address may have")
    func floodFromOneAddress() async throws {
        let (host, honest) = try await Host.pair {
            $0.connections.countsLoopback = true
            $0.connections.perNetwork = 6
        }
        var sockets: [HostilePeer] = []
        for _ in 0..<40 { sockets.append(try await HostilePeer(dialling: host)) }
        try await eventually("the refusals") { sockets.count(where: \.isClosed) >= 35 }
        #expect(host.swarm.state.withLock { $0.manager.count } <= 6)
        for socket in sockets { await socket.hangUp() }
        try await self.finish(host, honest)
    }

    @Test("T18: a peer that opens streams without end gets no more than a peer may have")
    func streamFlood() async throws {
        let (host, honest) = try await Host.pair { $0.connections.streamsPerPeer = 20 }
        let before = self.streamCount(host)
        let key = SigningKey.generate()
        var hostile: [HostilePeer] = []
        for _ in 0..<3 {
            let peer = try await HostilePeer(dialling: host, key: key)
            try await peer.mux()
            for _ in 0..<30 { _ = try peer.openStream("/ipfs/ping/1.0.0") }
            hostile.append(peer)
        }
        try await eventually("the refusals") {
            for peer in hostile { try peer.pump() }
            let resets = hostile.flatMap(\.events).count {
                if case .reset = $0 { true } else { false }
            }
            return resets >= 90 - 20
        }
        #expect(self.streamCount(host) <= before + 20)
        for peer in hostile { await peer.hangUp() }
        try await eventually("the places") { self.streamCount(host) <= before }
        try await self.finish(host, honest)
    }

    @Test("T18: ping streams are few, and those refused cost nobody else")
    func pingStreams() async throws {
        let (host, honest) = try await Host.pair()
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.mux()
        let streams = try (0..<10).map { _ in try hostile.openStream("/ipfs/ping/1.0.0") }
        for stream in streams.dropFirst(SwarmLimits.echoStreamsMax) {
            try await hostile.waitForReset(of: stream)
        }
        #expect(!hostile.isClosed)
        try await self.finish(host, honest)
    }

    @Test("T18: a frame that begins and does not end is given up; one that is slow but ends is not")
    func halfSentFrame() async throws {
        let (host, honest) = try await Host.pair { $0.frameTimeout = .seconds(2) }
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.mux()
        let stream = try hostile.openStream(Names.frames, [2, 1])
        hostile.write([9], on: stream)
        try await eventually("the whole frame") { host.notes.now.frames.contains([1, 9]) }
        // Between frames the stream may be silent for as long as it likes.
        try await Task.sleep(for: .milliseconds(2_500))
        try hostile.pump()
        #expect(!hostile.events.contains(.reset(stream)))
        hostile.write(Varint.encode(1_000_000) + [1], on: stream)
        try await hostile.waitForReset(of: stream)
        #expect(host.swarm.readBudget(of: hostile.peer).bytes == 0)
        try await self.finish(host, honest)
    }

    @Test("T18: one peer cannot take the memory that all share")
    func memoryOfOnePeer() async throws {
        let (host, honest) = try await Host.pair { $0.bufferedBytesPerPeerMax = 400_000 }
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.mux()
        let part = [UInt8](repeating: 1, count: 150_000)
        let streams = try (0..<8).map { _ in
            try hostile.openStream(Names.exchange, [0, 0x10, 0, 0] + part)
        }
        try await eventually("the resets") {
            try hostile.pump()
            return streams.count { hostile.events.contains(.reset($0)) } >= 5
        }
        // What is too much is counted for the moment until its stream is reset.
        try await eventually("room for others") { host.swarm.readBudget.bytes <= 400_000 }
        let large = [UInt8](repeating: 6, count: 300_000)
        #expect(try await honest.ask(host.peer, large, token: 6) == large)
        await hostile.hangUp()
        try await self.finish(host, honest)
    }

    @Test("T18: window without end and no reading: what waits at the socket is bounded")
    func endlessWindow() async throws {
        let (host, honest) = try await Host.pair()
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.mux()
        try await eventually("the frame stream") {
            try hostile.pump()
            return !hostile.openedByOther.isEmpty
        }
        let stream = try #require(
            hostile.openedByOther.first {
                hostile.bytes(on: $0).suffix(15).elementsEqual("/meshsub/1.1.0\n".utf8)
            }
        )
        let answer = Array("\u{13}/multistream/1.0.0\n\u{0f}/meshsub/1.1.0\n".utf8)
        hostile.write(answer, on: stream)
        // By hand: a window update of 2 GiB, which the hostile side's own muxer would not send.
        let id = withUnsafeBytes(of: stream.rawValue.bigEndian) { Array($0) }
        hostile.sendSecured([0, 1, 0, 0] + id + [0x7f, 0, 0, 0])
        try await eventually("the host's stream") { host.notes.now.ready.contains(hostile.peer) }
        try await hostile.stopReading()
        let frame = Varint.encode(1_000_000) + [UInt8](repeating: 3, count: 1_000_000)
        for _ in 0..<60 { host.swarm.send(frame: frame, to: hostile.peer) }
        try await eventually("the dropping") { host.notes.now.dropped.contains(hostile.peer) }
        #expect(host.swarm.writeBudget.bytes <= SwarmLimits.pendingFrameBytesMax + 1_100_000)
        host.swarm.send(frame: [1, 42], to: honest.peer)
        try await eventually("the honest peer's frame") { honest.notes.now.frames.contains([42]) }
        await hostile.hangUp()
        try await eventually("the memory's return") { host.swarm.writeBudget.bytes < 1_000 }
        try await self.finish(host, honest)
    }

    @Test("T18: who takes in nothing for long is given up")
    func stalledReader() async throws {
        let (host, honest) = try await Host.pair { $0.stallTimeout = .milliseconds(1_500) }
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.mux()
        let document = [UInt8](repeating: 1, count: 8_000_000)
        let streams = try (0..<3).map { _ in
            try hostile.openStream(Names.exchange, ExchangeReader.frame([5]))
        }
        host.notes.change { $0.answer = { _ in document } }
        for stream in streams {
            let id = withUnsafeBytes(of: stream.rawValue.bigEndian) { Array($0) }
            hostile.sendSecured([0, 1, 0, 0] + id + [0x7f, 0, 0, 0])
        }
        try await hostile.stopReading()
        for _ in 0..<3 {
            let id = try hostile.openStream(Names.exchange, ExchangeReader.frame([5]))
            let bytes = withUnsafeBytes(of: id.rawValue.bigEndian) { Array($0) }
            hostile.sendSecured([0, 1, 0, 0] + bytes + [0x7f, 0, 0, 0])
        }
        try await eventually("the end") {
            host.notes.now.disconnected.contains("it takes in nothing of what is sent to it")
        }
        host.notes.change { $0.answer = { $0.reversed() } }
        try await self.finish(host, honest)
    }

    @Test("T18: a connection whose peer vanished is found out, one whose peer is silent is not")
    func vanishedPeer() async throws {
        let (host, honest) = try await Host.pair { $0.keepAlive = .seconds(2) }
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.mux()
        // Nothing of what comes is read or answered from here on.
        try await eventually("the end") {
            host.notes.now.disconnected.contains("it gives no sign of life")
        }
        // The honest peer said nothing either, but answered pings.
        #expect(host.notes.now.disconnected.count == 1)
        try await self.finish(host, honest)
    }

    @Test("RUSTSEC-2022-0009: pushes of identify are bounded, and not believed about others' keys")
    func pushes() async throws {
        let (host, honest) = try await Host.pair()
        let hostile = try await HostilePeer(dialling: host)
        try await hostile.mux()
        func push(_ agent: String, key: SigningKey) throws -> YamuxStreamID {
            var writer = ProtobufWriter()
            writer.append(bytes: PublicKeyProtobuf.encode(key.publicKey), field: 1)
            writer.append(string: agent, field: 6)
            let message = Varint.encode(UInt64(writer.bytes.count)) + writer.bytes
            return try hostile.openStream("/ipfs/id/push/1.0.0", message)
        }
        _ = try push("first/1", key: hostile.key)
        try await eventually("the news") {
            host.notes.now.identities[hostile.peer]?.agentVersion == "first/1"
        }
        let wrong = try push("second/1", key: .generate())
        try await hostile.waitForReset(of: wrong)
        let tooLong = try hostile.openStream("/ipfs/id/push/1.0.0", Varint.encode(65_537))
        try await hostile.waitForReset(of: tooLong)
        var last: YamuxStreamID?
        for _ in 0..<SwarmLimits.pushesPerWindowMax { last = try push("third/1", key: hostile.key) }
        try await hostile.waitForReset(of: try #require(last))
        #expect(host.notes.now.identities[hostile.peer]?.agentVersion == "third/1")
        try await self.finish(host, honest)
    }

    @Test("Dials back to this host, under its own name or none, end at once and are not repeated")
    func dialBack() async throws {
        let (host, honest) = try await Host.pair()
        let own = try host.address.withoutPeer
        host.swarm.dial(try host.address)
        #expect(host.notes.now.dialFailures == ["the address names this host"])
        host.swarm.dial(own)
        try await eventually("the discovery") { host.notes.now.dialFailures.count == 2 }
        #expect(host.notes.now.dialFailures.last?.contains("this host itself") == true)
        for _ in 0..<100 { host.swarm.dial(own) }
        #expect(host.notes.now.dialFailures.count == 102)
        #expect(host.notes.now.dialFailures.last == "the address is this host's own")
        // Addresses that somebody spreads for a peer that is connected lead nowhere.
        for port in 1...100 {
            host.swarm.dial(try Multiaddr("/ip4/127.0.0.1/tcp/\(port)").with(peer: honest.peer))
        }
        #expect(host.notes.now.dialFailures.suffix(100).allSatisfy { $0 == Swarm.connectedAlready })
        try await eventually("the places") { host.swarm.state.withLock { $0.manager.count } == 1 }
        try await self.finish(host, honest)
    }

    @Test("specs#553: peers with other security or another muxer are refused with an answer")
    func otherProtocols() async throws {
        let (host, honest) = try await Host.pair()
        let refusal = Array("\u{03}na\n".utf8)
        let stranger = try await HostilePeer(dialling: host)
        var security = MultistreamDialer(protocols: ["/secio/1.0.0", "/plaintext/2.0.0"])
        stranger.send(security.start())
        try await eventually("the refusal of secio") {
            stranger.peek().suffix(refusal.count).elementsEqual(refusal)
        }
        await stranger.hangUp()
        let other = try await HostilePeer(dialling: host)
        try await other.secure()
        var muxer = MultistreamDialer(protocols: ["/mplex/6.7.0"])
        other.sendSecured(muxer.start())
        try await eventually("the refusal of mplex") {
            try muxer.receive(try other.receiveSecured()[...]) == .refused
        }
        await other.hangUp()
        try await self.finish(host, honest)
    }
}
