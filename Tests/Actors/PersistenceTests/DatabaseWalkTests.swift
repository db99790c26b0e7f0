import Primitives
import Testing

@testable import Persistence

@Suite("C3-7: trees of the database are checked on the way through them")
struct DatabaseWalkTests {
    private static func leaf(_ keys: [[UInt8]], _ number: UInt64) -> PageDraft {
        PageDraft(keys.map { (key: $0, value: [0xEE]) }, number: number)
    }

    /// A branch in page 2 with two leaves.
    private static func twoLevels(
        _ left: [[UInt8]] = [[1], [2]],
        bound: [UInt8] = [5],
        _ right: [[UInt8]] = [[5], [6]]
    ) -> FileDraft {
        FileDraft([
            PageDraft(branches: [([], 3), (bound, 4)], number: 2), Self.leaf(left, 3),
            Self.leaf(right, 4),
        ])
    }

    private static let twoLevelTree = TreeDraft(
        depth: 2,
        branchPages: 1,
        leafPages: 2,
        entries: 4
    )

    @Test("entries of all leaves come in the order of their keys; the first may equal its bound")
    func sound() throws {
        let walked = try Self.twoLevels().visit(Self.twoLevelTree)
        #expect(walked.damage == nil)
        #expect(walked.keys == [[1], [2], [5], [6]])
        #expect(walked.values == Array(repeating: [0xEE], count: 4))
    }

    @Test("an empty tree has no page and no entry")
    func empty() throws {
        let file = FileDraft([])
        #expect(
            try file.visit(TreeDraft(depth: 0, leafPages: 0, entries: 0, root: .max)).keys == []
        )
        let hollow = try file.visit(TreeDraft(depth: 0, leafPages: 0, entries: 1, root: .max))
        #expect(hollow.damage == "the table x does not have the size that it says")
    }

    @Test("keys out of order are told: in a leaf, below its bound, or above that of the next one")
    func order() throws {
        let disorders: [(FileDraft, UInt64)] = [
            (Self.twoLevels([[2], [1]]), 3), (Self.twoLevels([[1], [1]]), 3),
            (Self.twoLevels([[1, 0], [1]]), 3), (Self.twoLevels([[4], [5], [6]]), 2),
            (Self.twoLevels([[4], [5]]), 2), (Self.twoLevels([[1], [2]], [[4], [6]]), 4),
            (Self.twoLevels([[1], [2]], [[5], [5]]), 4),
        ]
        for (number, (file, page)) in disorders.enumerated() {
            let damage = try file.visit(Self.twoLevelTree).damage
            #expect(damage == "the keys of page \(page) are out of order", "\(number)")
        }
    }

    @Test("numbers are in the order of numbers, not of their bytes")
    func numberKeys() throws {
        func bytes(_ number: UInt64) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        let rules = TreeRules(name: "x", keySizes: 8...8, hasNumberKeys: true)
        let rising = FileDraft([Self.leaf([bytes(1), bytes(2), bytes(256)], 2)])
        #expect(try rising.visit(TreeDraft(entries: 3), rules).damage == nil)
        for falling in [[256, 1], [7, 7]] as [[UInt64]] {
            let damage = try FileDraft([Self.leaf(falling.map(bytes), 2)])
                .visit(TreeDraft(entries: 2), rules).damage
            #expect(damage == "the keys of page 2 are out of order")
        }
    }

    @Test("a key that is too short or too long, and an entry of another kind, are told")
    func entries() throws {
        let file = FileDraft([Self.leaf([[1, 2, 3]], 2)])
        let tree = TreeDraft(entries: 1)
        for sizes in [0...2, 4...9] {
            let damage = try file.visit(tree, TreeRules(name: "x", keySizes: sizes)).damage
            #expect(damage == "a key of page 2 has 3 bytes")
        }
        var tables = file
        tables.pages[0].put(DatabaseNode.tableFlag, at: tables.pages[0].node(0) + 4)
        #expect(try tables.visit(tree).damage == "an entry of page 2 is of kind 2")
        let rules = TreeRules(
            name: "x",
            keySizes: 3...3,
            entryFlags: DatabaseNode.tableFlag
        )
        #expect(try tables.visit(tree, rules).damage == nil)
        #expect(try file.visit(tree, rules).damage == "an entry of page 2 is of kind 0")
    }

    @Test("every figure that a tree tells of itself must be right")
    func figures() throws {
        let sound = Self.twoLevelTree
        let wrong: [WritableKeyPath<TreeDraft, UInt64>] = [
            \.branchPages, \.leafPages, \.overflowPages, \.entries,
        ]
        for figure in wrong {
            var tree = sound
            tree[keyPath: figure] += 1
            let damage = try Self.twoLevels().visit(tree).damage
            #expect(damage == "the table x does not have the size that it says")
        }
        for depth in [0, 33, .max] as [UInt16] {
            var tree = sound
            tree.depth = depth
            #expect(try Self.twoLevels().visit(tree).damage == "the table x has \(depth) levels")
        }
    }

    @Test("a page on another level than the tree says is told")
    func levels() throws {
        for (depth, page) in [(1, 2), (3, 3)] as [(UInt16, Int)] {
            var tree = Self.twoLevelTree
            tree.depth = depth
            let damage = try Self.twoLevels().visit(tree).damage
            #expect(damage == "page \(page) is on the wrong level")
        }
    }

    @Test("a branch with a single child is one of free pages alone")
    func singleChild() throws {
        let file = FileDraft([
            PageDraft(branches: [([], 3)], number: 2), Self.leaf([[1]], 3),
        ])
        let tree = TreeDraft(depth: 2, branchPages: 1, leafPages: 1, entries: 1)
        #expect(try file.visit(tree).damage == "page 2 leads to 1 pages")
        let rules = TreeRules(name: "x", keySizes: 0...8, childrenMin: 1)
        #expect(try file.visit(tree, rules).damage == nil)
    }

    @Test("a way that leads twice to a page, to a commit or beyond the end is not followed")
    func ways() throws {
        for (child, damage) in [
            (3, "page 3 is used twice"), (2, "page 2 is used twice"),
            (1, "page 1 is beyond the end"), (0, "page 0 is beyond the end"),
            (5, "page 5 is beyond the end"), (1 << 40, "page \(1 << 40) is beyond the end"),
        ] as [(UInt64, String)] {
            var file = Self.twoLevels()
            file.pages[0] = PageDraft(branches: [([], 3), ([5], child)], number: 2)
            #expect(try file.visit(Self.twoLevelTree).damage == damage)
        }
    }

    @Test("the file may be longer than the commit says, and pages behind its end are none")
    func lastPage() throws {
        var file = Self.twoLevels()
        file.lastPage = 3
        #expect(try file.visit(Self.twoLevelTree).damage == "page 4 is beyond the end")
        file.lastPage = .max
        let error = #expect(throws: DatabaseDamage.self) { try file.visit(Self.twoLevelTree) }
        #expect(error?.cause == "its last page is said to be \(UInt64.max)")
    }
}
