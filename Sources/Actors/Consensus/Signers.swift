import Identities
import Messages
import OrderedCollections
import Primitives

/// Which key speaks for which identity: a copy of the registry of keys, folded over the log (ADR 0006).
///
/// Nothing here stores the identity of a message. It is asked for when votes are counted, so that a
/// link, a rotation or a revocation has the same effect before and after the messages it is about.
struct Signers: Sendable {
    private(set) var registry = KeyRegistry()
    /// All keys besides its own that ever may have signed for an identity; superfluous entries do no
    /// harm.
    private var kin: OrderedDictionary<NodeID, OrderedSet<NodeID>> = [:]

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
        for change in changes {
            switch change {
            case .linked(let root, let child): self.adopt(child, into: root)
            case .rotated(let oldKey, let newKey):
                let identity = self.registry.identity(of: newKey)
                self.adopt(oldKey, into: identity)
                self.adopt(newKey, into: identity)
            case .revoked, .reborn, .conflicted, .freed: break
            }
        }
        return !changes.isEmpty
    }

    private mutating func adopt(_ key: NodeID, into identity: NodeID) {
        let keys = self.keys(thatSignedFor: key).filter { $0 != identity }
        guard !keys.isEmpty else { return }
        self.kin[identity, default: []].append(contentsOf: keys)
    }

    /// All keys of which messages may belong to an identity; ask ``owner(of:)`` for each message.
    func keys(thatSignedFor identity: NodeID) -> [NodeID] {
        [identity] + (self.kin[identity].map { Array($0) } ?? [])
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
