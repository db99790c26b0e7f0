import Messages
import OrderedCollections
public import Primitives

// Giving a key's place to another one (§1, Key Rotation).
extension KeyRegistry {
    func refusal(
        of rotation: KeyRotate,
        _ message: Message,
        receivedAt: Timestamp,
        isFromSync: Bool
    ) -> Refusal? {
        guard rotation.oldKey == message.from else {
            return Refusal(.rule, "a key rotates itself alone")
        }
        guard rotation.newKey != rotation.oldKey else {
            return Refusal(.rule, "a key cannot succeed itself")
        }
        guard rotation.isConsented else {
            return Refusal(.rule, "new_key_signature is not the new key's (D-06)")
        }
        guard let first = self.keys[rotation.oldKey]?.rotation else {
            return self.keys[rotation.newKey]?.isFresh ?? true
                ? nil : Refusal(.rule, "new_key was in use before; rotate to a fresh key")
        }
        if first.newKey == rotation.newKey { return nil }
        if Self.contradicts(first, message, receivedAt: receivedAt, isFromSync: isFromSync) {
            return nil
        }
        return Refusal(.rule, "the key was rotated to \(first.newKey) before")
    }

    /// Whether a second rotation is evidence of a stolen key, not just late (D-08).
    private static func contradicts(
        _ first: KeyRecord.Rotation,
        _ second: Message,
        receivedAt: Timestamp,
        isFromSync: Bool
    ) -> Bool {
        let distance = second.timestamp.milliseconds(since: first.timestamp)
        let age = receivedAt.milliseconds(since: second.timestamp)
        return distance <= IdentitiesLimits.graceMilliseconds
            && !(isFromSync && age > IdentitiesLimits.lateRotationMilliseconds)
    }

    mutating func apply(_ rotation: KeyRotate, _ message: Message) -> KeyChange? {
        let step = KeyRecord.Rotation(
            id: message.id,
            newKey: rotation.newKey,
            timestamp: message.timestamp
        )
        guard let first = self.keys[rotation.oldKey]?.rotation else {
            self.succeed(rotation.oldKey, step)
            return .rotated(oldKey: rotation.oldKey, newKey: rotation.newKey)
        }
        guard first.newKey != rotation.newKey,
            self.keys[rotation.oldKey]?.contradiction == nil
        else { return nil }
        return self.contradict(rotation.oldKey, first, step)
    }

    /// The new key inherits the old one's place: its root, or its children.
    private mutating func succeed(_ oldKey: NodeID, _ step: KeyRecord.Rotation) {
        var old = self.keys[oldKey] ?? KeyRecord()
        var new = self.keys[step.newKey] ?? KeyRecord()
        new.root = old.root
        new.children = old.children
        new.wasRoot = old.wasRoot
        new.hasHistory = true
        for child in old.children { self.keys[child]?.root = step.newKey }
        if let root = old.root {
            let siblings = self.keys[root]?.children ?? []
            self.keys[root]?.children = siblings.map { $0 == oldKey ? step.newKey : $0 }
        }
        old.root = nil
        old.children = []
        old.rotation = step
        self.keys[oldKey] = old
        self.keys[step.newKey] = new
    }

    private mutating func contradict(
        _ oldKey: NodeID,
        _ first: KeyRecord.Rotation,
        _ second: KeyRecord.Rotation
    ) -> KeyChange {
        self.keys[oldKey]?.contradiction = second
        for step in [first, second] {
            self.keys[step.newKey, default: KeyRecord()].suspendedOver = oldKey
        }
        return .conflicted(Self.contradiction(oldKey, first, second))
    }

    private static func contradiction(
        _ oldKey: NodeID,
        _ first: KeyRecord.Rotation,
        _ second: KeyRecord.Rotation
    ) -> KeyContradiction {
        let ordered = [first, second].sorted { $0.id < $1.id }
        return KeyContradiction(
            oldKey: oldKey,
            rotations: ordered.map { (id: $0.id, newKey: $0.newKey) }
        )
    }

    /// The rotations that a conflict notice names and this node does not hold (D-08).
    public func unknownRotations(of oldKey: NodeID, _ ids: [MessageID]) -> [MessageID] {
        let record = self.keys[oldKey]
        let held = [record?.rotation?.id, record?.contradiction?.id].compactMap { $0 }
        return ids.filter { !held.contains($0) }
    }

    /// Ends a contradiction in favour of one successor, by a ratified resolution (D-61).
    ///
    /// - Returns: the change when the chosen successor is not the one that was applied first.
    public mutating func resolve(_ oldKey: NodeID, successor: NodeID) -> KeyChange? {
        guard let first = self.keys[oldKey]?.rotation,
            let second = self.keys[oldKey]?.contradiction,
            successor == first.newKey || successor == second.newKey
        else { return nil }
        self.keys[oldKey]?.contradiction = nil
        self.keys[first.newKey]?.suspendedOver = nil
        self.keys[second.newKey]?.suspendedOver = nil
        // A key with another place keeps that one: two identities do not merge, and no circle closes.
        guard successor == second.newKey, self.keys[successor]?.isFree ?? true else { return nil }
        // The place passes from the wrong successor to the right one, as by a rotation of its own.
        self.succeed(first.newKey, second)
        return .rotated(oldKey: first.newKey, newKey: successor)
    }
}
