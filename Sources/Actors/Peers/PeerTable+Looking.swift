import OrderedCollections
import Primitives

// The table is searched every second, and a record is large: these functions copy none.
extension OrderedDictionary<NodeID, PeerRecord> {
    /// The peers whose records meet a condition, in the order of the table.
    func nodes(where isMeant: (PeerRecord) -> Bool) -> [NodeID] {
        self.values.withUnsafeBufferPointer { records in
            records.indices.filter { isMeant(records[$0]) }
        }.map { self.keys[$0] }
    }

    /// How many records meet a condition.
    func count(where isMeant: (PeerRecord) -> Bool) -> Int {
        self.values.withUnsafeBufferPointer { records in
            records.indices.count { isMeant(records[$0]) }
        }
    }

    /// Whether any record meets a condition.
    func has(_ isMeant: (PeerRecord) -> Bool) -> Bool {
        self.values.withUnsafeBufferPointer { records in
            records.indices.contains { isMeant(records[$0]) }
        }
    }
}
