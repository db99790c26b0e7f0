public import Kernel
public import Primitives

/// What is asked of the owner of a Merkle tree (D-21, ADR 0062).
public enum TreeQuestion: Sendable, Equatable {
    /// Its root, as answers carry it.
    case root
    /// All nodes so many levels below a path, and the leaves met on the way.
    case nodes(below: [UInt8], depth: Int)
    /// How much of the tree stands under each of these nodes of a peer's tree.
    case shared([MerkleNode])
}

/// What the owner of a Merkle tree says of it.
public struct TreeView: BusMessage, Equatable {
    /// Its root, at most a minute old.
    public let root: Bytes32
    /// Messages in the tree; those of now where nodes of a peer were asked about.
    public let leaves: Int
    /// The nodes that were asked for.
    public let nodes: [MerkleNode]
    /// Own leaves under each node of a peer that was asked about, in that order; 0 where the tree has no
    /// such node.
    public let shared: [Int]

    /// Shows a tree.
    public init(root: Bytes32, leaves: Int, nodes: [MerkleNode] = [], shared: [Int] = []) {
        self.root = root
        self.leaves = leaves
        self.nodes = nodes
        self.shared = shared
    }
}

extension TreeView {
    /// Answers a question about a tree.
    ///
    /// - Parameters:
    ///   - question: what a peer, or narrowing, wants to know.
    ///   - kept: the tree, as old as its owner lets it get.
    ///   - members: what belongs into it now; the leaves of peers are looked up among them.
    package init(
        answering question: TreeQuestion,
        about kept: inout KeptMerkleTree,
        members: @autoclosure () -> Set<MessageID>
    ) {
        switch question {
        case .root: self.init(root: kept.tree.root, leaves: kept.count)
        case .nodes(let path, let depth):
            let nodes = kept.tree.nodes(below: path, depth: depth)
            self.init(root: kept.tree.root, leaves: kept.count, nodes: nodes)
        case .shared(let theirs):
            let members = members()
            let shared = theirs.map { node in
                guard let id = node.messageID else { return kept.leaves(under: node.hash) }
                return members.contains(id) ? 1 : 0
            }
            self.init(root: kept.tree.root, leaves: members.count, shared: shared)
        }
    }
}

/// The Merkle tree over identity messages (§5, R-05-061).
public struct IdentityTreeView: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .identity }
    /// The tree.
    public typealias Reply = TreeView
    /// What is wanted of it.
    public let question: TreeQuestion
    /// Asks.
    public init(_ question: TreeQuestion = .root) { self.question = question }
}

/// The Merkle tree over open proposals (§12, D-33).
public struct ProposalTreeView: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// The tree, time rounded down to the minute.
    public typealias Reply = TreeView
    /// What is wanted of it.
    public let question: TreeQuestion
    /// Asks.
    public init(_ question: TreeQuestion = .root) { self.question = question }
}

/// Proposals with all votes on them, one page in the order of sync (R-05-074).
public struct ProposalVotes: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// One page, ordered by (timestamp, id).
    public struct Reply: BusMessage, Equatable {
        /// The votes.
        public let entries: [MessagePlace]
        /// More follow after the last one.
        public let hasMore: Bool
        /// Puts a page together.
        public init(entries: [MessagePlace], hasMore: Bool) {
            self.entries = entries
            self.hasMore = hasMore
        }
    }
    /// The proposals; ids of anything else name no votes.
    public let proposals: [MessageID]
    /// Votes behind this place; nil begins with the first.
    public let after: MessagePlace?
    /// Most votes in the page.
    public let limit: Int
    /// Asks for a page.
    public init(of proposals: [MessageID], after: MessagePlace? = nil, limit: Int) {
        self.proposals = proposals
        self.after = after
        self.limit = limit
    }
}

/// How the tree of a peer differs from that of this node, as narrowing found it (R-05-072).
public struct Divergence: Sendable, Equatable {
    /// Whose tree it is compared with.
    public let peer: NodeID
    /// Which tree.
    public let tree: SyncRequest.Tree
    /// Messages in the peer's tree only.
    public let onlyThere: [MessageID]
    /// How many messages are in this node's tree only.
    public let onlyHere: Int
    /// Messages in this node's tree.
    public let held: Int

    /// Puts one together.
    public init(
        peer: NodeID,
        tree: SyncRequest.Tree,
        onlyThere: [MessageID],
        onlyHere: Int,
        held: Int
    ) {
        self.peer = peer
        self.tree = tree
        self.onlyThere = onlyThere
        self.onlyHere = onlyHere
        self.held = held
    }
}

/// The trees of two nodes that both count as synced differ (§12, R-12-005).
public struct TreeDivergence: Event, Equatable {
    /// How.
    public let divergence: Divergence
    /// Announces it.
    public init(_ divergence: Divergence) { self.divergence = divergence }
}
