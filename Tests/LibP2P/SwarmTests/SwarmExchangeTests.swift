import Cryptography
import Multiformats
import StackSupport
import Swarm
import Testing
import Yamux

@Suite("Two swarms on the loopback interface")
struct SwarmExchangeTests {
    @Test("They meet, frames go both ways, and requests are answered both ways")
    func conversation() async throws {
        let (left, right) = (try await Host(), try await Host())
        try await left.meet(right)
        left.swarm.send(frame: [3, 1, 2, 3], to: right.peer)
        right.swarm.send(frame: [0, 2, 8, 9], to: left.peer)
        try await eventually("the frames") {
            right.notes.now.frames == [[1, 2, 3]] && left.notes.now.frames == [[], [8, 9]]
        }
        #expect(try await left.ask(right.peer, [1, 2], token: 1) == [2, 1])
        #expect(try await right.ask(left.peer, [3, 4], token: 1) == [4, 3])
        await left.stop()
        try await eventually("the end") { right.notes.now.disconnected.count == 1 }
        await right.stop()
    }

    @Test("Frames arrive in their order, however many are sent at once")
    func orderOfFrames() async throws {
        let (left, right) = (try await Host(), try await Host())
        try await left.meet(right)
        let numbers = 0..<2_000
        for number in numbers {
            left.swarm.send(frame: [2, UInt8(number >> 8), UInt8(number & 255)], to: right.peer)
        }
        try await eventually("the last frame") {
            right.notes.now.frames.count { $0.count == 2 } == numbers.count
        }
        let came = right.notes.now.frames.filter { $0.count == 2 }.map {
            Int($0[0]) << 8 | Int($0[1])
        }
        #expect(came == Array(numbers))
        await left.stop()
        await right.stop()
    }

    @Test("Documents and frames of eight megabytes arrive whole, and soon")
    func largest() async throws {
        let (left, right) = (try await Host(), try await Host())
        try await left.meet(right)
        let document = [UInt8](repeating: 7, count: 8_388_608)
        let answer = try await left.ask(right.peer, document, token: 1)
        #expect(answer == document)
        left.swarm.send(frame: Varint.encode(UInt64(document.count)) + document, to: right.peer)
        try await eventually("the frame") { right.notes.now.frames.first == document }
        await left.stop()
        await right.stop()
    }

    @Test("A hundred exchanges at once are not mixed up")
    func manyExchanges() async throws {
        let (left, right) = (try await Host(), try await Host())
        try await left.meet(right)
        // No more than the other side reads at once: the rest waits its turn here.
        for round in UInt64(0)..<10 {
            let tokens = (round * 10)..<(round * 10 + 10)
            for token in tokens {
                left.swarm.openExchange(
                    token: token,
                    peer: right.peer,
                    protocolID: Names.exchange,
                    request: [UInt8(token), 255]
                )
            }
            try await eventually("the answers") {
                let answers = left.notes.now.answers
                return tokens.allSatisfy { answers[$0] == [255, UInt8($0)] }
            }
        }
        await left.stop()
        await right.stop()
    }

    @Test("The largest document is a value of the configuration")
    func largestOfConfiguration() async throws {
        let (left, right) = (try await Host(), try await Host { $0.exchangeBytesMax = 3 })
        try await left.meet(right)
        #expect(try await left.ask(right.peer, [1, 2, 3], token: 1) == [3, 2, 1])
        #expect(try await left.ask(right.peer, [1, 2, 3, 4], token: 2) == nil)
        // It bounds what is read, and not what others are asked.
        #expect(try await right.ask(left.peer, [1, 2, 3, 4], token: 3) == nil)
        #expect(left.notes.now.requests == [[1, 2, 3, 4]])
        await left.stop()
        await right.stop()
    }

    @Test(
        "The own half of an exchange closes behind the request, or stays open until the answer is whole",
        arguments: [false, true]
    )
    func ownHalf(staysOpen: Bool) async throws {
        let host = try await Host()
        let peer = try await HostilePeer(dialling: host)
        try await peer.mux()
        try await eventually("the meeting") { host.notes.now.connected == [peer.peer] }
        host.swarm.openExchange(
            token: 1,
            peer: peer.peer,
            protocolID: Names.exchange,
            request: [7],
            staysOpen: staysOpen
        )
        let stream = try await peer.answerStream(Names.exchange)
        try await eventually("the request") {
            try peer.pump()
            return peer.bytes(on: stream).suffix(5) == [0, 0, 0, 1, 7]
        }
        // The echo comes behind whatever was sent with the request.
        let payload = [UInt8](repeating: 3, count: 32)
        let ping = try peer.openStream("/ipfs/ping/1.0.0", payload)
        try await eventually("the echo") {
            try peer.pump()
            return peer.bytes(on: ping).suffix(32) == payload[...]
        }
        #expect(peer.events.contains(.remoteClosed(stream)) != staysOpen)
        peer.write([0, 0, 0, 2, 8, 9], on: stream)
        try await eventually("the answer") { host.notes.now.answers[1] == [8, 9] }
        try await eventually("the end of the half") {
            try peer.pump()
            return peer.events.contains(.remoteClosed(stream))
        }
        await peer.hangUp()
        await host.stop()
    }

