import Messages
import OrderedCollections
import Primitives

/// Messages that others refer to and this node has not seen, with who may hold them (D-88).
struct MissingMessages: Sendable {
    private struct Entry: Sendable {
        var holders: OrderedSet<NodeID>
        var asked: OrderedSet<NodeID> = []
    }

    private var entries: OrderedDictionary<MessageID, Entry> = [:]

    /// Adds missing ids; the oldest give way when the table is full.
    mutating func add(_ ids: [MessageID], holders: [NodeID]) {
        for id in ids where self.entries[id] == nil {
            if self.entries.count >= SyncLimits.missingMax { self.entries.removeFirst() }
            self.entries[id] = Entry(holders: OrderedSet(holders))
        }
    }

    /// The message has arrived.
    mutating func found(_ id: MessageID) {
        self.entries[id] = nil
    }

    /// The next peer to ask and for what: likely holders first, then any connected peer.
    mutating func next(connected: [NodeID]) -> (peer: NodeID, ids: [MessageID])? {
        guard let peer = self.nextPeer(connected: connected) else { return nil }
        var ids: [MessageID] = []
        for (id, entry) in self.entries
        where !entry.asked.contains(peer) && ids.count < SyncLimits.idsPerRequestMax {
            self.entries[id]?.asked.append(peer)
            ids.append(id)
        }
        return ids.isEmpty ? nil : (peer, ids)
    }

    private func nextPeer(connected: [NodeID]) -> NodeID? {
        for entry in self.entries.values {
            let likely = entry.holders.elements + connected
            if let peer = likely.first(where: {
                connected.contains($0) && !entry.asked.contains($0)
            }) {
                return peer
            }
        }
        return nil
    }
}
