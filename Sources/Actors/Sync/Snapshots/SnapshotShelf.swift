import Messages
import OrderedCollections
import Primitives

/// A snapshot that this node signed, or that it got from a peer and that passed admission.
struct KeptSnapshot: Sendable {
    let message: Message
    let snapshot: StateSnapshot
    /// The identity of the publisher.
    let publisher: NodeID
    /// Where the publisher's node is (D-25); nil when it is not connected, and those share one.
    let network: String?

    /// What it says of the trees.
    var roots: Roots {
        Roots(
            proposals: self.snapshot.proposalMerkleRoot,
            identities: self.snapshot.identityMerkleRoot
        )
    }
}

/// The newest snapshots, one of each publisher, in memory only: after a day they are worth nothing.
struct SnapshotShelf: Sendable {
    private var own: KeptSnapshot?
    private var others: OrderedDictionary<NodeID, KeptSnapshot> = [:]

    /// This node signed one.
    mutating func keep(own snapshot: KeptSnapshot) { self.own = snapshot }

    /// A publisher's snapshot came; an older one of the same publisher gives way (R-05-033).
    mutating func keep(_ kept: KeptSnapshot) {
        let moment = kept.snapshot.snapshotTimestamp
        if let known = self.others[kept.publisher], known.snapshot.snapshotTimestamp >= moment {
            return
        }
        self.others[kept.publisher] = kept
        guard self.others.count > SnapshotLimits.keptMax,
            let oldest = self.others.values.min(by: {
                $0.snapshot.snapshotTimestamp < $1.snapshot.snapshotTimestamp
            })
        else { return }
        self.others.removeValue(forKey: oldest.publisher)
    }

    /// Those of others that are fresh.
    func collected(now: Timestamp) -> [KeptSnapshot] {
        self.others.values.filter { $0.snapshot.objection(now: now) == nil }
    }

    /// What a peer that asks is served: the own one, and then those of others.
    func served(now: Timestamp) -> [[UInt8]] {
        let own = [self.own].compactMap { $0 }
            .filter { $0.snapshot.objection(now: now) == nil }
        return (own + self.collected(now: now)).map(\.message.canonical)
    }
}
