import Cryptography
import Messages
import Primitives
import Testing

@testable import Identity

/// Keys and identity messages.
private enum Fixture {
    static let now = Timestamp(milliseconds: 1_767_225_600_000)

    static func key(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array("key \(number)".utf8)).array)
    }

    static func node(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func hex(_ number: Int) throws -> JSONValue { .string(try Self.node(number).hex) }

    static func admitted(
        _ type: MessageType,
        _ members: [(String, JSONValue)],
        by key: Int,
        at offset: Int64 = 0
    ) throws -> AdmittedMessage {
        AdmittedMessage(
            message: try EnvelopeCodec.sign(
                type,
                payload: .object(members),
                timestamp: Self.now.adding(milliseconds: offset),
                key: try Self.key(key)
            ),
            origin: .sync(peer: try Self.node(9)),
            receivedAt: Self.now,
            sender: SenderStanding(identity: try Self.node(key)),
            reputation: .one
        )
    }

    /// Key `old` names `new`; `consenting` signs for the new key.
    static func rotation(_ old: Int, to new: Int, consenting: Int, by signer: Int) throws
        -> AdmittedMessage
    {
        let bytes = KeyRotate.consentBytes(oldKey: try Self.node(old), newKey: try Self.node(new))
        return try Self.admitted(
            .keyRotate,
            [
                ("old_key", try Self.hex(old)), ("new_key", try Self.hex(new)),
                ("new_key_signature", .string(try Self.key(consenting).sign(bytes).hex)),
            ],
            by: signer
        )
    }

    static func link(_ root: Int, child: Int, consenting: Int, by signer: Int) throws
        -> AdmittedMessage
    {
        let bytes = try Self.node(root).array + Self.node(child).array
        return try Self.admitted(
            .didLink,
            [
                ("root_key", try Self.hex(root)), ("child_key", try Self.hex(child)),
                ("child_signature", .string(try Self.key(consenting).sign(bytes).hex)),
            ],
            by: signer
        )
    }

    static func revocation(_ root: Int, of child: Int, by signer: Int) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [
            ("root_key", try Self.hex(root)), ("revoked_key", try Self.hex(child)),
        ]
        return try Self.admitted(.didRevoke, members, by: signer)
    }
}

@Suite("§1 Identity messages")
struct IdentityMessageTests {
    private func refusal(_ admitted: AdmittedMessage) throws -> Refusal? {
        var machine = IdentityStateMachine(key: try Fixture.key(0))
        let before = machine.digest
        switch machine.judge(admitted) {
        case .refuse(_, let id, let refusal):
            #expect(id == admitted.message.id)
            #expect(machine.digest == before)
            return refusal
        case .accept:
            #expect(machine.digest != before)
            return nil
        default:
            Issue.record("neither accepted nor refused")
            return nil
        }
    }

    @Test("D-06: a rotation needs the old key's signature and the new key's consent")
    func rotation() throws {
        let good = try Fixture.rotation(1, to: 2, consenting: 2, by: 1)
        let unconsented = try Fixture.rotation(1, to: 2, consenting: 1, by: 1)
        let foreign = try Fixture.rotation(1, to: 2, consenting: 2, by: 3)
        #expect(try self.refusal(good) == nil)
        #expect(try self.refusal(unconsented)?.code == .rule)
        #expect(try self.refusal(foreign)?.code == .rule)
    }

    @Test("LINK-01: a link needs the root's signature and the child's consent")
    func link() throws {
        let good = try Fixture.link(1, child: 2, consenting: 2, by: 1)
        let unconsented = try Fixture.link(1, child: 2, consenting: 1, by: 1)
        let byChild = try Fixture.link(1, child: 2, consenting: 2, by: 2)
        #expect(try self.refusal(good) == nil)
        #expect(try self.refusal(unconsented)?.detail.contains("consent") == true)
        #expect(try self.refusal(byChild)?.code == .rule)
    }

    @Test("only the root revokes a key")
    func revocation() throws {
        let good = try Fixture.revocation(1, of: 2, by: 1)
        let byChild = try Fixture.revocation(1, of: 2, by: 2)
        #expect(try self.refusal(good) == nil)
        #expect(try self.refusal(byChild)?.code == .rule)
    }

    @Test("§4: replay gives the digest of the live node, in any order of arrival")
    func fold() throws {
        let messages = [
            try Fixture.rotation(1, to: 2, consenting: 2, by: 1),
            try Fixture.link(3, child: 4, consenting: 4, by: 3),
            try Fixture.revocation(3, of: 4, by: 3),
        ]
        var live = IdentityStateMachine(key: try Fixture.key(0))
        for message in messages { _ = live.judge(message) }
        let ids = messages.map(\.message.id)
        #expect(live.merkleRoot == MerkleTree(ids: ids).root)
        for order in [messages, messages.reversed(), [messages[1], messages[2], messages[0]]] {
            var replayed = IdentityStateMachine(key: try Fixture.key(0))
            for message in order { replayed.apply(message.message) }
            #expect(replayed.digest == live.digest)
        }
    }

    @Test("replay leaves other types alone")
    func otherTypes() throws {
        var machine = IdentityStateMachine(key: try Fixture.key(0))
        let before = machine.digest
        let request = try Fixture.admitted(
            .request,
            [("title", .string("t")), ("body", .string("b")), ("tags", .array([]))],
            by: 1
        )
        machine.apply(request.message)
        #expect(machine.digest == before)
    }
}

@Suite("§1 Signing for this node")
struct SigningTests {
    private let machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    private let adoption = JSONValue.object([
        ("proposal_id", .string(SHA256Digest.hash([1]).hex)), ("success", .bool(true)),
    ])

    @Test("a broadcast is signed with the node's key and the present time, then admitted")
    func publish() throws {
        let request = RequestID(rawValue: 7)
        let command = PublishMessage(type: .adopt, payload: self.adoption, request: request)
        guard case .admit(let bytes, request) = self.machine.publish(command, now: Fixture.now)
        else {
            Issue.record("not admitted")
            return
        }
        let message = try EnvelopeCodec.decode(bytes)
        #expect(message.from == (try Fixture.node(0)) && message.timestamp == Fixture.now)
        #expect(message.hasValidSignature)
    }

    @Test("a payload that no receiver would take is refused before it is sent")
    func badPayload() throws {
        let command = PublishMessage(type: .adopt, payload: .emptyObject, request: nil)
        guard
            case .refuse(.local(nil), nil, let refusal) = self.machine.publish(
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
        let command = SendAnswer(exchange: exchange, type: .syncResponse, payload: .emptyObject)
        guard case .answer(exchange, nil) = self.machine.answer(command, now: Fixture.now) else {
            Issue.record("not reset")
            return
        }
    }

    @Test("D-09: a challenge is signed in the remote peer's name alone")
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
        guard case .rate(let rated) = self.machine.identify(command) else {
            Issue.record("not rated")
            return
        }
        #expect(rated.sender == SenderStanding(identity: try Fixture.node(1)))
        #expect(rated.origin == admitted.origin)
    }
}
