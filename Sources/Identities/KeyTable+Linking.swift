import Messages
import OrderedCollections
import Primitives

// Linking and revoking keys (§1, Identity Linking).
extension KeyTable {
    // MARK: DID_LINK

    func objection(toLink deed: KeyDeed) -> Refusal? {
        let (root, child) = (self.identity(of: deed.signer), deed.other)
        // A retired key speaks for its successor: that may be a child, or the key to be linked.
        if self.isChild(deed.signer) {
            return Refusal(.rule, "a child cannot have children; link it with the root")
        }
        guard child != root else {
            return Refusal(.rule, "a key cannot be its own child, nor its former key's")
        }
        if self.keys[child]?.revocation != nil {
            return Refusal(.rule, "a revoked key can never be linked again")
        }
        if self.keys[child]?.rotation != nil { return Self.rotatedChild }
        return self.contention(over: child, by: root)
    }

    static var rotatedChild: Refusal { Refusal(.rule, "the child key was rotated") }

    /// The root to which the key is linked already; the first link that was seen wins (R-01-025).
    private func contention(over child: NodeID, by root: NodeID) -> Refusal? {
        let record = self.keys[child]
        if record?.wasRoot == true {
            return Refusal(.rule, "a key with children cannot become a child")
        }
        let owner = record?.root ?? record?.revocation?.root
        guard let owner, self.identity(of: owner) != root else { return nil }
        return Refusal(.rule, "the key is linked to \(owner) already; the first link wins")
    }

    /// Why a link that stands in front of others takes nothing away from them (R-01-025).
    func contention(over deed: KeyDeed) -> Refusal? {
        guard deed.kind == .link else { return nil }
        let (root, child) = (self.identity(of: deed.signer), self.end(of: deed.other))
        if self.isChild(deed.signer) || self.silence(of: deed) != nil || child == root {
            return Refusal(.rule, "the signer has another place; the first link wins")
        }
        return self.contention(over: child, by: root)
    }

    private func isChild(_ key: NodeID) -> Bool {
        let record = self.keys[self.end(of: key)]
        return record?.root != nil || record?.revocation.map { $0.rebornAt == nil } ?? false
    }

    mutating func link(_ deed: KeyDeed) -> KeyChange? {
        let root = self.identity(of: deed.signer)
        guard self.keys[deed.other]?.root != root else { return nil }
        self.keys[deed.other, default: KeyRecord()].root = root
        self.keys[root, default: KeyRecord()].children.append(deed.other)
        self.keys[root]?.wasRoot = true
        return .linked(root: root, child: deed.other)
    }

    // MARK: DID_REVOKE

    func objection(toRevocation deed: KeyDeed) -> Refusal? {
        // A stolen device must not be able to silence its siblings.
        guard self.keys[self.end(of: deed.signer)]?.root == nil else {
            return Refusal(.rule, "a child cannot revoke; revoke it with the root")
        }
        let root = self.identity(of: deed.signer)
        let record = self.keys[self.end(of: deed.other)]
        let wasOwn = record?.revocation.map { self.identity(of: $0.root) == root } ?? false
        guard record?.root == root || wasOwn else {
            return Refusal(
                .rule,
                "the key to revoke is not linked to \(root); `valence-node id show` lists its keys"
            )
        }
        return nil
    }

    /// Revoking a key revokes its successors as well: a thief gains nothing by a quick rotation.
    mutating func revoke(_ deed: KeyDeed, effective: Timestamp) -> KeyChange? {
        let (root, key) = (self.identity(of: deed.signer), self.end(of: deed.other))
        // Of several revocations the earliest counts.
        guard self.keys[key]?.revocation == nil else { return nil }
        self.keys[root]?.children.removeAll { $0 == key }
        self.keys[key]?.root = nil
        self.keys[key]?.revocation = KeyRecord.Revocation(
            id: deed.id,
            root: root,
            timestamp: deed.timestamp,
            effective: effective
        )
        if let rotated = self.voidRotation(by: deed) {
            self.cut(rotated, effective...deed.timestamp)
        }
        return .revoked(root: root, key: key, effective: effective)
    }

    // MARK: Starting over

    /// A revoked key that announces itself with a fresh proof begins anew (D-13).
    mutating func restart(_ deed: KeyDeed, computedAt: Timestamp) -> KeyChange? {
        guard let revocation = self.keys[deed.signer]?.revocation,
            deed.timestamp >= revocation.effective, computedAt > revocation.timestamp,
            revocation.rebornAt.map({ deed.timestamp < $0 }) ?? true
        else { return nil }
        self.keys[deed.signer]?.revocation?.rebornAt = deed.timestamp
        return revocation.rebornAt == nil ? .reborn(key: deed.signer) : nil
    }
}
