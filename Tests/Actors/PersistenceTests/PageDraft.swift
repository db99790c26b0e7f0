import Foundation

@testable import Persistence

/// Pages as LMDB lays them out, put together by hand.
struct PageDraft {
    static let size = 512
    var bytes = [UInt8](repeating: 0, count: PageDraft.size)

    /// A leaf with these keys and values, filled from its end as LMDB does.
    init(_ entries: [(key: [UInt8], value: [UInt8])], number: UInt64 = 5) {
        var upper = Self.size
        for (index, entry) in entries.enumerated() {
            let length = (8 + entry.key.count + entry.value.count + 1) & ~1
            upper -= length
            self.put(UInt32(entry.value.count), at: upper)
            self.put(UInt16(0), at: upper + 4)
            self.put(UInt16(entry.key.count), at: upper + 6)
            self.bytes.replaceSubrange(
                (upper + 8)..<(upper + 8 + entry.key.count + entry.value.count),
                with: entry.key + entry.value
            )
            self.put(UInt16(upper), at: 16 + 2 * index)
        }
        self.put(number, at: 0)
        self.put(DatabasePage.leafFlag, at: 10)
        self.put(UInt16(16 + 2 * entries.count), at: 12)
        self.put(UInt16(upper), at: 14)
    }

    /// A branch whose keys lead to pages.
    init(branches: [(key: [UInt8], page: UInt64)], number: UInt64) {
        self.init(branches.map { (key: $0.key, value: []) }, number: number)
        self.put(DatabasePage.branchFlag, at: 10)
        for (index, branch) in branches.enumerated() {
            self.put(UInt32(truncatingIfNeeded: branch.page), at: self.node(index))
            self.put(UInt16(branch.page >> 32), at: self.node(index) + 4)
        }
    }

    /// A leaf with one key whose value has pages of its own.
    init(big key: [UInt8], size: Int, page: UInt64, number: UInt64 = 5) {
        let value = withUnsafeBytes(of: page.littleEndian) { Array($0) }
        self.init([(key: key, value: value)], number: number)
        self.put(UInt32(size), at: self.node(0))
        self.put(DatabaseNode.bigFlag, at: self.node(0) + 4)
    }

    /// The first of the pages of a value.
    init(value: [UInt8], pages: Int, number: UInt64) {
        self.put(number, at: 0)
        self.put(DatabasePage.overflowFlag, at: 10)
        self.put(UInt32(pages), at: 12)
        let end = min(Self.size, 16 + value.count)
        self.bytes.replaceSubrange(16..<end, with: value.prefix(Self.size - 16))
    }

    /// Where a node begins.
    func node(_ index: Int) -> Int {
        Int(self.bytes[16 + 2 * index]) | Int(self.bytes[17 + 2 * index]) << 8
    }

    mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value.littleEndian) {
            self.bytes.replaceSubrange(offset..<(offset + $0.count), with: $0)
        }
    }

    /// What is wrong with the page; nil if nothing is.
    func damage(as number: UInt64 = 5) -> String? {
        self.bytes.withUnsafeBytes { buffer in
            do throws(DatabaseDamage) {
                _ = try DatabasePage(buffer, number: number)
                return nil
            } catch {
                return error.cause
            }
        }
    }
}

/// The figures of a tree as a meta page holds them.
struct TreeDraft {
    var depth: UInt16 = 1
    var branchPages: UInt64 = 0
    var leafPages: UInt64 = 1
    var overflowPages: UInt64 = 0
    var entries: UInt64
    var root: UInt64 = 2

    var tree: DatabaseTree {
        var bytes = [UInt8](repeating: 0, count: 6)
        withUnsafeBytes(of: self.depth.littleEndian) { bytes.append(contentsOf: $0) }
        let figures = [
            self.branchPages, self.leafPages, self.overflowPages, self.entries, self.root,
        ]
        for figure in figures {
            withUnsafeBytes(of: figure.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes.withUnsafeBytes { DatabaseTree($0) }
    }
}

/// What a walk met before it came to its end, or to damage.
struct Walked {
    var keys: [[UInt8]] = []
    var values: [[UInt8]] = []
    var sizes: [Int] = []
    var damage: String?
}

/// A file of small pages: two for commits, which no walk reads, and those of a test.
struct FileDraft {
    var pages: [PageDraft]
    /// The last page as the commit tells it; nil for that of the file.
    var lastPage: UInt64?

    init(_ pages: [PageDraft]) { self.pages = pages }

    /// Lends a walk through the file.
    func walk<R>(_ body: (DatabaseWalk) throws -> R) throws -> R {
        try LogFixture.withDirectory { path in
            let commits = [UInt8](repeating: 0, count: 2 * PageDraft.size)
            try Data(commits + self.pages.flatMap(\.bytes)).write(to: URL(fileURLWithPath: path))
            let last = self.lastPage ?? UInt64(self.pages.count + 1)
            return try body(
                DatabaseWalk(DatabaseFile(path), pageSize: PageDraft.size, lastPage: last)
            )
        }
    }

    func visit(
        _ draft: TreeDraft,
        _ rules: TreeRules = TreeRules(name: "x", keySizes: 0...8)
    ) throws -> Walked {
        try self.walk { walk in
            var walked = Walked()
            do throws(DatabaseDamage) {
                try walk.walk(draft.tree, rules) { (key, value) in
                    walked.keys.append(Array(key))
                    walked.values.append(Array(value.prefix))
                    walked.sizes.append(value.size)
                }
            } catch {
                walked.damage = error.cause
            }
            return walked
        }
    }
}
