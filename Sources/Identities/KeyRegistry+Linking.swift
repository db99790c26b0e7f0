import Messages
import OrderedCollections
import Primitives

// Linking and revoking keys (§1, Identity Linking).
extension KeyRegistry {
    // MARK: DID_LINK

    func refusal(of link: DIDLink, from sender: NodeID) -> Refusal? {
        guard link.rootKey == sender else { return Refusal(.rule, "only a root takes in a key") }
        guard link.rootKey != link.childKey else {
            return Refusal(.rule, "a key cannot be its own child")
        }
        guard link.isConsented else {
            return Refusal(
                .rule,
                "child_signature is not the child's over both keys; make it on the child with "
                    + "`valence-node id consent`"
            )
        }
        let root = self.identity(of: link.rootKey)
        // A retired key speaks for its successor: that may be a child, or the key to be linked.
        let signer = self.end(of: link.rootKey)
        if self.keys[signer]?.root != nil {
            return Refusal(.rule, "a child cannot have children; link it with the root")
        }
        guard link.childKey != root else {
            return Refusal(.rule, "a key cannot be its own child, nor its former key's")
        }
        guard let child = self.keys[link.childKey] else { return nil }
        if child.revocation != nil {
            return Refusal(.rule, "a revoked key can never be linked again")
        }
        if child.rotation != nil { return Refusal(.rule, "the child key was rotated") }
        if child.wasRoot { return Refusal(.rule, "a key with children cannot become a child") }
        if let owner = child.root, owner != root {
            return Refusal(.rule, "the key is linked to \(owner) already; the first link wins")
        }
        return nil
    }

    mutating func apply(_ link: DIDLink) -> KeyChange? {
        let root = self.identity(of: link.rootKey)
        guard self.keys[link.childKey]?.root != root else { return nil }
        self.keys[link.childKey, default: KeyRecord()].root = root
        self.keys[root, default: KeyRecord()].children.append(link.childKey)
        self.keys[root]?.wasRoot = true
        return .linked(root: root, child: link.childKey)
    }

    // MARK: DID_REVOKE

    func refusal(of revocation: DIDRevoke, from sender: NodeID) -> Refusal? {
        guard revocation.rootKey == sender else {
            return Refusal(.rule, "only the root revokes a key")
        }
        guard revocation.rootKey != revocation.revokedKey else {
            return Refusal(.rule, "a root cannot revoke itself; rotate it instead")
        }
        // A stolen device must not be able to silence its siblings.
        guard self.keys[self.end(of: revocation.rootKey)]?.root == nil else {
            return Refusal(.rule, "a child cannot revoke; revoke it with the root")
        }
        let root = self.identity(of: revocation.rootKey)
        let record = self.keys[revocation.revokedKey]
        let isOwn = record?.root == root
        let wasOwn = record?.revocation.map { self.identity(of: $0.root) == root } ?? false
        guard isOwn || wasOwn else {
            return Refusal(
                .rule,
                "the key to revoke is not linked to \(root); `valence-node id show` lists its keys"
            )
        }
        return nil
    }

    mutating func apply(_ revocation: DIDRevoke, _ message: Message) -> KeyChange? {
        let root = self.identity(of: revocation.rootKey)
        let key = revocation.revokedKey
        let timestamp = message.timestamp
        let effective = Self.effective(revocation.effectiveFrom, at: timestamp)
        var record = KeyRecord.Revocation(
            id: message.id,
            root: root,
            timestamp: timestamp,
            effective: effective
        )
        if let held = self.keys[key]?.revocation {
            // Of several revocations the earliest counts, in whatever order they come.
            guard (timestamp, message.id) < (held.timestamp, held.id) else { return nil }
            record.rebornAt = held.rebornAt
        } else {
            guard self.keys[key]?.root == root else { return nil }
            self.keys[root]?.children.removeAll { $0 == key }
            self.keys[key]?.root = nil
        }
        self.keys[key]?.revocation = record
        return .revoked(root: root, key: key, effective: effective)
    }

    /// The earlier of both times, at most thirty days before the message (D-14).
    private static func effective(_ stated: Timestamp?, at timestamp: Timestamp) -> Timestamp {
        let earliest = timestamp.adding(milliseconds: -IdentitiesLimits.retroactiveMilliseconds)
        return max(earliest, min(stated ?? timestamp, timestamp))
    }

    // MARK: Starting over

    /// A revoked key that announces itself with a fresh proof begins anew (D-13).
    mutating func rebirth(_ message: Message) -> KeyChange? {
        guard let revocation = self.keys[message.from]?.revocation, revocation.rebornAt == nil,
            message.timestamp >= revocation.effective,
            message.startsOver(after: revocation.timestamp)
        else { return nil }
        self.keys[message.from]?.revocation?.rebornAt = message.timestamp
        return .reborn(key: message.from)
    }
}