    @Test("An exchange fails when it is refused, unknown, or the peer is not there")
    func failingExchanges() async throws {
        let (left, right) = (try await Host(), try await Host())
        try await left.meet(right)
        right.notes.change { $0.answer = { _ in nil } }
        #expect(try await left.ask(right.peer, [1], token: 1) == nil)
        left.swarm.openExchange(token: 2, peer: right.peer, protocolID: "/other", request: [1])
        try await eventually("the failure") { left.notes.now.failures[2] != nil }
        let stranger = PeerID(ed25519: SigningKey.generate().publicKey)
        #expect(try await left.ask(stranger, [1], token: 3) == nil)
        #expect(left.notes.now.failures[3] == "not connected")
        // The connection has not suffered.
        right.notes.change { $0.answer = { $0 } }
        #expect(try await left.ask(right.peer, [5], token: 4) == [5])
        await left.stop()
        await right.stop()
    }

    @Test("Who is dialled must be who answers")
    func otherPeer() async throws {
        let (left, right) = (try await Host(), try await Host())
        let wrong = try right.address.withoutPeer.with(
            peer: PeerID(ed25519: SigningKey.generate().publicKey)
        )
        left.swarm.dial(wrong)
        try await eventually("the failure") { !left.notes.now.dialFailures.isEmpty }
        #expect(left.notes.now.dialFailures.first?.contains("expected") == true)
        #expect(left.notes.now.connected.isEmpty)
        await left.stop()
        await right.stop()
    }

    @Test("A dial to nobody, or over another transport, fails with a reason")
    func dialsToNobody() async throws {
        let (left, right) = (try await Host(), try await Host())
        let address = try right.address
        await right.stop()
        left.swarm.dial(address)
        left.swarm.dial(try Multiaddr("/dnsaddr/example.org"))
        try await eventually("the failures") { left.notes.now.dialFailures.count == 2 }
        await left.stop()
    }

    @Test("Two connections to one peer are one peer, and the second carries on after the first")
    func twoConnections() async throws {
        let key = SigningKey.generate()
        let (left, right) = (try await Host(key: key), try await Host())
        try await left.meet(right)
        let second = try await HostilePeer(dialling: right, key: key)
        try await second.mux()
        try await Task.sleep(for: .milliseconds(100))
        #expect(right.notes.now.connected.count == 1)
        await left.stop()
        try await eventually("the second's frame stream") {
            try second.pump()
            return !second.openedByOther.isEmpty
        }
        #expect(right.notes.now.disconnected.isEmpty)
        await second.hangUp()
        try await eventually("the end") { right.notes.now.disconnected.count == 1 }
        await right.stop()
    }

    @Test("A frame stream that the peer resets is opened again")
    func reopening() async throws {
        let host = try await Host()
        let peer = try await HostilePeer(dialling: host)
        try await peer.mux()
        // The first is for frames, the second for identify.
        try await eventually("both streams") {
            try peer.pump()
            return peer.openedByOther.count == 2
        }
        peer.reset(try #require(peer.openedByOther.first))
        try await eventually("the next one") {
            try peer.pump()
            return peer.openedByOther.count == 3
        }
        await host.stop()
    }

    @Test("A host does not connect to itself")
    func itself() async throws {
        let host = try await Host()
        host.swarm.dial(try host.address.withoutPeer)
        try await eventually("the failure") { !host.notes.now.dialFailures.isEmpty }
        #expect(host.notes.now.dialFailures.first?.contains("this host itself") == true)
        #expect(host.notes.now.connected.isEmpty)
        await host.stop()
    }

    @Test("While reading is paused nothing comes in, from nobody, and afterwards all of it does")
    func pausing() async throws {
        let (left, right) = (try await Host(), try await Host())
        try await left.meet(right)
        right.swarm.pauseReading()
        try await Task.sleep(for: .milliseconds(100))
        let before = right.notes.now.frames.count
        for number in UInt8(1)...20 { left.swarm.send(frame: [1, number], to: right.peer) }
        try await Task.sleep(for: .milliseconds(200))
        // What was read before the pause reached the socket may still come.
        #expect(right.notes.now.frames.count <= before + 1)
        right.swarm.resumeReading()
        try await eventually("the frames") {
            right.notes.now.frames.suffix(20) == (1...20).map { [$0] }[...]
        }
        await left.stop()
        await right.stop()
    }

    @Test("Identify names the host and its protocols")
    func services() async throws {
        let host = try await Host()
        let peer = try await HostilePeer(dialling: host)
        try await peer.mux()
        let stream = try peer.openStream("/ipfs/id/1.0.0")
        try await eventually("the message and its end") {
            try peer.pump()
            return peer.events.contains(.remoteClosed(stream))
        }
        // Behind the answers of the negotiation: header, name, then the message with its length.
        let negotiation = 20 + 1 + "/ipfs/id/1.0.0\n".utf8.count
        let bytes = peer.bytes(on: stream).dropFirst(negotiation)
        let prefix = try #require(try Varint.decode(bytes))
        #expect(bytes.count == prefix.length + Int(prefix.value))
        var reader = ProtobufReader(bytes.dropFirst(prefix.length))
        var texts: [Int: [[UInt8]]] = [:]
        while let field = try reader.next() {
            if case .bytes(let value) = field.value {
                texts[field.number, default: []].append(Array(value))
            }
        }
        #expect(texts[1] == [PublicKeyProtobuf.encode(host.key.publicKey)])
        #expect(texts[2] == [try host.address.withoutPeer.bytes])
        #expect(texts[3]?.contains(Array(Names.exchange.utf8)) == true)
        #expect(texts[6] == [Array("test/1".utf8)])
        await host.stop()
    }
}
