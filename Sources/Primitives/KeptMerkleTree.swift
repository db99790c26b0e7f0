/// A Merkle tree as it was when it was last brought up to date, for members that come and go (ADR 0062).
///
/// Its owner decides when that is; in between pages and nodes are served from the same tree.
public struct KeptMerkleTree: Sendable {
    /// As it was built.
    public private(set) var tree = MerkleTree(ids: [])
    private var members: [MessageID] = []
    /// Leaves under each node, by its hash; made when a peer's nodes are first looked up.
    private var leafCounts: [Bytes32: Int]?

    /// Keeps the empty tree.
    public init() {}

    /// How many leaves it has.
    public var count: Int { self.members.count }

    /// Brings it up to date; it is built anew only when its members changed.
    public mutating func keep(_ ids: some Sequence<MessageID>) {
        let members = Set(ids).sorted()
        guard members != self.members else { return }
        self.members = members
        self.tree = MerkleTree(ids: members)
        self.leafCounts = nil
    }

    /// How many leaves stand under a node of this hash; 0 when there is no such node.
    public mutating func leaves(under hash: Bytes32) -> Int {
        let counts = self.leafCounts ?? self.tree.leafCounts
        self.leafCounts = counts
        return counts[hash] ?? 0
    }
}
