import Messages
import OrderedCollections
import Primitives

/// What enough publishers say alike of the trees (R-05-035, R-16-153).
struct SnapshotAgreement: Sendable, Equatable {
    let roots: Roots
    /// The earliest time that one of them names.
    let moment: Timestamp
    /// Their hashes over all scores.
    let summaries: [Bytes32]
    /// The nodes that signed them.
    let signers: Set<NodeID>

    /// Whether so many publishers in so many networks are enough.
    static func isEnough(publishers: Int, networks: Int) -> Bool {
        publishers >= SnapshotLimits.publishersMin && networks >= SnapshotLimits.networksMin
    }

    /// The roots that enough publishers name; of several the latest.
    ///
    /// - Parameter snapshots: one of each publisher.
    init?(among snapshots: [KeptSnapshot]) {
        let groups = OrderedDictionary(grouping: snapshots, by: \.roots).values
        let agreements = groups.compactMap { Self(of: $0) }
        guard let latest = agreements.max(by: { $0.moment < $1.moment }) else { return nil }
        self = latest
    }

    /// Publishers that name the same roots, if they are enough; those of unknown networks share one (D-25).
    private init?(of group: [KeptSnapshot]) {
        let publishers = Set(group.map(\.publisher)).count
        let networks = Set(group.map(\.network)).count
        guard Self.isEnough(publishers: publishers, networks: networks), let first = group.first,
            let moment = group.map(\.snapshot.snapshotTimestamp).min()
        else { return nil }
        self.roots = first.roots
        self.moment = moment
        self.summaries = group.map(\.snapshot.reputationSummaryHash)
        self.signers = Set(group.map(\.message.from))
    }

    /// Whether somebody else holds something else, so that nothing is to be made of what the publishers
    /// say: to read a little once more costs less than to believe accomplices.
    ///
    /// - Parameter outsiders: what peers that published none of these snapshots hold (R-05-036).
    /// - Returns: whether one of them does.
    func isDisputed(by outsiders: [Roots]) -> Bool {
        outsiders.contains { other in
            other.proposals != self.roots.proposals
                || (other.identities ?? self.roots.identities) != self.roots.identities
        }
    }

    /// From when on this node reads again what it may have missed (R-16-154, SYNC-20).
    var readingBegins: Timestamp {
        self.moment.adding(milliseconds: -SnapshotLimits.marginMilliseconds)
    }
}
