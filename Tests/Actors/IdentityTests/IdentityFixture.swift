import Cryptography
import Messages
import Primitives

@testable import Identity

/// Keys and identity messages.
enum Fixture {
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
    static func rotation(
        _ old: Int,
        to new: Int,
        consenting: Int,
        by signer: Int,
        at offset: Int64 = 0
    ) throws -> AdmittedMessage {
        let bytes = KeyRotate.consentBytes(oldKey: try Self.node(old), newKey: try Self.node(new))
        return try Self.admitted(
            .keyRotate,
            [
                ("old_key", try Self.hex(old)), ("new_key", try Self.hex(new)),
                ("new_key_signature", .string(try Self.key(consenting).sign(bytes).hex)),
            ],
            by: signer,
            at: offset
        )
    }

    /// A resolution that a vote made valid.
    static func resolution(_ json: JSONValue, effectiveAt: Timestamp) throws -> ResolutionRatified {
        let decision = DecisionFact(
            proposal: MessageID(SHA256Digest.hash([7])),
            state: .ratified,
            mode: .weighted,
            needsHalfOfHeads: false,
            activeIdentities: 1,
            activeReputation: .zero,
            author: try Self.node(9),
            effectiveAt: effectiveAt,
            adopters: 0,
            resolution: Propose.Resolution(json),
            objection: nil,
            votes: []
        )
        guard let ratified = ResolutionRatified(decision) else { throw CancellationError() }
        return ratified
    }

    static func request(by key: Int, at offset: Int64) throws -> Message {
        let members: [(String, JSONValue)] = [
            ("title", .string("t")), ("body", .string("b")), ("tags", .array([])),
        ]
        return try Self.admitted(.request, members, by: key, at: offset).message
    }

    static func link(
        _ root: Int,
        child: Int,
        consenting: Int,
        by signer: Int,
        at offset: Int64 = 0
    ) throws -> AdmittedMessage {
        let bytes = try Self.node(root).array + Self.node(child).array
        return try Self.admitted(
            .didLink,
            [
                ("root_key", try Self.hex(root)), ("child_key", try Self.hex(child)),
                ("child_signature", .string(try Self.key(consenting).sign(bytes).hex)),
            ],
            by: signer,
            at: offset
        )
    }

    static func revocation(_ root: Int, of child: Int, by signer: Int, at offset: Int64 = 0) throws
        -> AdmittedMessage
    {
        let members: [(String, JSONValue)] = [
            ("root_key", try Self.hex(root)), ("revoked_key", try Self.hex(child)),
        ]
        return try Self.admitted(.didRevoke, members, by: signer, at: offset)
    }
}
