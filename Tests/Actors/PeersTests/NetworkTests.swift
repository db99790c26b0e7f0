import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Peers

@Suite("ADR 0039: who belongs to a network")
struct NetworkTests {
    private static let ours = NetworkMark(hash: SHA256Digest.hash([1]), name: "ours")
    private static let other = NetworkMark(hash: SHA256Digest.hash([2]), name: "other")

    /// A stranger that may connect.
    private let key = SigningKey.generate()
    private var stranger: NodeID { NodeID(self.key.publicKey) }

    private static func machine(
        _ network: NetworkMark?,
        bootstrap: [String] = [],
        admitsUndescribed: Bool = false
    ) -> PeersStateMachine {
        var configuration = PeersConfiguration(
            ownNode: Fixture.own,
            bootstrap: bootstrap,
            isLocalProfile: true,
            network: network
        )
        configuration.admitsUndescribed = admitsUndescribed
        var peers = PeersStateMachine(configuration: configuration, now: Fixture.start)
        _ = peers.proofComputed(.easy(of: configuration.ownNode, at: Fixture.start))
        return peers
    }

    /// The stranger connects and answers the challenge in the name of a network.
    private func meet(
        _ peers: inout PeersStateMachine,
        as network: NetworkMark?,
        address: String = "/ip4/127.0.0.1/tcp/1"
    ) throws -> [PeersAction] {
        let actions = peers.connected(
            self.stranger,
            address: address,
            isOutbound: true,
            nonce: [UInt8](repeating: 7, count: 32),
            now: Fixture.start
        )
        guard case .challenge(let exchange, let challenge)? = actions.first else { return actions }
        // Both frames go over the wire as bytes.
        let asked = try AuthChallenge(frame: challenge.frameBytes)
        let response = AuthResponse(
            signature: self.key.sign(asked.signedBytes),
            publicKey: self.stranger,
            vdfProof: .easy(of: self.stranger, at: Fixture.start),
            network: network
        )
        return peers.responded(exchange, frame: response.frameBytes, now: Fixture.start)
    }

    private static func reason(_ actions: [PeersAction]) -> String? {
        actions.lazy.compactMap { if case .disconnect(_, let reason) = $0 { reason } else { nil } }
            .first
    }

    @Test(
        "C2-4: whoever names another network, or none, is refused by name, and is not counted",
        arguments: [
            (Self.ours, Self.ours, nil), (Self.ours, Self.other, "another network: other/"),
            (Self.ours, nil, "another network: it names none"), (nil, nil, nil),
            (nil, Self.other, "started without a description"),
        ] as [(NetworkMark?, NetworkMark?, String?)]
    )
    func handshake(own: NetworkMark?, named: NetworkMark?, reason: String?) throws {
        var peers = Self.machine(own)
        let actions = try self.meet(&peers, as: named)
        guard let reason else {
            #expect(Self.reason(actions) == nil)
            #expect(actions.contains { if case .checkProof = $0 { true } else { false } })
            return
        }
        #expect(Self.reason(actions)?.contains(reason) == true, "\(actions)")
        let row = try #require(peers.table.first)
        #expect(!row.isAuthenticated && row.hasOtherFounders)
        #expect(row.lastDialFailure?.contains(reason) == true)
    }

    @Test("C2-4: an operator may admit those that name no network, and nobody of another one")
    func admitted() throws {
        for (own, named) in [(Self.ours, nil), (nil, Self.ours)] as [(NetworkMark?, NetworkMark?)] {
            var peers = Self.machine(own, admitsUndescribed: true)
            let actions = try self.meet(&peers, as: named)
            #expect(Self.reason(actions) == nil)
        }
        var peers = Self.machine(Self.ours, admitsUndescribed: true)
        let actions = try self.meet(&peers, as: Self.other)
        #expect(Self.reason(actions)?.hasPrefix("another network: other/") == true)
    }

