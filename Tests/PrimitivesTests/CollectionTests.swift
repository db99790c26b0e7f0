import Primitives
import Testing

@Suite("§12 Merkle tree")
struct MerkleTreeTests {
    private func id(_ number: Int) -> MessageID {
        MessageID(SHA256Digest.hash(Array("\(number)".utf8)))
    }

    private func leaf(_ id: MessageID) -> Bytes32 { SHA256Digest.hash(Array(id.hex.utf8)) }

    private func parent(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
        SHA256Digest.hash(left.array + right.array)
    }

    @Test("an empty tree has the hash of nothing, one leaf is its own root")
    func small() {
        #expect(MerkleTree(ids: []).root == SHA256Digest.hash([]))
        #expect(MerkleTree(ids: [self.id(1)]).root == self.leaf(self.id(1)))
        #expect(MerkleTree(ids: []).nodes(below: [], depth: 3).isEmpty)
    }

    @Test("leaves are sorted, repeated ids count once, the order of arrival does not matter")
    func order() {
        let ids = (0..<9).map(self.id)
        let root = MerkleTree(ids: ids).root
        #expect(MerkleTree(ids: ids.reversed()).root == root)
        #expect(MerkleTree(ids: ids + ids.prefix(3)).root == root)
        #expect(MerkleTree(ids: ids.dropLast()).root != root)
    }

    @Test("an odd last node moves up unchanged")
    func promotion() {
        let leaves = (0..<3).map(self.id).sorted().map(self.leaf)
        let root = self.parent(self.parent(leaves[0], leaves[1]), leaves[2])
        #expect(MerkleTree(ids: (0..<3).map(self.id)).root == root)
    }

    @Test("D-21: nodes at a depth, with the leaves met on the way; a promoted leaf sits higher")
    func narrowing() {
        let ids = (0..<3).map(self.id).sorted()
        let tree = MerkleTree(ids: ids)
        #expect(tree.nodes(below: [], depth: 0).map(\.hash) == [tree.root])
        #expect(tree.nodes(below: [], depth: 1).map(\.path) == [[0], [1]])
        #expect(tree.nodes(below: [], depth: 1).map(\.messageID) == [nil, ids[2]])
        let deep = tree.nodes(below: [], depth: 9)
        #expect(deep.map(\.path) == [[0, 0], [0, 1], [1]])
        #expect(deep.map(\.messageID) == ids)
        #expect(tree.nodes(below: [0], depth: 1).map(\.messageID) == [ids[0], ids[1]])
        #expect(tree.subtreeHash(path: [1]) == self.leaf(ids[2]))
        #expect(tree.subtreeHash(path: [1, 0]) == nil)
        #expect(tree.subtreeHash(path: [2]) == nil)
    }
}

@Suite("§12 A Merkle tree that is kept")
struct KeptMerkleTreeTests {
    private func ids(_ range: Range<Int>) -> [MessageID] {
        range.map { MessageID(SHA256Digest.hash(Array("\($0)".utf8))) }
    }

    @Test("ADR 0062: it is the tree over the members that were kept last")
    func keeps() {
        var kept = KeptMerkleTree()
        #expect(kept.count == 0 && kept.tree.root == MerkleTree(ids: []).root)
        for range in [0..<5, 0..<5, 2..<9, 0..<0] {
            kept.keep(self.ids(range).reversed())
            #expect(kept.count == range.count)
            #expect(kept.tree.root == MerkleTree(ids: self.ids(range)).root)
        }
    }

    @Test("ADR 0062: it knows how many leaves stand under each of its nodes, and no foreign ones")
    func counts() {
        var kept = KeptMerkleTree()
        kept.keep(self.ids(0..<7))
        #expect(kept.leaves(under: kept.tree.root) == 7)
        for level in 0...4 {
            let nodes = kept.tree.nodes(below: [], depth: level)
            #expect(nodes.reduce(0) { $0 + kept.leaves(under: $1.hash) } == 7)
        }
        let old = kept.tree.root
        kept.keep(self.ids(0..<8))
        #expect(kept.leaves(under: old) == 0 && kept.leaves(under: kept.tree.root) == 8)
    }
}

@Suite("Sets that forget")
struct LRUSetTests {
    @Test("never more than the capacity, never fewer than half of the newest")
    func bounds() {
        var set = LRUSet<Int>(capacity: 10)
        for number in 0..<1_000 {
            let isNew = set.insert(number)
            #expect(isNew)
            #expect(set.count <= 10)
            for recent in max(0, number - 4)...number { #expect(set.contains(recent)) }
        }
        #expect(!set.contains(989))
    }

    @Test("an element that is used again is not forgotten")
    func refresh() {
        var set = LRUSet<Int>(capacity: 10)
        set.insert(-1)
        for number in 0..<100 {
            set.insert(number)
            let isNew = set.insert(-1)
            #expect(!isNew)
        }
    }

    @Test("removal forgets, in either generation")
    func removal() {
        var set = LRUSet<Int>(capacity: 4)
        for number in 0..<4 { set.insert(number) }
        for number in 0..<4 { set.remove(number) }
        #expect(set.count == 0)
        let isNew = set.insert(0)
        #expect(isNew)
    }

    @Test("a capacity below two counts as two")
    func smallest() {
        var set = LRUSet<Int>(capacity: 0)
        set.insert(1)
        #expect(set.contains(1))
        set.insert(2)
        #expect(set.contains(2) && set.count <= 2)
    }
}
