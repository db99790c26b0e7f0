import Messages
import Primitives

/// What the state machine asks other subsystems, with what it needs to go on when the reply is there.
enum SyncQuestion: Sendable, Equatable {
    /// A page of the log for a peer.
    case page(MessagesAfter, Reading)
    /// Messages of the log for a peer.
    case messages(MessagesByID, Reading)
    /// Which identity messages there are of a key.
    case chain(IdentityChain, ChainPurpose)
    /// Which messages of a page are about archived proposals.
    case archived(ArchivedMessages, ReadPage)
    /// Which votes there are on proposals that a peer asks for.
    case votes(ProposalVotes, Reading)
    /// Something about a tree: for an answer, each of which carries the roots of both, or for narrowing.
    case tree(SyncRequest.Tree, TreeQuestion, TreePurpose)
    /// What this node thinks of others, for a peer.
    case scores(CurrentScores, Reading)
    /// For which identity this node acts.
    case ownKeys
    /// What this node thinks of everybody, for an own snapshot.
    case allScores(SnapshotAuthor)
}

/// A page that is being read for a peer.
struct Reading: Sendable, Equatable {
    let exchange: InboundExchange
    /// What was asked for by id.
    var ids: [MessageID] = []
    /// What is asked of the log, when it is the identity messages of one key.
    var chain: IdentityChain.Reply?
    /// What is asked of the log, when it is an ordinary page: archived proposals are left out of it.
    var page: MessagesAfter?
    /// Pages of which nothing was left before this one.
    var emptied = 0
    /// Votes that are asked of the log behind other messages, when those were asked for by id.
    var votes: ProposalVotes.Reply?
    /// Where the logs differ, when the peer wants them compared.
    var differences: [SyncDifference]?
    /// What this node thinks of others, when the peer asks for that.
    var scores: [SyncResponse.CurrentReputation] = []
    /// Snapshots are served, which is no service that is rewarded (R-05-046).
    var isForSnapshots = false
    /// The nodes of a tree that the peer asks for.
    var nodes: WantedNodes?
}

/// Nodes of a tree that a peer asks for (D-21).
struct WantedNodes: Sendable, Equatable {
    let tree: SyncRequest.Tree
    let path: [UInt8]
    let depth: Int
}

/// What the own roots are asked for.
enum RootPurpose: Sendable, Equatable {
    /// Whether this node holds the same as its sync peers (R-05-095).
    case judgement
    /// Whether this peer holds the same, once the node has caught up (R-05-083).
    case comparison(with: NodeID)
    /// Whether this node holds what snapshots say that agree.
    case snapshots
}

/// What a tree is looked at for.
enum TreePurpose: Sendable, Equatable {
    /// An answer to a peer.
    case serving(ReadPage)
    /// The walk of this number (ADR 0062).
    case narrowing(UInt64)
    /// The own roots; that of the proposals, which is asked for first, once it is known.
    case own(RootPurpose, proposals: Bytes32?)
    /// An own snapshot.
    case snapshot(SnapshotDraft)
}

/// Why an identity chain is looked up.
enum ChainPurpose: Sendable, Equatable {
    /// A peer asks for it (R-01-031).
    case serving(InboundExchange, SyncRequest)
    /// A peer connected whose key may be unknown (R-01-032).
    case meeting(NodeID)
}

extension RootPurpose {
    /// Asks for the roots of this node.
    var question: SyncAction { .ask(.tree(.proposal, .root, .own(self, proposals: nil))) }
}
