import Identities
import Messages
import OrderedCollections
import Primitives

/// Which identity messages name which key, for peers that ask for a key's chain (R-01-033, D-89).
struct IdentityIndex: Sendable, Codable {
    /// One message that names a key.
    struct Entry: Sendable, Equatable, Codable {
        let timestamp: Timestamp
        let id: MessageID
        let type: MessageType

        /// Whether it stands in front of another one in the order of sync (R-05-005).
        static func < (one: Self, other: Self) -> Bool {
            (one.timestamp, one.id) < (other.timestamp, other.id)
        }
    }

    /// For every key what names it, in the order of sync.
    private var entries: [NodeID: [Entry]] = [:]
    /// Keys that a rotation ties to each other.
    private var neighbours: [NodeID: OrderedSet<NodeID>] = [:]
    /// Keys with a notice of a conflict.
    private var contested: OrderedSet<NodeID> = []

    /// Takes an accepted identity message in; twice is once, and so are two notices on one key.
    ///
    /// The rotations themselves are there as well, so a second notice would say nothing new.
    mutating func add(_ message: Message) {
        guard let type = message.type else { return }
        if case .keyConflict(let notice) = message.payload {
            guard self.contested.append(notice.oldKey).inserted else { return }
        }
        let entry = Entry(timestamp: message.timestamp, id: message.id, type: type)
        for key in message.namedKeys { self.insert(entry, for: key) }
        guard case .keyRotate(let rotation) = message.payload else { return }
        self.neighbours[rotation.oldKey, default: []].append(rotation.newKey)
        self.neighbours[rotation.newKey, default: []].append(rotation.oldKey)
    }

    private mutating func insert(_ entry: Entry, for key: NodeID) {
        var list = self.entries[key] ?? []
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < entry { low = middle + 1 } else { high = middle }
        }
        guard low == list.count || list[low].id != entry.id else { return }
        list.insert(entry, at: low)
        self.entries[key] = list
    }

    /// What names a key or any other key of its rotation chain, in the order of sync.
    func chain(of key: NodeID) -> [Entry] {
        var keys: OrderedSet = [key]
        var next = 0
        while next < keys.count, keys.count < IdentityLimits.chainKeysMax {
            keys.append(contentsOf: self.neighbours[keys[next]] ?? [])
            next += 1
        }
        let all = keys.flatMap { self.entries[$0] ?? [] }.sorted { $0 < $1 }
        // A message that names two keys of the chain stands there twice, side by side.
        return all.enumerated().filter { $0 == 0 || all[$0 - 1].id != $1.id }.map(\.element)
    }
}

extension IdentityIndex: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("entries", self.entries)
        writer.field("neighbours", self.neighbours)
        writer.field("contested", self.contested)
    }
}

extension IdentityIndex.Entry: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("timestamp", self.timestamp)
        writer.field("id", self.id)
        writer.field("type", self.type)
    }
}
