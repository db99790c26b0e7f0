import Cryptography
public import Messages
import OrderedCollections
public import Primitives

/// What a message changed in the registry.
public enum KeyChange: Sendable, Equatable {
    /// A key acts for a root from now on.
    case linked(root: NodeID, child: NodeID)
    /// A key lost its identity; what it signed from `effective` on is void (D-14).
    case revoked(root: NodeID, key: NodeID, effective: Timestamp)
    /// A new key took the place of an old one.
    case rotated(oldKey: NodeID, newKey: NodeID)
    /// Two rotations of one key contradict each other; the successors are suspended.
    case conflicted(KeyContradiction)
    /// A revoked key started over by itself (D-13).
    case reborn(key: NodeID)
}

/// Two rotations of one key to different successors, ordered by message id (D-07).
public struct KeyContradiction: Sendable, Equatable {
    /// The key that signed both.
    public let oldKey: NodeID
    /// The rotations and where they lead, by ascending id.
    public let rotations: [(id: MessageID, newKey: NodeID)]

    /// Equality of key and rotations.
    public static func == (left: Self, right: Self) -> Bool {
        left.oldKey == right.oldKey && left.rotations.elementsEqual(right.rotations, by: ==)
    }
}

/// Which key acts for whom: the rules of rotation, linking and revocation (§1).
///
/// A pure fold over accepted messages. Identity judges by it; Reputation and Consensus fold the
/// same messages, so that all three agree at every position of the log (ADR 0006).
public struct KeyRegistry: Sendable {
    var keys: OrderedDictionary<NodeID, KeyRecord> = [:]

    /// Nobody is known.
    public init() {}

    // MARK: Reading

    /// The identity that a key acts for now: its root at the end of all rotations.
    public func identity(of key: NodeID) -> NodeID {
        var current = key
        // Rotations lead to fresh keys alone (D-83), so the chain cannot close.
        while let next = self.keys[current]?.rotation?.newKey ?? self.keys[current]?.root {
            current = next
        }
        return current
    }

    /// The keys that may sign for an identity, root first.
    public func keys(of identity: NodeID) -> [NodeID] {
        [identity] + (self.keys[identity]?.children ?? [])
    }

    /// How many keys may sign for an identity, root included (R-01-046).
    public func keyCount(of identity: NodeID) -> Int {
        1 + (self.keys[identity]?.children.count ?? 0)
    }

    /// The key that took the place of this one; nil while it is in use.
    public func successor(of key: NodeID) -> NodeID? { self.keys[key]?.rotation?.newKey }

    /// Who took a key out of its identity, and from when on its messages are void (D-14).
    public func revocation(of key: NodeID) -> (root: NodeID, effective: Timestamp)? {
        self.keys[key]?.revocation.map { ($0.root, $0.effective) }
    }

    /// Whether a contradiction of rotations is open over an identity (R-01-013).
    public func isSuspended(_ identity: NodeID) -> Bool {
        self.keys[identity]?.suspendedOver != nil
    }

    /// Keys over which a contradiction is open, in ascending order.
    public var suspended: [NodeID] {
        self.keys.filter { $0.value.suspendedOver != nil }.map(\.key).sorted()
    }

    /// Identities with more than one key.
    public var linkedIdentities: Int { self.keys.values.count { !$0.children.isEmpty } }

    /// Who the sender of a message is, or why the key may not sign it.
    public func standing(of message: Message) -> Result<SenderStanding, Refusal> {
        guard let record = self.keys[message.from] else {
            return .success(SenderStanding(identity: message.from))
        }
        if let refusal = self.retired(record, message) { return .failure(refusal) }
        // What a key signed before it was rotated shares the fate of the key that took its place.
        let last = self.end(of: message.from)
        guard let revocation = self.keys[last]?.revocation else {
            return .success(self.standing(of: self.identity(of: message.from)))
        }
        return self.standing(of: message, after: revocation)
    }

