import Messages
import OrderedCollections
import Primitives

/// Which key acts for whom after some deeds: the rules of §1 at one point of their order.
///
/// A deed that the rules do not allow at its place has no effect.
struct KeyTable: Sendable, Codable {
    var keys: OrderedDictionary<NodeID, KeyRecord> = [:]
    /// Rotations of a key in the time that a revocation made void (D-14).
    private(set) var cuts: OrderedDictionary<NodeID, ClosedRange<Timestamp>> = [:]
    /// Deeds that the rules do not allow at their place.
    private(set) var idle: Set<MessageID> = []

    /// The empty table.
    init() {}

    /// What deeds lead to, given when each key spoke first.
    ///
    /// A revocation may make a rotation void that stands in front of it, so what it cuts off is
    /// looked for first.
    init(_ deeds: some Collection<KeyDeed>, spokeAt: OrderedDictionary<NodeID, Timestamp?>) {
        self.keys = spokeAt.mapValues { KeyRecord(spokeAt: $0) }
        let blank = self
        for deed in deeds { _ = self.apply(deed) }
        guard !self.cuts.isEmpty else { return }
        let cuts = self.cuts
        self = blank
        self.cuts = cuts
        for deed in deeds { _ = self.apply(deed) }
    }

    // MARK: Reading

    /// The identity that a key acts for: its root at the end of all rotations.
    func identity(of key: NodeID) -> NodeID {
        let last = self.end(of: key)
        // A root is no child (R-01-024), but it may have been rotated.
        return self.keys[last]?.root.map { self.end(of: $0) } ?? last
    }

    /// The key at the end of a key's rotations.
    func end(of key: NodeID) -> NodeID {
        var current = key
        // Rotations lead to fresh keys alone (D-83), so the chain cannot close.
        while let next = self.keys[current]?.rotation?.newKey { current = next }
        return current
    }

    /// The key at the begin of the rotations that lead to a key.
    func origin(of key: NodeID) -> NodeID {
        var current = key
        while let previous = self.keys[current]?.predecessor { current = previous }
        return current
    }

    /// A key and its successors.
    func chain(from key: NodeID) -> [NodeID] {
        var chain = [key]
        while let next = self.keys[chain[chain.count - 1]]?.rotation?.newKey { chain.append(next) }
        return chain
    }

    /// How many keys may sign for an identity, root included (R-01-046).
    func keyCount(of identity: NodeID) -> Int { 1 + (self.keys[identity]?.children.count ?? 0) }

    // MARK: Deeds

    /// Why a deed has no effect here; nil when it has one, or repeats what is so already.
    func objection(to deed: KeyDeed) -> Refusal? {
        switch deed.kind {
        case .announce, .resolve: return nil
        case .link: return self.silence(of: deed) ?? self.objection(toLink: deed)
        case .revoke: return self.silence(of: deed) ?? self.objection(toRevocation: deed)
        case .rotate: return self.silence(of: deed) ?? self.objection(toRotation: deed)
        }
    }

    /// Applies a deed against which nothing speaks at its place.
    mutating func apply(_ deed: KeyDeed) -> [KeyChange] {
        guard self.objection(to: deed) == nil else {
            self.idle.insert(deed.id)
            return []
        }
        let change: KeyChange?
        switch deed.kind {
        case .rotate(let contestsOnly): return self.rotate(deed, contestsOnly: contestsOnly)
        case .link: change = self.link(deed)
        case .revoke(let effective): change = self.revoke(deed, effective: effective)
        case .announce(let computedAt): change = self.restart(deed, computedAt: computedAt)
        case .resolve: change = self.resolve(deed.signer, successor: deed.other)
        }
        return change.map { [$0] } ?? []
    }

    /// Whether a deed is about what stands in front of it, so that the order must be gone through.
    func isRetroactive(_ deed: KeyDeed) -> Bool { self.voidRotation(by: deed) != nil }

    /// The key of which a revocation makes the rotation void: the named one, or a successor.
    func voidRotation(by deed: KeyDeed) -> NodeID? {
        guard case .revoke(let effective) = deed.kind else { return nil }
        return self.chain(from: deed.other).first { key in
            self.keys[key]?.rotation.map { $0.isOfChild && $0.timestamp >= effective } ?? false
        }
    }

    /// Takes over what all deeds between some keys lead to.
    mutating func replace(_ component: KeyEvidence.Component, by after: KeyTable) {
        for key in component.keys { self.keys[key] = after.keys[key] }
        let deeds = component.deeds.map(\.id)
        self.idle.subtract(deeds)
        self.idle.formUnion(deeds.filter { after.idle.contains($0) })
    }

    mutating func cut(_ key: NodeID, _ span: ClosedRange<Timestamp>) { self.cuts[key] = span }
}

extension KeyTable: Digestible {
    /// A record that says nothing is none: the order of arrival decides whether there is one.
    func digest(into writer: inout some StateWriter) {
        writer.field("keys", self.keys.filter { $0.value != KeyRecord() }.ascending)
        writer.field("cuts", self.cuts.ascending)
        writer.field("idle", self.idle)
    }
}
