import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Identities

/// Keys named by letters, and the identity messages between them.
struct RegistryFixture {
    static let start: Int64 = 1_700_000_000_000
    var registry = KeyRegistry()

    static func key(_ name: Character) throws -> SigningKey { try .named("key \(name)") }

    static func node(_ name: Character) throws -> NodeID { NodeID(try Self.key(name).publicKey) }

    private static func sign(_ draft: Draft, by signer: Character, at time: Int64) throws
        -> Message
    {
        try draft.signed(by: try Self.key(signer), at: Timestamp(milliseconds: time))
    }

    static func link(_ root: Character, _ child: Character, at time: Int64 = start) throws
        -> Message
    {
        try Self.sign(.link(try Self.key(root), try Self.key(child)), by: root, at: time)
    }

    static func revoke(
        _ root: Character,
        _ child: Character,
        at time: Int64 = start,
        effective: Int64? = nil
    ) throws -> Message {
        let draft = Draft.revocation(
            try Self.node(root),
            try Self.node(child),
            from: effective.map { Timestamp(milliseconds: $0) }
        )
        return try Self.sign(draft, by: root, at: time)
    }

    static func rotate(_ old: Character, _ new: Character, at time: Int64 = start) throws
        -> Message
    {
        try Self.sign(.rotation(try Self.key(old), try Self.key(new)), by: old, at: time)
    }

    static func request(by name: Character, at time: Int64) throws -> Message {
        try Self.sign(.request(), by: name, at: time)
    }

    static func announce(by name: Character, proofAt computed: Int64, at time: Int64) throws
        -> Message
    {
        let proof = VDFProof.easy(
            of: try Self.node(name),
            at: Timestamp(milliseconds: computed)
        )
        return try Self.sign(.announcement(proof), by: name, at: time)
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
        let decision = DecisionFact(
            on: .named("\(key)\(successor)\(time)"),
            author: try Self.node(key),
            effectiveAt: Timestamp(milliseconds: time),
            resolution: Draft.resolution(
                .keyConflict,
                subject: try Self.node(key),
                successor: try Self.node(successor)
            )
        )
        guard let ratified = ResolutionRatified(decision) else { throw CancellationError() }
        return ratified
    }

    func identity(_ name: Character) throws -> NodeID {
        self.registry.identity(of: try Self.node(name))
    }
}
