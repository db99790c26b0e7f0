import Identities
import Messages
import Primitives

/// Which key speaks for which identity: a copy of the registry of keys, folded over the log (ADR 0006).
///
/// Nothing here stores the identity of a message. It is asked for when votes are counted, so that a
/// link, a rotation or a revocation has the same effect before and after the messages it is about.
struct Signers: Sendable, Codable {
    private(set) var registry = KeyRegistry()
    /// Whose messages to look through.
    private var kin = Kin()

    /// Folds a logged message of any type.
    ///
    /// - Returns: whether the identity of some key changed.
    mutating func apply(_ message: Message) -> Bool { self.follow(self.registry.apply(message)) }

    /// A revoked key proved its delay anew in a handshake (D-13).
    ///
    /// - Returns: whether the identity of some key changed.
    mutating func apply(_ start: KeyStartedOver) -> Bool { self.follow(self.registry.apply(start)) }

    /// A vote named the successor of a key with two (D-61).
    mutating func ratified(_ resolution: ResolutionRatified) {
        self.registry.ratified(resolution)
    }

    /// Time passes by entries of the log.
    ///
    /// - Returns: whether the identity of some key changed.
    mutating func advance(to time: Timestamp) -> Bool {
        self.follow(self.registry.advance(to: time))
    }

    private mutating func follow(_ changes: [KeyChange]) -> Bool {
        self.kin.follow(changes, self.registry)
        return !changes.isEmpty
    }

    /// All keys of which messages may belong to an identity; ask ``owner(of:)`` for each message.
    func keys(thatSignedFor identity: NodeID) -> [NodeID] {
        self.kin.keys(thatSignedFor: identity)
    }

    /// The identity that a message counts for; nil when it is void (D-14).
    func owner(of message: Message) -> NodeID? {
        guard case .success(let standing) = self.registry.standing(of: message) else { return nil }
        return standing.identity
    }

    /// The identity of a message and what restricts it; nil when it is void.
    func standing(of message: Message) -> SenderStanding? {
        guard case .success(let standing) = self.registry.standing(of: message) else { return nil }
        return standing
    }
}

extension Signers: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("registry", self.registry)
        writer.field("kin", self.kin)
    }
}
