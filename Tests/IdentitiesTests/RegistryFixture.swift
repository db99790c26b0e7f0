import Cryptography
import Messages
import Primitives

@testable import Identities

/// Keys named by letters, and the identity messages between them.
struct RegistryFixture {
    static let start: Int64 = 1_700_000_000_000
    var registry = KeyRegistry()

    static func key(_ name: Character) throws -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array("key \(name)".utf8)).array)
    }

    static func node(_ name: Character) throws -> NodeID { NodeID(try Self.key(name).publicKey) }

    static func sign(
        _ type: MessageType,
        _ members: [(String, JSONValue)],
        by signer: Character,
        at time: Int64
    ) throws -> Message {
        try EnvelopeCodec.sign(
            type,
            payload: .object(members),
            timestamp: Timestamp(milliseconds: time),
            key: try Self.key(signer)
        )
    }

    static func link(_ root: Character, _ child: Character, at time: Int64 = start) throws
        -> Message
    {
        let bytes = try Self.node(root).array + Self.node(child).array
        return try Self.sign(
            .didLink,
            [
                ("root_key", .string(try Self.node(root).hex)),
                ("child_key", .string(try Self.node(child).hex)),
                ("child_signature", .string(try Self.key(child).sign(bytes).hex)),
            ],
            by: root,
            at: time
        )
    }

    static func revoke(
        _ root: Character,
        _ child: Character,
        at time: Int64 = start,
        effective: Int64? = nil
    ) throws -> Message {
        try Self.sign(
            .didRevoke,
            [
                ("root_key", .string(try Self.node(root).hex)),
                ("revoked_key", .string(try Self.node(child).hex)),
                ("effective_from", effective.map { .integer($0) } ?? .null),
            ],
            by: root,
            at: time
        )
    }

    static func rotate(_ old: Character, _ new: Character, at time: Int64 = start) throws
        -> Message
    {
        let consent = KeyRotate.consentBytes(
            oldKey: try Self.node(old),
            newKey: try Self.node(new)
        )
        return try Self.sign(
            .keyRotate,
            [
                ("old_key", .string(try Self.node(old).hex)),
                ("new_key", .string(try Self.node(new).hex)),
                ("new_key_signature", .string(try Self.key(new).sign(consent).hex)),
            ],
            by: old,
            at: time
        )
    }

    static func request(by name: Character, at time: Int64) throws -> Message {
        try Self.sign(
            .request,
            [("title", .string("t")), ("body", .string("b")), ("tags", .array([]))],
            by: name,
            at: time
        )
    }

    static func announce(by name: Character, proofAt computed: Int64, at time: Int64) throws
        -> Message
    {
        let proof = VDF.prove(
            try Self.node(name).bytes,
            computedAt: Timestamp(milliseconds: computed),
            difficulty: 10
        )
        return try Self.sign(
            .peerAnnounce,
            [
                ("addresses", .array([])), ("capabilities", .array([])),
                ("version", .integer(0)), ("uptime_seconds", .integer(1)),
                ("vdf_proof", proof.json), ("sync_status", .string("synced")),
            ],
            by: name,
            at: time
        )
    }

    /// Judges a message and folds it when it holds.
    mutating func take(_ message: Message, receivedAt: Int64? = nil) -> Refusal? {
        if case .failure(let refusal) = self.registry.standing(of: message) { return refusal }
        let refusal = self.registry.refusal(
            of: message,
            receivedAt: Timestamp(milliseconds: receivedAt ?? message.timestamp.milliseconds)
        )
        if refusal == nil { self.registry.apply(message) }
        return refusal
    }

    /// A vote names the successor of a key, and holds from a time on.
    mutating func resolve(
        _ key: Character,
        _ successor: Character,
        at time: Int64 = start + 86_400_000
    ) throws -> [KeyChange] {
        self.registry.ratified(try Self.resolution(key, successor, at: time))
        return self.registry.advance(to: Timestamp(milliseconds: time))
    }

    static func resolution(_ key: Character, _ successor: Character, at time: Int64) throws
        -> ResolutionRatified
    {
        let resolution = JSONValue.object([
            ("kind", .string("key_conflict")), ("subject", .string(try Self.node(key).hex)),
            ("successor", .string(try Self.node(successor).hex)),
        ])
        let decision = DecisionFact(
            proposal: MessageID(SHA256Digest.hash(Array("\(key)\(successor)\(time)".utf8))),
            state: .ratified,
            mode: .weighted,
            needsHalfOfHeads: false,
            activeIdentities: 1,
            activeReputation: .zero,
            author: try Self.node(key),
            effectiveAt: Timestamp(milliseconds: time),
            adopters: 0,
            resolution: Propose.Resolution(resolution),
            objection: nil,
            votes: []
        )
        guard let ratified = ResolutionRatified(decision) else { throw CancellationError() }
        return ratified
    }

    func identity(_ name: Character) throws -> NodeID {
        self.registry.identity(of: try Self.node(name))
    }
}
