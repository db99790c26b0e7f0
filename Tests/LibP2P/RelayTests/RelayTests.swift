import Cryptography
import Multiformats
import Primitives
import Testing

@testable import Relay

@Suite("Circuit relay v2")
struct RelayTests {
    private let peers = (0..<3).map { _ in PeerID(ed25519: SigningKey.generate().publicKey) }
    private var relay: PeerID { self.peers[0] }
    private var caller: PeerID { self.peers[1] }
    private var called: PeerID { self.peers[2] }

    private func peer() -> PeerID { PeerID(ed25519: SigningKey.generate().publicKey) }

    private func network(_ number: Int) throws -> NetworkKey {
        let address = try Multiaddr("/ip4/192.0.\(number / 256).\(number % 256)/tcp/1")
        return try #require(NetworkKey(address, countsLoopback: true))
    }

    private func reserve(
        _ server: inout RelayServer,
        _ peer: PeerID,
        from number: Int = 0,
        now: UInt64 = 100
    ) throws -> HopMessage {
        server.reserve(
            peer,
            from: try self.network(number),
            isRelayed: false,
            relayAddresses: [try Multiaddr("/ip4/203.0.113.1/tcp/4001").with(peer: self.relay)],
            now: now
        )
    }

    /// A server with an open circuit from the caller to the called peer.
    private func circuit(now: UInt64 = 100) throws -> (RelayServer, RelayServer.CircuitID) {
        var server = RelayServer()
        _ = try self.reserve(&server, self.called)
        let request = HopMessage(kind: .connect, peer: self.called)
        let decision = server.connect(self.caller, isRelayed: false, request, now: now)
        guard case .call(let id, _, _) = decision else { throw Unexpected(decision: decision) }
        _ = server.stopAnswered(id, StopMessage(kind: .status, status: .ok), now: now)
        return (server, id)
    }

    private struct Unexpected: Error { let decision: RelayServer.Decision }

    private func status(_ decision: RelayServer.Decision) -> RelayStatus? {
        if case .answer(let message) = decision { message.status } else { nil }
    }

    // MARK: Messages

    @Test("Messages have the bytes of the specification")
    func bytes() throws {
        #expect(HopMessage(kind: .reserve).framed == [2, 0x08, 0])
        let answer = HopMessage(kind: .status, status: .noReservation)
        #expect(answer.framed == [5, 0x08, 2, 0x28, 0xcc, 0x01])
        let call = StopMessage(kind: .connect, peer: self.caller)
        #expect(call.framed == [44, 0x08, 0, 0x12, 40, 0x0a, 38] + self.caller.bytes)
    }

    @Test("What is written is read again, and random bytes never trap")
    func codec() throws {
        let hop = HopMessage(
            kind: .status,
            peer: self.caller,
            reservation: RelayReservation(
                expires: 1 << 40,
                addresses: [try Multiaddr("/ip4/1.2.3.4/tcp/5")],
                voucher: [1, 2]
            ),
            limit: RelayCircuitLimit(seconds: 120, bytes: 1 << 33),
            status: .ok
        )
        #expect(try HopMessage(bytes: self.unframed(hop.framed)) == hop)
        let stop = StopMessage(kind: .status, limit: hop.limit, status: .connectionFailed)
        #expect(try StopMessage(bytes: self.unframed(stop.framed)) == stop)
        var malformed = 0
        for _ in 0..<2_000 {
            var bytes = self.unframed(hop.framed)
            let change = SecureRandom.bytes(2)
            bytes[Int(change[0]) % bytes.count] = change[1]
            if (try? HopMessage(bytes: bytes)) == nil { malformed += 1 }
            _ = try? StopMessage(bytes: SecureRandom.bytes(40))
        }
        #expect(malformed > 0)
        let long = [UInt8](repeating: 0, count: RelayLimits.messageBytesMax + 1)
        #expect(throws: RelayError.tooLong) { try HopMessage(bytes: long) }
    }

    private func unframed(_ bytes: [UInt8]) -> [UInt8] {
        let length = ((try? Varint.decode(bytes[...])) ?? nil)?.length ?? 0
        return Array(bytes.dropFirst(length))
    }

