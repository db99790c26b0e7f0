import OrderedCollections
import Primitives

/// The deeds that were accepted, by the keys that they tie together, each list in order.
struct KeyEvidence: Sendable, Codable {
    /// Keys that deeds tie together, and all deeds between them in order.
    struct Component: Sendable {
        let keys: OrderedSet<NodeID>
        let deeds: [KeyDeed]
    }

    private var deeds: OrderedDictionary<NodeID, [KeyDeed]> = [:]
    private var last: KeyDeed?

    /// Takes a deed in.
    ///
    /// - Returns: whether it was not there yet.
    mutating func add(_ deed: KeyDeed) -> Bool {
        for key in deed.keys {
            var list = self.deeds[key] ?? []
            let place = list.lastIndex { $0 < deed }.map { $0 + 1 } ?? 0
            guard place == list.count || list[place].id != deed.id else { return false }
            list.insert(deed, at: place)
            self.deeds[key] = list
        }
        if self.isLast(deed) { self.last = deed }
        return true
    }

    /// Whether nothing stands behind a deed.
    func isLast(_ deed: KeyDeed) -> Bool { self.last.map { $0 < deed } ?? true }

    /// The deeds that name a key.
    func deeds(on key: NodeID) -> [KeyDeed] { self.deeds[key] ?? [] }

    /// All that is tied to some keys, directly or by other keys; nil when it is too much.
    func component(of keys: [NodeID]) -> Component? {
        var all = OrderedSet(keys)
        var found: [KeyDeed] = []
        var next = 0
        while next < all.count {
            for deed in self.deeds(on: all[next]) {
                all.append(contentsOf: deed.keys)
                // Each deed is taken from the list of its signer alone.
                if deed.signer == all[next] { found.append(deed) }
                guard found.count <= IdentitiesLimits.orderedDeedsMax else { return nil }
            }
            next += 1
        }
        return Component(keys: all, deeds: found.sorted { $0 < $1 })
    }
}

extension KeyEvidence: Digestible {
    /// Which key was named first decides nothing.
    func digest(into writer: inout some StateWriter) {
        writer.field("deeds", self.deeds.ascending)
        writer.field("last", self.last)
    }
}
