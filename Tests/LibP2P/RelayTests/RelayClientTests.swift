import Cryptography
import Multiformats
import Testing

@testable import Relay

@Suite("The side of circuit relay v2 that is reached")
struct RelayClientTests {
    private let peers = (0..<3).map { _ in PeerID(ed25519: SigningKey.generate().publicKey) }
    private var relay: PeerID { self.peers[0] }
    private var caller: PeerID { self.peers[1] }
    private var called: PeerID { self.peers[2] }

    private func peer() -> PeerID { PeerID(ed25519: SigningKey.generate().publicKey) }

    private func promise(_ expires: UInt64, by relay: PeerID) throws -> HopMessage {
        HopMessage(
            kind: .status,
            reservation: RelayReservation(
                expires: expires,
                addresses: [
                    try Multiaddr("/ip4/203.0.113.1/tcp/4001").with(peer: relay),
                    try Multiaddr("/ip4/203.0.113.2/tcp/4001").with(peer: self.peer()),
                    try Multiaddr("/ip4/203.0.113.3/tcp/4001"),
                ]
            ),
            status: .ok
        )
    }

    @Test("A reservation gives addresses through the relay alone, and is renewed before its end")
    func reserved() throws {
        var client = RelayClient(ownPeer: self.called)
        client.offered(self.relay)
        let outcome = client.answered(self.relay, try self.promise(1_100, by: self.relay), now: 100)
        let own = try Multiaddr(
            "/ip4/203.0.113.1/tcp/4001/p2p/\(self.relay)/p2p-circuit/p2p/\(self.called)"
        )
        #expect(outcome == .reserved([own], refreshAt: 900))
        let endless = client.answered(self.relay, try self.promise(.max, by: self.relay), now: 100)
        guard case .reserved(_, let refreshAt) = endless else {
            Issue.record("\(endless)")
            return
        }
        #expect(refreshAt <= 100 + RelayLimits.reservationSecondsMax)
        let over = client.answered(self.relay, try self.promise(100, by: self.relay), now: 100)
        #expect(over == .refused("the relay's reservation is over already"))
        #expect(client.relays(now: 100).isEmpty)
        #expect(client.addresses(now: 100).isEmpty)
        let refusal = HopMessage(kind: .status, status: .reservationRefused)
        let refused = client.answered(self.relay, refusal, now: 100)
        #expect(refused == .refused("the relay answers reservationRefused"))
    }

    @Test("A reservation with a wrong voucher is refused with the reason, one without is not")
    func vouchers() throws {
        let (key, otherKey) = (SigningKey.generate(), SigningKey.generate())
        let relay = PeerID(ed25519: key.publicKey)
        let voucher = RelayVoucher(relay: relay, peer: self.called, expires: 1_100)
        let good = voucher.signed(with: key)
        let forged = SignedEnvelope(voucher.payload, of: [3, 2], for: "libp2p-other", by: key)
        let foreign = SignedEnvelope([1], of: [3, 1], for: "libp2p-relay-rsvp", by: key)
        let empty = SignedEnvelope([], of: [3, 2], for: "libp2p-relay-rsvp", by: key)
        func promise(_ relay: PeerID, _ peer: PeerID, _ expires: UInt64 = 1_100) -> [UInt8] {
            RelayVoucher(relay: relay, peer: peer, expires: expires).signed(with: key)
        }
        let cases: [([UInt8]?, RelayVoucher.Flaw?)] = [
            (nil, nil), (good, nil), ([], .malformed), (Array(good.dropLast()), .malformed),
            (foreign.bytes, .otherPayload), (empty.bytes, .malformed), (forged.bytes, .signature),
            (promise(self.caller, self.called), .otherRelay(self.caller)),
            (promise(relay, self.caller), .otherPeer(self.caller)),
            (promise(relay, self.called, 100), .over),
            (
                RelayVoucher(relay: relay, peer: self.called, expires: 1_100)
                    .signed(with: otherKey), .otherRelay(PeerID(ed25519: otherKey.publicKey))
            ),
        ]
        for (envelope, flaw) in cases {
            var client = RelayClient(ownPeer: self.called)
            client.offered(relay)
            var promise = try self.promise(1_100, by: relay)
            promise.reservation?.voucher = envelope
            let outcome = client.answered(relay, promise, now: 100)
            if let flaw {
                #expect(outcome == .refused("the relay's voucher is not believed: \(flaw)"))
                #expect(client.relays(now: 100).isEmpty)
            } else {
                #expect(!outcome.isRefused)
                #expect(client.relays(now: 100) == [relay])
            }
        }
    }

