import OrderedCollections
public import Primitives

/// How a message, or a vote, changed keys.
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
    /// What tied a key to an identity does not hold; it speaks for itself.
    case freed(key: NodeID)

    /// The keys that it is about.
    public var keys: [NodeID] {
        switch self {
        case .linked(let root, let child): [root, child]
        case .revoked(let root, let key, _): [root, key]
        case .rotated(let oldKey, let newKey): [oldKey, newKey]
        case .conflicted(let contradiction):
            [contradiction.oldKey] + contradiction.rotations.map(\.newKey)
        case .reborn(let key), .freed(let key): [key]
        }
    }
}

/// Two rotations of one key to different successors, ordered by message id (D-07).
public struct KeyContradiction: Sendable, Equatable {
    /// The key that signed both.
    public let oldKey: NodeID
    /// The rotations and where they lead, by ascending id.
    public let rotations: [(id: MessageID, newKey: NodeID)]

    init(oldKey: NodeID, _ first: KeyRecord.Rotation, _ second: KeyRecord.Rotation) {
        self.oldKey = oldKey
        self.rotations = [first, second].sorted { $0.id < $1.id }
            .map { (id: $0.id, newKey: $0.newKey) }
    }

    /// Equality of key and rotations.
    public static func == (left: Self, right: Self) -> Bool {
        left.oldKey == right.oldKey && left.rotations.elementsEqual(right.rotations, by: ==)
    }
}

/// What is different after deeds were put in order again.
struct KeyComparison {
    let before: KeyTable
    let after: KeyTable
    /// The keys to look at, sorted.
    let keys: [NodeID]

    /// The changes that lead from one to the other.
    var changes: [KeyChange] {
        let moves = self.keys.compactMap { self.move(of: $0) }
        let moved = Set(moves.flatMap(\.keys))
        return self.keys.flatMap { key in
            [self.contradiction(of: key), self.revocation(of: key), self.rebirth(of: key)]
                .compactMap(\.self)
        } + moves
            + self.keys.filter { self.isFreed($0) && !moved.contains($0) }.map { .freed(key: $0) }
    }

    /// Where the identity of a key went with all that is known of it.
    private func move(of key: NodeID) -> KeyChange? {
        guard self.before.identity(of: key) == key else { return nil }
        let origin = self.before.origin(of: key)
        let identity = self.after.identity(of: origin)
        guard identity != key else { return nil }
        // It turned out to be the successor of another key, which brings the past of both.
        if let oldKey = self.after.keys[origin]?.predecessor {
            return .rotated(oldKey: oldKey, newKey: self.after.end(of: origin))
        }
        return self.after.end(of: origin) == identity
            ? .rotated(oldKey: key, newKey: identity) : .linked(root: identity, child: key)
    }

    private func contradiction(of key: NodeID) -> KeyChange? {
        guard let first = self.after.keys[key]?.rotation, let rivals = self.after.keys[key]?.rivals,
            let rival = rivals.first, self.before.keys[key]?.rivals.isEmpty != false
        else { return nil }
        return .conflicted(KeyContradiction(oldKey: key, first, rival))
    }

    private func revocation(of key: NodeID) -> KeyChange? {
        guard let found = self.after.keys[key]?.revocation,
            found.id != self.before.keys[key]?.revocation?.id
        else { return nil }
        return .revoked(root: found.root, key: key, effective: found.effective)
    }

    private func rebirth(of key: NodeID) -> KeyChange? {
        guard self.after.keys[key]?.revocation?.rebornAt != nil,
            self.before.keys[key]?.revocation?.rebornAt == nil
        else { return nil }
        return .reborn(key: key)
    }

    private func isFreed(_ key: NodeID) -> Bool {
        self.before.identity(of: key) != key && self.after.identity(of: key) == key
    }
}
