import Cryptography
import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("§1 Identity messages")
struct IdentityMessageTests {
    private var machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    /// Why the machine, as it is now, refuses a message; nil when it accepts it.
    private mutating func refusal(_ admitted: AdmittedMessage) -> Refusal? {
        let before = self.machine.digest
        let actions = self.machine.judge(admitted)
        guard case .refuse(_, let id, let refusal)? = actions.first else { return nil }
        #expect(id == admitted.message.id)
        #expect(self.machine.digest == before)
        #expect(actions.count == 1)
        return refusal
    }

    @Test("D-06: a rotation needs the old key's signature and the new key's consent")
    mutating func rotation() throws {
        let unconsented = self.refusal(try Fixture.rotation(1, to: 2, consenting: 1, by: 1))
        let foreign = self.refusal(try Fixture.rotation(1, to: 2, consenting: 2, by: 3))
        let good = self.refusal(try Fixture.rotation(1, to: 2, consenting: 2, by: 1))
        #expect(unconsented?.code == .rule)
        #expect(foreign?.code == .rule)
        #expect(good == nil)
        #expect(self.machine.keys(of: try Fixture.node(1)).identity == (try Fixture.node(2)))
    }

    @Test("LINK-01: a link needs the root's signature and the child's consent")
    mutating func link() throws {
        let unconsented = self.refusal(try Fixture.link(1, child: 2, consenting: 1, by: 1))
        let byChild = self.refusal(try Fixture.link(1, child: 2, consenting: 2, by: 2))
        let good = self.refusal(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        #expect(unconsented?.code == .rule)
        #expect(byChild?.code == .rule)
        #expect(good == nil)
        let nodes = [try Fixture.node(1), try Fixture.node(2)]
        #expect(self.machine.keys(of: nodes[1]).keys == nodes)
    }

    @Test("R-01-036, LINK-05: only the root revokes, and only its own keys")
    mutating func revocation() throws {
        let stranger = self.refusal(try Fixture.revocation(1, of: 2, by: 1))
        #expect(stranger?.code == .rule)
        _ = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        let byChild = self.refusal(try Fixture.revocation(1, of: 2, by: 2))
        let good = self.refusal(try Fixture.revocation(1, of: 2, by: 1))
        #expect(byChild?.code == .rule)
        #expect(good == nil)
    }

    @Test("R-01-037: a revoked key is refused at admission, until it starts over (D-13)")
    mutating func silence() throws {
        _ = self.machine.judge(try Fixture.link(1, child: 2, consenting: 2, by: 1))
        _ = self.machine.judge(try Fixture.revocation(1, of: 2, by: 1))
        let request = try Fixture.request(by: 2, at: 1)
        let actions = self.machine.identify(
            IdentifySender(message: request, origin: .local(nil), receivedAt: Fixture.now),
            now: Fixture.now
        )
        guard case .refuse(_, _, let refusal)? = actions.last else {
            Issue.record("a revoked key was let through")
            return
        }
        #expect(refusal.code == .keyNotValid)
    }

    @Test("ADR 0045: an announcement that the log has before a revocation begins no life after it")
    mutating func announcedBeforeRevoked() throws {
        let proof = VDFProof.easy(of: try Fixture.node(2), at: Fixture.now.adding(milliseconds: 5))
        let link = try Fixture.link(1, child: 2, consenting: 2, by: 1)
        let announcement = try Fixture.admitted(.announcement(proof), by: 2, at: 6).message
        let revocation = try Fixture.revocation(1, of: 2, by: 1)
        var replayed = self.machine
        for message in [link.message, announcement, revocation.message] {
            _ = replayed.logged(message, isReplay: true)
        }
        _ = self.machine.judge(link)
        _ = self.machine.logged(link.message, isReplay: false)
        _ = self.machine.judge(revocation)
        _ = self.machine.logged(announcement, isReplay: false)
        _ = self.machine.logged(revocation.message, isReplay: false)
        #expect(self.machine.digest == replayed.digest)
        for machine in [self.machine, replayed] {
            var later = machine
            _ = later.logged(announcement, isReplay: false)
            #expect(later.digest != machine.digest, "behind the revocation it does")
        }
    }

    @Test("R-01-016: contradicting rotations are told once, by both reporters alike (D-07)")
    mutating func contradiction() throws {
        let rotations = [
            try Fixture.rotation(1, to: 2, consenting: 2, by: 1),
            try Fixture.rotation(1, to: 3, consenting: 3, by: 1),
        ]
        let forwards = try Self.notice(after: rotations)
        let backwards = try Self.notice(after: rotations.reversed())
        #expect(forwards != nil)
        #expect(forwards == backwards)
        for rotation in rotations { _ = self.machine.judge(rotation) }
        let again = self.machine.judge(try Fixture.rotation(1, to: 4, consenting: 4, by: 1))
        #expect(again.count == 1, "the third contradiction adds no notice")
        #expect(self.machine.keys(of: try Fixture.node(2)).isSuspended)
        #expect(self.machine.keys(of: try Fixture.node(3)).isSuspended)
    }

    @Test("R-01-013, D-61: a ratified resolution names the successor and ends the suspension")
    mutating func resolution() throws {
        for new in [2, 3] {
            _ = self.machine.judge(try Fixture.rotation(1, to: new, consenting: new, by: 1))
        }
        let decided = Draft.resolution(
            .keyConflict,
            subject: try Fixture.node(1),
            successor: try Fixture.node(3)
        )
        _ = self.machine.logged(try Fixture.decision(decided, effectiveAt: Fixture.now))
        #expect(self.machine.keys(of: try Fixture.node(1)).identity == (try Fixture.node(3)))
        #expect(!self.machine.keys(of: try Fixture.node(3)).isSuspended)
    }

    private static func notice(after rotations: [AdmittedMessage]) throws -> [UInt8]? {
        var machine = IdentityStateMachine(key: try Fixture.key(0))
        for action in rotations.flatMap({ machine.judge($0) }) {
            if case .announce(let found) = action { return found.notice.json.canonicalBytes() }
        }
        return nil
    }

    @Test("§4: replay gives the digest of the live node")
    mutating func fold() throws {
        let messages = [
            try Fixture.rotation(1, to: 2, consenting: 2, by: 1),
            try Fixture.link(3, child: 4, consenting: 4, by: 3),
            try Fixture.revocation(3, of: 4, by: 3),
            try Fixture.rotation(1, to: 5, consenting: 5, by: 1),
        ]
        var replayed = IdentityStateMachine(key: try Fixture.key(0))
        for message in messages {
            _ = self.machine.judge(message)
            _ = self.machine.logged(message.message, isReplay: false)
            _ = replayed.logged(message.message, isReplay: true)
        }
        #expect(
            self.machine.status().merkleRoot == MerkleTree(ids: messages.map(\.message.id)).root
        )
        #expect(replayed.digest == self.machine.digest)
    }