    @Test("Calls are taken from relays with a reservation alone")
    func calls() throws {
        var client = RelayClient(ownPeer: self.called)
        let call = StopMessage(kind: .connect, peer: self.caller)
        func status(_ message: StopMessage, now: UInt64 = 100) -> RelayStatus? {
            switch client.called(by: self.relay, message, now: now) {
            case .accept(let peer, let answer): peer == self.caller ? answer.status : nil
            case .refuse(let answer): answer.status
            }
        }
        #expect(status(call) == .permissionDenied)
        client.offered(self.relay)
        _ = client.answered(self.relay, try self.promise(1_100, by: self.relay), now: 100)
        #expect(status(call) == .ok)
        #expect(status(call, now: 1_100) == .permissionDenied)
        #expect(status(StopMessage(kind: .status)) == .unexpectedMessage)
        #expect(status(StopMessage(kind: .connect)) == .malformedMessage)
        #expect(status(StopMessage(kind: .connect, peer: self.called)) == .malformedMessage)
        client.withdrawn(self.relay)
        #expect(status(call) == .permissionDenied)
    }

    @Test("No more relays are asked than are needed, each once until it answers")
    func relayLimit() throws {
        var client = RelayClient(ownPeer: self.called)
        let relays = (0...RelayLimits.relaysMax).map { _ in self.peer() }
        for relay in relays { client.offered(relay) }
        var asked = client.due(now: 100)
        #expect(asked == Array(relays.dropLast()))
        asked = client.due(now: 100)
        #expect(asked.isEmpty)
        for relay in relays.dropLast() {
            _ = client.answered(relay, try self.promise(1_100, by: relay), now: 100)
        }
        #expect(client.relays(now: 100) == Array(relays.dropLast()))
        #expect(client.addresses(now: 100).count == RelayLimits.relaysMax)
        asked = client.due(now: 899)
        #expect(asked.isEmpty)
        // One is gone, and the next takes its place.
        client.withdrawn(relays[0])
        asked = client.due(now: 899)
        #expect(asked == [relays[RelayLimits.relaysMax]])
        // Its own are renewed before their end.
        asked = client.due(now: 900)
        #expect(asked == Array(relays[1..<RelayLimits.relaysMax]))
    }

    @Test("A relay that refuses gives its place up, one that is silent keeps it to the end")
    func refusedRenewal() throws {
        var client = RelayClient(ownPeer: self.called)
        client.offered(self.relay)
        var asked = client.due(now: 100)
        #expect(asked == [self.relay])
        _ = client.answered(self.relay, try self.promise(1_100, by: self.relay), now: 100)
        asked = client.due(now: 900)
        #expect(asked == [self.relay])
        _ = client.answered(self.relay, nil, now: 900)
        #expect(client.relays(now: 1_099) == [self.relay])
        #expect(client.relays(now: 1_100).isEmpty)
        asked = client.due(now: 900 + RelayLimits.reservationRetrySeconds)
        #expect(asked == [self.relay])
        let refusal = HopMessage(kind: .status, status: .reservationRefused)
        _ = client.answered(self.relay, refusal, now: 960)
        #expect(client.relays(now: 960).isEmpty)
        asked = client.due(now: 961)
        #expect(asked.isEmpty)
    }
}