    @Test("C2-4: who asks in the name of another network is answered, and both sides know why")
    func challenged() throws {
        var peers = Self.machine(Self.ours)
        let connecting = peers.connected(
            self.stranger,
            address: "/ip4/127.0.0.1/tcp/1",
            isOutbound: false,
            nonce: [UInt8](repeating: 7, count: 32),
            now: Fixture.start
        )
        let isNamed = connecting.contains {
            if case .challenge(_, let own) = $0 { own.network == Self.ours } else { false }
        }
        #expect(isNamed)
        let exchange = InboundExchange(id: 9, peer: self.stranger, streamProtocol: .auth)
        let challenge = AuthChallenge(
            nonce: [UInt8](repeating: 1, count: 32),
            initiatorKey: self.stranger,
            network: Self.other
        )
        let asked = peers.challenged(exchange, frame: challenge.frameBytes)
        #expect(asked == [.sign(exchange, challenge)])
        let signature = self.key.sign(challenge.signedBytes)
        guard
            case .answerAuth(_, let answer?)? = peers.signed(
                exchange,
                .success(signature),
                now: Fixture.start
            ).first
        else {
            Issue.record("no answer")
            return
        }
        #expect(try AuthResponse(frame: answer.frameBytes).network == Self.ours)
        // The other side hangs up now, which does not hide the reason.
        peers.disconnected(self.stranger, now: Fixture.start)
        let row = try #require(peers.table.first)
        #expect(row.lastDialFailure?.hasPrefix("another network: other/") == true)
    }

    @Test("C2-4: a bootstrap node of another network is not dialled every second, and is said")
    func bootstrap() throws {
        let address = AddressText.complete("/ip4/127.0.0.1/tcp/1", node: self.stranger)
        var peers = Self.machine(Self.ours, bootstrap: [address])
        _ = peers.started(now: Fixture.start)
        _ = try self.meet(&peers, as: Self.other, address: address)
        peers.disconnected(self.stranger, now: Fixture.start)
        let reason = peers.bootstrapReport.first?.lastDialFailure
        #expect(reason?.hasPrefix("another network: other/") == true)
        for seconds in Int64(1)..<600 where seconds.isMultiple(of: 10) {
            let dials = Fixture.dials(peers.tick(now: Fixture.later(seconds), entropy: 0))
            #expect(dials.isEmpty, "after \(seconds) s")
        }
        let dials = Fixture.dials(peers.tick(now: Fixture.later(600), entropy: 0))
        #expect(dials == [address], "its operator may have put it right")
    }

    @Test("a peer whose handshakes come to nothing is dialled ever more seldom")
    func backOff() throws {
        let address = AddressText.complete("/ip4/127.0.0.1/tcp/1", node: self.stranger)
        var peers = Self.machine(nil, bootstrap: [address])
        _ = peers.started(now: Fixture.start)
        var now = Fixture.start
        for failures in 1...5 {
            _ = try self.meet(&peers, as: nil, address: address)
            _ = peers.proofChecked(self.stranger, failure: "a segment", now: now)
            peers.disconnected(self.stranger, now: now)
            let pause = DialPause.after(failures: failures)
            let early = peers.tick(now: now.adding(milliseconds: pause - 1), entropy: 0)
            #expect(Fixture.dials(early).isEmpty, "\(failures) failures")
            now = now.adding(milliseconds: pause)
            #expect(!Fixture.dials(peers.tick(now: now, entropy: 0)).isEmpty)
        }
    }

    @Test("C2-4: announcements of another network are not counted, whoever relays them")
    func announcements() throws {
        let said: [(hash: JSONValue, isOurs: Bool)] = [
            (.string(Self.ours.hash.hex), true), (.string(Self.other.hash.hex), false),
            (.null, false), (.string("no hash"), false),
        ]
        for (hash, isOurs) in said {
            var peers = Self.machine(Self.ours)
            let draft = Draft.announcement(.easy(of: self.stranger, at: Fixture.start))
            let message = try draft.adding([("genesis_hash", hash)])
                .signed(by: self.key, at: Fixture.start)
            let relay = Origin.gossip(relay: Fixture.node(), topic: .peers, ticket: 1)
            let actions = peers.judge(message.admitted(from: relay), now: Fixture.start)
            switch actions.first {
            case .accept: #expect(isOurs)
            case .refuse(let refusal):
                #expect(!isOurs && refusal.code == .otherNetwork && !refusal.blamesRelay)
            default: Issue.record("\(actions)")
            }
            #expect(peers.table.map(\.node) == (isOurs ? [self.stranger] : []))
        }
    }

    @Test("C2-4: the name of a network can disturb neither terminal nor log")
    func name() throws {
        let mark = NetworkMark(
            hash: SHA256Digest.hash([3]),
            name: "a\u{1b}[31m\u{202e}b\n\u{301}" + String(repeating: "c", count: 100)
        )
        #expect(mark.name.hasPrefix("a[31mbccc") && mark.name.unicodeScalars.count == 40)
        let challenge = AuthChallenge(
            nonce: [UInt8](repeating: 1, count: 32),
            initiatorKey: self.stranger,
            network: mark
        )
        #expect(try AuthChallenge(frame: challenge.frameBytes) == challenge)
    }
}
