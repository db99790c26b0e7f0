import Messages
import Primitives

/// An own snapshot that is being put together: what is known of it so far.
struct SnapshotDraft: Sendable, Equatable {
    /// Hash over all scores.
    let summary: Bytes32
    /// Identities whose nodes were heard of lately.
    let activeIdentities: Int
    /// The tree of proposals, once it was looked at.
    var proposals: TreeView?

    /// What is signed; the counts are those of the trees, as others recount them (R-05-044).
    func snapshot(_ proposals: TreeView, identities: TreeView, now: Timestamp) -> StateSnapshot {
        StateSnapshot(
            identityMerkleRoot: identities.root,
            proposalMerkleRoot: proposals.root,
            reputationSummaryHash: self.summary,
            activeNodeCount: Int64(self.activeIdentities),
            snapshotTimestamp: now,
            identityCount: Int64(identities.leaves),
            proposalCount: Int64(proposals.leaves)
        )
    }
}

/// For whom scores are asked: the identity that this node acts for.
struct SnapshotAuthor: Sendable, Equatable {
    let identity: NodeID
}
