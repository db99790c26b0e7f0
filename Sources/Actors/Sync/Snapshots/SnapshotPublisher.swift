import Messages
import Primitives

/// Says when this node signs a snapshot of what it holds, and puts it together (R-05-032, ADR 0069).
///
/// It asks Identity who this node is, Reputation what it thinks of everybody, itself included, and both
/// owners of trees for the roots, in this order: a node that may not publish asks no further.
struct SnapshotPublisher: Sendable {
    /// When the next one is due; nil until the node has caught up for the first time.
    private var nextAt: Timestamp?

    /// What to ask now.
    ///
    /// The first one comes a whole pause after the node has caught up, so that a restart does not make two
    /// of them follow each other sooner than six hours.
    ///
    /// - Parameters:
    ///   - isSynced: whether the node has caught up.
    ///   - chance: for the time of the next one.
    ///   - now: the present.
    /// - Returns: a question, or nothing.
    mutating func next(isSynced: Bool, _ chance: Chance, now: Timestamp) -> [SyncAction] {
        guard isSynced else { return [] }
        let next = now.adding(milliseconds: chance.untilNextSnapshot)
        guard let due = self.nextAt else {
            self.nextAt = next
            return []
        }
        guard due <= now else { return [] }
        self.nextAt = next
        return [.ask(.ownKeys)]
    }

    /// Identity told for whom this node acts.
    static func heard(_ keys: IdentityKeys.Reply?) -> [SyncAction] {
        guard let keys, !keys.isSuspended else { return [] }
        return [.ask(.allScores(SnapshotAuthor(identity: keys.identity)))]
    }

    /// Reputation told what this node thinks of everybody; it publishes from 0.7 on (R-16-151).
    static func heard(_ scores: Scores.Reply?, for author: SnapshotAuthor) -> [SyncAction] {
        guard let scores,
            let own = scores.entries.first(where: { $0.identity == author.identity }),
            Capability.publishSnapshot.isPermitted(at: own.overall)
        else { return [] }
        let summary = ReputationSummary.hash(
            of: scores.entries.map { .init(identity: $0.identity, score: $0.overall) }
        )
        let draft = SnapshotDraft(summary: summary, activeIdentities: scores.activeIdentities)
        return [.ask(.tree(.proposal, .root, .snapshot(draft)))]
    }

    /// The owner of a tree told its root, and how many messages are in it.
    static func looked(
        _ view: TreeView?,
        at tree: SyncRequest.Tree,
        for draft: SnapshotDraft,
        now: Timestamp
    ) -> [SyncAction] {
        guard let view else { return [] }
        switch (tree, draft.proposals) {
        case (.proposal, _):
            var draft = draft
            draft.proposals = view
            return [.ask(.tree(.identity, .root, .snapshot(draft)))]
        case (.identity, let proposals?):
            return [.publish(draft.snapshot(proposals, identities: view, now: now))]
        case (.identity, nil): return []
        }
    }
}
