import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

private let start = Timestamp(milliseconds: 1_700_000_000_000)

@Suite("§5 The identity tree that peers are shown")
struct PublishedTreeTests {
    private var machine: IdentityStateMachine

    init() throws { self.machine = IdentityStateMachine(key: try Fixture.key(0)) }

    /// Links another child; returns the message.
    private mutating func link(_ child: Int) throws -> MessageID {
        let link = try Fixture.link(1, child: child, consenting: child, by: 1)
        _ = self.machine.judge(link)
        return link.message.id
    }

    private mutating func view(_ question: TreeQuestion = .root, after milliseconds: Int64)
        -> TreeView
    {
        self.machine.view(question, now: start.adding(milliseconds: milliseconds))
    }

    @Test(
        "R-05-061, R-05-063, R-16-156: it follows its messages, and is built at most once a minute"
    )
    mutating func onceAMinute() throws {
        let empty = MerkleTree(ids: []).root
        #expect(self.view(after: 0).root == empty)
        let first = try self.link(2)
        #expect(self.view(after: 59_999).root == empty)
        #expect(self.view(after: 60_000).root == MerkleTree(ids: [first]).root)
        let second = try self.link(3)
        let both = MerkleTree(ids: [first, second])
        #expect(self.view(after: 119_999).root == MerkleTree(ids: [first]).root)
        #expect(self.view(after: 120_000).root == both.root)
        // A tree that stood still for long is built as soon as it changes.
        let third = try self.link(4)
        #expect(self.view(after: 900_000).root == MerkleTree(ids: [first, second, third]).root)
        #expect(self.view(after: 900_000).leaves == 3)
    }

    @Test("R-05-061, D-14: a revocation joins the tree, and the link that it ends stays")
    mutating func revoked() throws {
        let link = try self.link(2)
        let revocation = try Fixture.revocation(1, of: 2, by: 1)
        _ = self.machine.judge(revocation)
        let ids = [link, revocation.message.id]
        #expect(self.view(after: 0).root == MerkleTree(ids: ids).root)
    }

    @Test("R-05-072: its nodes are those below the path that a peer asks about")
    mutating func nodes() throws {
        let ids = try (2..<7).map { try self.link($0) }
        let tree = MerkleTree(ids: ids)
        let view = self.view(.nodes(below: [0], depth: 1), after: 0)
        #expect(view.nodes == tree.nodes(below: [0], depth: 1) && view.nodes.count == 2)
        #expect(self.view(.nodes(below: [1, 1], depth: 1), after: 0).nodes.isEmpty)
    }

    @Test("R-05-065, ADR 0062: a leaf that came a moment ago is known, although the tree is older")
    mutating func shared() throws {
        let old = try (2..<6).map { try self.link($0) }
        let tree = MerkleTree(ids: old)
        #expect(self.view(after: 0).root == tree.root)
        let new = try self.link(6)
        let unknown = MessageID.named("unknown")
        let leaves = [new, unknown].map {
            MerkleNode(path: [1], hash: MerkleTree.leafHash($0), messageID: $0)
        }
        let inner = tree.nodes(below: [], depth: 1)
        let top = MerkleNode(path: [], hash: tree.root)
        let foreign = MerkleNode(path: [0], hash: MerkleTree(ids: [new, unknown]).root)
        let view = self.view(.shared(leaves + inner + [top, foreign]), after: 1)
        #expect(view.root == tree.root)
        #expect(view.shared == [1, 0, 2, 2, 4, 0])
        #expect(view.leaves == 5)
    }
}