    /// The key at the end of a key's rotations.
    func end(of key: NodeID) -> NodeID {
        var current = key
        while let next = self.keys[current]?.rotation?.newKey { current = next }
        return current
    }

    private func standing(of identity: NodeID, votingOpensAt: Timestamp? = nil) -> SenderStanding {
        SenderStanding(
            identity: identity,
            keyCount: self.keyCount(of: identity),
            isSuspended: self.isSuspended(identity),
            votingOpensAt: votingOpensAt
        )
    }

    /// A retired key signs for one hour more, by message time (R-01-010 to R-01-012).
    private func retired(_ record: KeyRecord, _ message: Message) -> Refusal? {
        guard let rotation = record.rotation,
            message.timestamp.milliseconds(since: rotation.timestamp)
                > IdentitiesLimits.graceMilliseconds
        else { return nil }
        return Refusal(.keyNotValid, "this key was rotated to \(rotation.newKey); sign with that")
    }

    private func standing(of message: Message, after revocation: KeyRecord.Revocation)
        -> Result<SenderStanding, Refusal>
    {
        let opening = revocation.timestamp.adding(
            milliseconds: IdentitiesLimits.cooldownMilliseconds
        )
        if let rebornAt = revocation.rebornAt, message.timestamp >= rebornAt {
            let own = self.identity(of: message.from)
            return .success(self.standing(of: own, votingOpensAt: opening))
        }
        if message.timestamp < revocation.effective {
            return .success(self.standing(of: self.identity(of: revocation.root)))
        }
        if message.startsOver(after: revocation.timestamp) {
            return .success(SenderStanding(identity: message.from, votingOpensAt: opening))
        }
        return .failure(
            Refusal(
                .keyNotValid,
                "this key was revoked by \(revocation.root); announce it with a fresh proof of "
                    + "delay to start over"
            )
        )
    }

    // MARK: Judging and folding

    /// Why a message of an identity type does not hold; nil when it may be applied.
    ///
    /// - Parameters:
    ///   - message: signature, time and sender were checked.
    ///   - receivedAt: local arrival time.
    ///   - isFromSync: came in a page of a peer, not live.
    /// - Returns: the rule that it breaks.
    public func refusal(of message: Message, receivedAt: Timestamp, isFromSync: Bool) -> Refusal? {
        switch message.payload {
        case .didLink(let link): self.refusal(of: link, from: message.from)
        case .didRevoke(let revocation): self.refusal(of: revocation, from: message.from)
        case .keyRotate(let rotation):
            self.refusal(of: rotation, message, receivedAt: receivedAt, isFromSync: isFromSync)
        default: nil
        }
    }

    /// Folds an accepted message of any type.
    @discardableResult
    public mutating func apply(_ message: Message) -> KeyChange? {
        switch message.payload {
        case .didLink(let link): self.apply(link)
        case .didRevoke(let revocation): self.apply(revocation, message)
        case .keyRotate(let rotation): self.apply(rotation, message)
        case .keyConflict: nil
        case .peerAnnounce: self.rebirth(message)
        default: self.speaks(message.from)
        }
    }

    private mutating func speaks(_ key: NodeID) -> KeyChange? {
        if self.keys[key]?.hasHistory != true {
            self.keys[key, default: KeyRecord()].hasHistory = true
        }
        return nil
    }

    /// What the registry holds, in the order of keys.
    public var digest: Bytes32 {
        let lines = self.keys.keys.sorted().map { key in
            "\(key) \(self.keys[key]?.line ?? "")\n"
        }
        return SHA256Digest.hash(Array(lines.joined().utf8))
    }
}

extension Message {
    /// Whether this announcement starts a revoked key's own life (D-13).
    func startsOver(after revokedAt: Timestamp) -> Bool {
        guard case .peerAnnounce(let announcement) = self.payload else { return false }
        return announcement.vdfProof.computedAt > revokedAt
    }
}
