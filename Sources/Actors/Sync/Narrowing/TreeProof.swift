import Primitives

/// Puts the nodes of an answer together again, so that a peer can name no other ones than its tree has.
struct TreeProof {
    private let nodes: [MerkleNode]
    private var position = 0

    private init(_ nodes: [MerkleNode]) { self.nodes = nodes }

    /// The hash at the top of nodes that a peer names below a path.
    ///
    /// - Parameters:
    ///   - nodes: from left to right.
    ///   - path: what the peer was asked about.
    ///   - levels: how far it may go down.
    /// - Returns: nil when they make up no tree, lie deeper, or lead no further than the path itself.
    static func top(of nodes: [MerkleNode], at path: [UInt8], levels: Int) -> Bytes32? {
        guard Self.ascend(nodes), nodes.allSatisfy({ $0.path.count <= path.count + levels }),
            nodes.first.map({ $0.path != path || $0.messageID != nil }) ?? false
        else { return nil }
        var proof = TreeProof(nodes)
        let top = proof.hash(at: path)
        return proof.position == nodes.count ? top : nil
    }

    /// Leaves are sorted by the ids of their messages.
    private static func ascend(_ nodes: [MerkleNode]) -> Bool {
        let ids = nodes.compactMap(\.messageID)
        return zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// The hash of the part of a tree that comes next.
    private mutating func hash(at path: [UInt8]) -> Bytes32? {
        guard self.position < self.nodes.count else { return nil }
        let node = self.nodes[self.position]
        guard node.path != path else {
            self.position += 1
            return node.messageID.map { MerkleTree.leafHash($0) == node.hash } ?? true
                ? node.hash : nil
        }
        guard node.path.starts(with: path), let left = self.hash(at: path + [0]),
            let right = self.hash(at: path + [1])
        else { return nil }
        return MerkleTree.parentHash(left, right)
    }
}