    @Test("A voucher is an envelope that the relay signed")
    func voucher() throws {
        let key = SigningKey.generate()
        let relay = PeerID(ed25519: key.publicKey)
        let voucher = RelayVoucher(relay: relay, peer: self.called, expires: 300)
        let bytes = voucher.signed(with: key)
        let envelope = try RelayFields(bytes[...])
        #expect(envelope.bytes(1) == PublicKeyProtobuf.encode(key.publicKey)[...])
        #expect(envelope.bytes(2) == [0x03, 0x02])
        let payload = try #require(try envelope.fields(3))
        #expect(payload.bytes(1) == relay.bytes[...])
        #expect(payload.bytes(2) == self.called.bytes[...])
        #expect(payload.number(3) == 300)
        let signature = try #require(envelope.bytes(5).flatMap { Signature($0) })
        let inner = Array(try #require(envelope.bytes(3)))
        let signed: [UInt8] =
            [17] + Array("libp2p-relay-rsvp".utf8) + [2, 3, 2] + [UInt8(inner.count)] + inner
        #expect(Ed25519.isValid(signature, for: signed, by: key.publicKey))
    }

    /// What go-libp2p gave to the peer whose key has a seed of ones, as the relay of another key.
    private static let goVoucher = """
        0a240801122089ce515341c2de6c058036cd5c2d596c1f20629be0c9e7cfb6fcced511fc045f\
        120203021a560a2600240801122089ce515341c2de6c058036cd5c2d596c1f20629be0c9e7cf\
        b6fcced511fc045f12260024080112208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94\
        121bf3748801b40f6f5c18cd9d9fd8062a404c1369a3dbb858fc78f05f1f7839972072df68f5\
        6391e3f3ad8adadeb7a7331bd0521ff4712d481b50f76b18e3568ec6d139a95adfef935e4609\
        432b2f87b80f
        """

    @Test(
        "A voucher of go-libp2p is read and believed, until it is over or a byte of it is another"
    )
    func foreignVoucher() throws {
        let bytes = try #require(Hex.decode(Self.goVoucher))
        let own = PeerID(ed25519: try SigningKey(seed: [UInt8](repeating: 1, count: 32)).publicKey)
        let relay = try PeerID("12D3KooWK6JVUgHAWyurgpKeDnotaJdJ8YinqcuEhHf8yUDZhoLS")
        let over: UInt64 = 1_795_673_805
        let voucher = try RelayVoucher(envelope: bytes, by: relay, to: own, now: over - 1)
        #expect(voucher == RelayVoucher(relay: relay, peer: own, expires: over))
        #expect(try SignedEnvelope(bytes: bytes).bytes == bytes)
        #expect(throws: RelayVoucher.Flaw.over) {
            try RelayVoucher(envelope: bytes, by: relay, to: own, now: over)
        }
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            #expect(throws: RelayVoucher.Flaw.self) {
                try RelayVoucher(envelope: changed, by: relay, to: own, now: over - 1)
            }
        }
    }

    @Test("Messages about hole punching have the bytes of the specification")
    func holePunchMessages() throws {
        let address = try Multiaddr("/ip4/1.2.3.4/tcp/5")
        let connect = HolePunchMessage(kind: .connect, addresses: [address])
        #expect(connect.framed == [12, 0x08, 100, 0x12, 8] + address.bytes)
        #expect(HolePunchMessage(kind: .sync, addresses: []).framed == [3, 0x08, 0xac, 0x02])
        #expect(try HolePunchMessage(bytes: self.unframed(connect.framed)) == connect)
        #expect(throws: RelayError.malformed) { try HolePunchMessage(bytes: [0x08, 1]) }
    }

    // MARK: The relay

    @Test("A reservation is granted for an hour, renewed, and lost with the connection")
    func reservation() throws {
        var server = RelayServer()
        let first = try self.reserve(&server, self.called)
        #expect(first.status == .ok)
        #expect(first.reservation?.expires == 100 + RelayLimits.reservationSeconds)
        #expect(first.limit?.bytes == RelayLimits.circuitBytes)
        let second = try self.reserve(&server, self.called, now: 200)
        #expect(second.reservation?.expires == 200 + RelayLimits.reservationSeconds)
        #expect(server.reservationCount == 1)
        server.disconnected(self.called)
        let request = HopMessage(kind: .connect, peer: self.called)
        let decision = server.connect(self.caller, isRelayed: false, request, now: 201)
        #expect(self.status(decision) == .noReservation)
    }

    @Test("open relay: reservations are bounded, and never for who is relayed itself")
    func reservationLimits() throws {
        var server = RelayServer()
        let answers = try (0...RelayLimits.reservationsPerNetworkMax).map { _ in
            try self.reserve(&server, self.peer(), from: 1).status
        }
        #expect(answers.last == .reservationRefused)
        #expect(answers.dropLast().allSatisfy { $0 == .ok })
        let relayed = server.reserve(
            self.peer(),
            from: nil,
            isRelayed: true,
            relayAddresses: [],
            now: 100
        )
        #expect(relayed.status == .permissionDenied)
        for number in 2..<500 { _ = try self.reserve(&server, self.peer(), from: number) }
        #expect(server.reservationCount == RelayLimits.reservationsMax)
        // The places of those who did not renew come free.
        let later = 100 + RelayLimits.reservationSeconds
        #expect(try self.reserve(&server, self.peer(), from: 600, now: later).status == .ok)
        #expect(server.reservationCount == 1)
    }

    @Test("The called peer is asked, and its answer is the caller's")
    func connecting() throws {
        var server = RelayServer()
        _ = try self.reserve(&server, self.called)
        let request = HopMessage(kind: .connect, peer: self.called)
        let first = server.connect(self.caller, isRelayed: false, request, now: 100)
        guard case .call(let id, self.called, let message) = first else {
            throw Unexpected(decision: first)
        }
        #expect(message.peer == self.caller)
        let early = server.carries(id, .fromCaller, 1, now: 100)
        #expect(!early)
        let over = server.stopAnswered(id, StopMessage(kind: .status, status: .ok), now: 100)
        #expect(over == nil)
        let second = server.connect(self.caller, isRelayed: false, request, now: 100)
        guard case .call(let other, _, _) = second else { throw Unexpected(decision: second) }
        let refused = server.stopAnswered(other, nil, now: 100)
        #expect(refused?.status == .connectionFailed)
        #expect(server.circuitCount == 0)
    }

    @Test("Requests of the wrong form, to oneself, or over a relay are refused with the reason")
    func refusals() throws {
        var server = RelayServer()
        _ = try self.reserve(&server, self.called)
        _ = try self.reserve(&server, self.caller)
        func ask(_ message: HopMessage, isRelayed: Bool = false) -> RelayStatus? {
            self.status(server.connect(self.caller, isRelayed: isRelayed, message, now: 100))
        }
        let good = HopMessage(kind: .connect, peer: self.called)
        #expect(ask(HopMessage(kind: .status)) == .unexpectedMessage)
        #expect(ask(HopMessage(kind: .connect)) == .malformedMessage)
        #expect(ask(HopMessage(kind: .connect, peer: self.caller)) == .malformedMessage)
        #expect(ask(good, isRelayed: true) == .permissionDenied)
        let answers = (0...RelayLimits.circuitsPerPeerMax).map { _ in ask(good) }
        #expect(answers.last == .resourceLimitExceeded)
        #expect(server.circuitCount == RelayLimits.circuitsPerPeerMax)
    }

    @Test("open relay: a circuit carries its bytes each way, and not one more")
    func bytesOfCircuit() throws {
        var (server, id) = try self.circuit()
        let all = Int(RelayLimits.circuitBytes)
        let sent = [
            server.carries(id, .fromCaller, all, now: 110),
            server.carries(id, .fromCalled, all - 1, now: 110),
            server.carries(id, .fromCalled, 1, now: 110),
            server.carries(id, .fromCalled, 1, now: 110),
            server.carries(id, .fromCaller, 0, now: 110),
        ]
        #expect(sent == [true, true, true, false, false])
        #expect(server.circuitCount == 0)
    }

    @Test("A circuit ends in time, and with either of its peers")
    func endOfCircuit() throws {
        var (server, id) = try self.circuit()
        let end = 100 + UInt64(RelayLimits.circuitSeconds)
        let early = server.carries(id, .fromCaller, 1, now: end - 1)
        let late = server.carries(id, .fromCaller, 1, now: end)
        #expect(early)
        #expect(!late)
        #expect(server.circuitCount == 0)
        for isCaller in [true, false] {
            var (server, _) = try self.circuit()
            server.disconnected(isCaller ? self.caller : self.called)
            #expect(server.circuitCount == 0)
        }
    }
}
