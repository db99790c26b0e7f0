import Messages
import OrderedCollections
import Primitives

// Giving a key's place to another one (§1, Key Rotation).
extension KeyTable {
    func objection(toRotation deed: KeyDeed) -> Refusal? {
        let (old, new) = (deed.signer, deed.other)
        if self.cuts[old]?.contains(deed.timestamp) == true {
            return Refusal(.keyNotValid, "the key was revoked with effect before")
        }
        guard let first = self.keys[old]?.rotation else {
            return self.keys[new]?.isFresh(at: deed.timestamp) ?? true
                ? nil : Refusal(.rule, "new_key was in use before; rotate to a fresh key")
        }
        let distance = deed.timestamp.milliseconds(since: first.timestamp)
        guard first.newKey != new, distance > IdentitiesLimits.graceMilliseconds else {
            return nil
        }
        return Refusal(.rule, "the key was rotated to \(first.newKey) before")
    }

    mutating func rotate(_ deed: KeyDeed, contestsOnly: Bool) -> [KeyChange] {
        let old = deed.signer
        let step = KeyRecord.Rotation(
            id: deed.id,
            newKey: deed.other,
            timestamp: deed.timestamp,
            isOfChild: self.keys[old]?.root != nil
        )
        let first = self.keys[old]?.rotation
        guard first != nil || contestsOnly else {
            self.succeed(old, step)
            // Rivals may have been there before the first rotation that holds.
            return self.contest(old) + [.rotated(oldKey: old, newKey: step.newKey)]
        }
        guard first?.newKey != step.newKey,
            self.keys[old]?.rivals.contains(where: { $0.newKey == step.newKey }) != true
        else { return [] }
        self.keys[old, default: KeyRecord()].rivals.append(step)
        return self.contest(old)
    }

    /// The new key inherits the old one's place: its root, or its children.
    private mutating func succeed(_ old: NodeID, _ step: KeyRecord.Rotation) {
        self.keys[old, default: KeyRecord()].rotation = step
        self.keys[step.newKey, default: KeyRecord()].predecessor = old
        self.pass(old, to: step.newKey)
    }

    private mutating func pass(_ old: NodeID, to new: NodeID) {
        guard let place = self.keys[old] else { return }
        self.keys[new, default: KeyRecord()].root = place.root
        self.keys[new]?.children = place.children
        self.keys[new]?.wasRoot = place.wasRoot
        self.keys[old]?.root = nil
        self.keys[old]?.children = []
        for child in place.children { self.keys[child]?.root = new }
        guard let root = place.root else { return }
        let siblings = self.keys[root]?.children ?? []
        self.keys[root]?.children = siblings.map { $0 == old ? new : $0 }
    }

    // MARK: Contradictions

    /// Suspends all successors of a key once there are two (R-01-013).
    private mutating func contest(_ old: NodeID) -> [KeyChange] {
        guard let first = self.keys[old]?.rotation, let rivals = self.keys[old]?.rivals,
            let rival = rivals.last
        else { return [] }
        for step in [first] + rivals { self.suspend(step.newKey, over: old) }
        return [.conflicted(KeyContradiction(oldKey: old, first, rival))]
    }

    private mutating func suspend(_ key: NodeID, over old: NodeID) {
        guard self.keys[key]?.contested.contains(old) != true else { return }
        self.keys[key, default: KeyRecord()].contested.append(old)
    }

    /// Ends a contradiction in favour of one successor, by a ratified resolution (D-61).
    ///
    /// The other successors go on as keys without a place among others.
    mutating func resolve(_ old: NodeID, successor: NodeID) -> KeyChange? {
        guard let first = self.keys[old]?.rotation, let rivals = self.keys[old]?.rivals,
            !rivals.isEmpty,
            let chosen = ([first] + rivals).first(where: { $0.newKey == successor })
        else { return nil }
        for step in [first] + rivals {
            self.keys[step.newKey]?.contested.removeAll { $0 == old }
        }
        self.keys[old]?.rivals = []
        let (holder, heir) = (self.end(of: first.newKey), self.end(of: successor))
        guard chosen != first, self.mayInherit(successor, from: old) else { return nil }
        self.keys[old]?.rotation = chosen
        self.keys[first.newKey]?.predecessor = nil
        self.keys[successor]?.predecessor = old
        self.pass(holder, to: heir)
        return .rotated(oldKey: holder, newKey: heir)
    }

    /// A key with another place keeps that one: two identities do not merge, and no circle closes.
    private func mayInherit(_ successor: NodeID, from old: NodeID) -> Bool {
        let chain = self.chain(from: successor)
        return self.keys[successor]?.predecessor == nil && !chain.contains(old)
            && chain.allSatisfy { key in
                let record = self.keys[key]
                return record?.root == nil && record?.wasRoot != true && record?.revocation == nil
            }
    }
}
