import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Identity

/// Keys and identity messages.
enum Fixture {
    static let now = Timestamp(milliseconds: 1_767_225_600_000)

    static func key(_ number: Int) throws -> SigningKey { try .named("key \(number)") }

    static func node(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func admitted(_ draft: Draft, by key: Int, at offset: Int64 = 0) throws
        -> AdmittedMessage
    {
        let time = Self.now.adding(milliseconds: offset)
        return try draft.signed(by: try Self.key(key), at: time)
            .admitted(from: .sync(peer: try Self.node(9)), at: Self.now)
    }

    /// Key `old` names `new`; `consenting` signs for the new key.
    static func rotation(
        _ old: Int,
        to new: Int,
        consenting: Int,
        by signer: Int,
        at offset: Int64 = 0
    ) throws -> AdmittedMessage {
        let draft = Draft.rotation(
            try Self.key(old),
            try Self.key(new),
            consenting: try Self.key(consenting)
        )
        return try Self.admitted(draft, by: signer, at: offset)
    }

    /// A vote made a resolution valid.
    static func decision(_ decided: Propose.Resolution, effectiveAt: Timestamp) throws -> LocalFact
    {
        DecisionFact(
            on: .named("a vote"),
            author: try Self.node(9),
            effectiveAt: effectiveAt,
            resolution: decided
        ).recorded(at: Self.now)
    }

    static func request(by key: Int, at offset: Int64) throws -> Message {
        try Self.admitted(.request(), by: key, at: offset).message
    }

    static func link(
        _ root: Int,
        child: Int,
        consenting: Int,
        by signer: Int,
        at offset: Int64 = 0
    ) throws -> AdmittedMessage {
        let draft = Draft.link(
            try Self.key(root),
            try Self.key(child),
            consenting: try Self.key(consenting)
        )
        return try Self.admitted(draft, by: signer, at: offset)
    }

    static func revocation(_ root: Int, of child: Int, by signer: Int, at offset: Int64 = 0) throws
        -> AdmittedMessage
    {
        let draft = Draft.revocation(try Self.node(root), try Self.node(child))
        return try Self.admitted(draft, by: signer, at: offset)
    }
}

extension IdentityStateMachine {
    /// The log has a message.
    mutating func logged(_ message: Message, isReplay: Bool) -> [IdentityAction] {
        let admitted = message.admitted(at: Fixture.now)
        return self.logged(MessageLogged(sequence: 1, admitted: admitted, isReplay: isReplay))
    }

    /// The log takes in what says nothing of keys.
    mutating func advance(to time: Timestamp) -> [IdentityAction] {
        self.logged(OwnFact.present.fact(recordedAt: time))
    }

    /// Whether a type is not broadcast any more, since others sign with the key.
    func isSilent(_ type: MessageType) -> Bool {
        var machine = self
        let command = PublishMessage(type: type, payload: .emptyObject)
        guard case .refuse(_, _, let refusal) = machine.publish(command, now: Fixture.now) else {
            return false
        }
        return refusal.code == .keyUsedElsewhere
    }
}