    @Test("ADR 0014, D-83: a rotation that has no effect is in no tree, whoever heard it first")
    func idleRotation() throws {
        // By its timestamp the second key was rotated before the first one named it.
        let early = try Fixture.rotation(2, to: 3, consenting: 3, by: 2, at: -60_000)
        let late = try Fixture.rotation(1, to: 2, consenting: 2, by: 1)
        for order in [[early, late], [late, early]] {
            var machine = IdentityStateMachine(key: try Fixture.key(0))
            for rotation in order { _ = machine.judge(rotation) }
            #expect(machine.status().merkleRoot == MerkleTree(ids: [early.message.id]).root)
        }
    }

    @Test("D-15: of re-signed links the tree holds the earliest, whatever the order")
    mutating func resignedLinks() throws {
        let links = [
            try Fixture.link(1, child: 2, consenting: 2, by: 1, at: 0),
            try Fixture.link(1, child: 2, consenting: 2, by: 1, at: 1_000),
        ]
        let expected = MerkleTree(ids: [links[0].message.id]).root
        for order in [links, links.reversed()] {
            var machine = IdentityStateMachine(key: try Fixture.key(0))
            for link in order { _ = machine.judge(link) }
            #expect(machine.status().merkleRoot == expected)
        }
    }
}

@Suite("§1 Signing for this node")
struct SigningTests {
    private var machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    private let adoption = JSONValue.object([
        ("proposal_id", .string(SHA256Digest.hash([1]).hex)), ("success", .bool(true)),
    ])

    @Test("a broadcast is signed with the node's key and the present time, then admitted")
    mutating func publish() throws {
        let request = RequestID(rawValue: 7)
        let key = RequestKey("k", of: "caller", askingFor: [])
        let origin = Origin.local(request, key: key)
        let command = PublishMessage(
            type: .adopt,
            payload: self.adoption,
            request: request,
            key: key
        )
        guard case .admit(let bytes, origin) = self.machine.publish(command, now: Fixture.now)
        else {
            Issue.record("not admitted")
            return
        }
        let message = try EnvelopeCodec.decode(bytes)
        #expect(message.from == (try Fixture.node(0)) && message.timestamp == Fixture.now)
        #expect(message.hasValidSignature)
    }

    @Test("a payload that no receiver would take is refused before it is sent")
    mutating func badPayload() throws {
        let command = PublishMessage(type: .adopt, payload: .emptyObject, request: nil)
        guard
            case .refuse(.local(nil, key: nil), nil, let refusal) = self.machine.publish(
                command,
                now: Fixture.now
            )
        else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == .schema)
        #expect(refusal.detail.contains("proposal_id"))
    }

    @Test("an answer that cannot be signed resets the exchange instead of leaving it open")
    func badAnswer() throws {
        let exchange = InboundExchange(id: 1, peer: try Fixture.node(1), streamProtocol: .sync)
        let unread = SyncDifference(phase: 9, range: 0, digest: .empty)
        let command = SendAnswer(
            exchange: exchange,
            SyncResponse(hasMore: false, differing: [unread])
        )
        guard case .answer(exchange, nil) = self.machine.answer(command, now: Fixture.now) else {
            Issue.record("not reset")
            return
        }
    }

    @Test("D-09, T17: a challenge is signed in the remote peer's name alone")
    func challenge() throws {
        let (own, peer, other) = (
            try Fixture.node(0), try Fixture.node(1), try Fixture.node(2)
        )
        func sign(_ initiator: NodeID, channel: NodeID) -> Result<Signature, Refusal> {
            let challenge = AuthChallenge(nonce: own.array, initiatorKey: initiator)
            return self.machine.signature(
                for: SignChallenge(challenge: challenge, channelKey: channel)
            )
        }
        let signature = try sign(peer, channel: peer).get()
        #expect(Ed25519.isValid(signature, for: own.array + peer.array, by: own.publicKey))
        #expect(throws: Refusal.self) { try sign(other, channel: peer).get() }
        #expect(throws: Refusal.self) { try sign(own, channel: own).get() }
    }

    @Test("a sender is its own identity as long as its key stands alone")
    func identify() throws {
        let admitted = try Fixture.revocation(1, of: 2, by: 1)
        let command = IdentifySender(
            message: admitted.message,
            origin: admitted.origin,
            receivedAt: Fixture.now
        )
        var machine = self.machine
        guard case .rate(let rated)? = machine.identify(command, now: Fixture.now).last else {
            Issue.record("not rated")
            return
        }
        #expect(rated.sender == SenderStanding(identity: try Fixture.node(1)))
        #expect(rated.origin == admitted.origin)
    }
}
