/// One node of a Merkle tree, as narrowing exchanges it (D-21).
public struct MerkleNode: Sendable, Equatable {
    /// Steps from the root, 0 left and 1 right.
    public let path: [UInt8]
    /// The node's hash.
    public let hash: Bytes32
    /// The message behind a leaf; nil for inner nodes.
    public let messageID: MessageID?

    /// Puts one together.
    public init(path: [UInt8], hash: Bytes32, messageID: MessageID? = nil) {
        self.path = path
        self.hash = hash
        self.messageID = messageID
    }
}

/// The binary tree over message ids of §12: leaves sorted by id, an odd last node moves up.
public struct MerkleTree: Sendable {
    private indirect enum Node: Sendable {
        case leaf(Bytes32, MessageID?)
        case inner(Bytes32, Node, Node)

        var hash: Bytes32 {
            switch self {
            case .leaf(let hash, _), .inner(let hash, _, _): hash
            }
        }
    }

    private let top: Node?

    /// Builds the tree over ids in any order; repeated ids count once.
    public init(ids: some Sequence<MessageID>) {
        self.init(leaves: Set(ids).sorted().map { .leaf(Self.leafHash($0), $0) })
    }

    /// Builds the tree over names of any length, by the same rules.
    init(names: some Sequence<String>) {
        let sorted = Set(names.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        self.init(leaves: sorted.map { .leaf(SHA256Digest.hash($0), nil) })
    }

    /// The hash of a leaf: over the text of the id, not over the bytes behind its digits.
    public static func leafHash(_ id: MessageID) -> Bytes32 {
        SHA256Digest.hash(Array(id.hex.utf8))
    }

    /// The hash of an inner node.
    public static func parentHash(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
        var hasher = SHA256Hasher()
        left.withUnsafeBytes { hasher.update($0) }
        right.withUnsafeBytes { hasher.update($0) }
        return hasher.finalize()
    }

    private init(leaves: [Node]) {
        var level = leaves
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map { index in
                guard index + 1 < level.count else { return level[index] }
                return Self.parent(level[index], level[index + 1])
            }
        }
        self.top = level.first
    }

    private static func parent(_ left: Node, _ right: Node) -> Node {
        .inner(Self.parentHash(left.hash, right.hash), left, right)
    }

    /// The hash over all ids; that of no bytes for an empty tree.
    public var root: Bytes32 { self.top?.hash ?? SHA256Digest.hash([]) }

    /// The hash at a path; nil where the tree has no node.
    public func subtreeHash(path: [UInt8]) -> Bytes32? { self.node(at: path)?.hash }

    /// All nodes exactly `depth` levels below a path, and the leaves met on the way.
    public func nodes(below path: [UInt8], depth: Int) -> [MerkleNode] {
        guard let start = self.node(at: path) else { return [] }
        var result: [MerkleNode] = []
        Self.collect(start, path, depth: depth, into: &result)
        return result
    }

    /// How many leaves stand under each node, by its hash.
    var leafCounts: [Bytes32: Int] {
        var counts: [Bytes32: Int] = [:]
        if let top = self.top { Self.count(top, into: &counts) }
        return counts
    }

    @discardableResult
    private static func count(_ node: Node, into counts: inout [Bytes32: Int]) -> Int {
        let leaves =
            switch node {
            case .leaf: 1
            case .inner(_, let left, let right):
                Self.count(left, into: &counts) + Self.count(right, into: &counts)
            }
        counts[node.hash] = leaves
        return leaves
    }

    private static func collect(
        _ node: Node,
        _ path: [UInt8],
        depth: Int,
        into result: inout [MerkleNode]
    ) {
        switch node {
        case .leaf(let hash, let id):
            result.append(MerkleNode(path: path, hash: hash, messageID: id))
        case .inner(let hash, _, _) where depth <= 0:
            result.append(MerkleNode(path: path, hash: hash, messageID: nil))
        case .inner(_, let left, let right):
            Self.collect(left, path + [0], depth: depth - 1, into: &result)
            Self.collect(right, path + [1], depth: depth - 1, into: &result)
        }
    }

    private func node(at path: [UInt8]) -> Node? {
        var current = self.top
        for step in path {
            guard case .inner(_, let left, let right) = current, step <= 1 else { return nil }
            current = step == 0 ? left : right
        }
        return current
    }
}
