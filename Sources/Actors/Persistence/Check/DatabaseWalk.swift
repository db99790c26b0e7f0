#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the entries of a tree must look like.
struct TreeRules {
    let name: String
    let keySizes: ClosedRange<Int>
    /// Flags that every leaf entry has, besides that of values with pages of their own.
    var entryFlags: UInt16 = 0
    /// Keys are numbers of the machine, not bytes.
    var hasNumberKeys = false
    /// A branch may have a single child; LMDB allows it in the tree of free pages alone.
    var childrenMin = 2
    /// Bytes of a value that the visitor wants to see.
    var prefix = Int.max
}

/// The value of a leaf entry: its size and its first bytes.
struct DatabaseValue {
    let size: Int
    let prefix: UnsafeRawBufferPointer
}

/// Walks trees of the database file in key order and checks every page, offset, order and figure on
/// the way; no page may belong to two places.
final class DatabaseWalk {
    typealias Visitor = (UnsafeRawBufferPointer, DatabaseValue) throws(DatabaseDamage) -> Void

    private let file: DatabaseFile
    private let pageSize: Int
    private let lastPage: UInt64
    private var used: [UInt64]
    private var levels: [UnsafeMutableRawBufferPointer] = []
    private var value: UnsafeMutableRawBufferPointer

    init(_ file: DatabaseFile, pageSize: Int, lastPage: UInt64) throws(DatabaseDamage) {
        // Pages behind the file's end can only be free ones; they are never read.
        guard lastPage <= UInt64(file.length / pageSize) + UInt64(UInt32.max) else {
            throw DatabaseDamage("its last page is said to be \(lastPage)")
        }
        self.file = file
        self.pageSize = pageSize
        self.lastPage = lastPage
        self.used = [UInt64](repeating: 0, count: file.length / pageSize / 64 + 1)
        self.value = .allocate(byteCount: pageSize, alignment: 8)
    }

    deinit {
        for level in self.levels { level.deallocate() }
        self.value.deallocate()
    }

    /// Visits all entries of a tree.
    func walk(
        _ tree: DatabaseTree,
        _ rules: TreeRules,
        _ visit: Visitor
    ) throws(DatabaseDamage) {
        var progress = Progress(rules)
        defer { progress.end() }
        if tree.root != DatabaseTree.noRoot {
            guard (1...CheckLimits.depthMax).contains(tree.depth) else {
                throw DatabaseDamage("the table \(rules.name) has \(tree.depth) levels")
            }
            try self.descend(tree.root, level: 1, of: tree.depth, &progress, visit)
        }
        guard progress.branchPages == tree.branchPages, progress.leafPages == tree.leafPages,
            progress.overflowPages == tree.overflowPages, progress.entries == tree.entries
        else { throw DatabaseDamage("the table \(rules.name) does not have the size that it says") }
    }

    /// Claims pages for a place in the file.
    func claim(_ first: UInt64, count: Int = 1) throws(DatabaseDamage) {
        let filePages = UInt64(self.file.length / self.pageSize)
        guard first > 1, count > 0, first <= self.lastPage,
            UInt64(count) <= self.lastPage - first + 1, first + UInt64(count) <= filePages
        else { throw DatabaseDamage("page \(first) is beyond the end") }
        for page in Int(first)..<(Int(first) + count) {
            let bit: UInt64 = 1 << UInt64(page % 64)
            guard self.used[page / 64] & bit == 0 else {
                throw DatabaseDamage("page \(page) is used twice")
            }
            self.used[page / 64] |= bit
        }
    }

    /// Claims a page that the list of free pages names; the file need not reach to it.
    func claimFree(_ page: UInt64) throws(DatabaseDamage) {
        guard page > 1, page <= self.lastPage else {
            throw DatabaseDamage("page \(page) is beyond the end and said to be free")
        }
        guard page < UInt64(self.file.length / self.pageSize) else { return }
        try self.claim(page)
    }

    // MARK: - Descent

    private func descend(
        _ number: UInt64,
        level: Int,
        of depth: Int,
        _ progress: inout Progress,
        _ visit: Visitor
    ) throws(DatabaseDamage) {
        try self.claim(number)
        let buffer = self.buffer(level)
        try self.file.read(buffer, at: Int(number) * self.pageSize)
        let page = try DatabasePage(UnsafeRawBufferPointer(buffer), number: number)
        guard page.isLeaf == (level == depth) else {
            throw DatabaseDamage("page \(number) is on the wrong level")
        }
        guard page.isLeaf else {
            guard page.count >= progress.rules.childrenMin else {
                throw DatabaseDamage("page \(number) leads to \(page.count) pages")
            }
            progress.branchPages += 1
            for index in 0..<page.count {
                let node = page.node(index)
                // The first key of a branch stands for all smaller ones; LMDB never reads it.
                if index > 0 { try progress.pass(node.key, isBound: true, page: number) }
                try self.descend(node.child, level: level + 1, of: depth, &progress, visit)
            }
            return
        }
        progress.leafPages += 1
        for index in 0..<page.count {
            let node = page.node(index)
            guard node.flags & ~DatabaseNode.bigFlag == progress.rules.entryFlags else {
                throw DatabaseDamage("an entry of page \(number) is of kind \(node.flags)")
            }
            try progress.pass(node.key, isBound: false, page: number)
            progress.entries += 1
            try visit(node.key, try self.value(of: node, &progress))
        }
    }

    private func value(
        of node: DatabaseNode,
        _ progress: inout Progress
    ) throws(DatabaseDamage) -> DatabaseValue {
        let size = node.valueSize
        guard node.isBig else {
            let prefix = node.value.prefix(progress.rules.prefix)
            return DatabaseValue(size: size, prefix: UnsafeRawBufferPointer(rebasing: prefix))
        }
        let number = node.valuePage
        let headerSize = DatabasePage.headerSize
        guard number > 1, number <= self.lastPage, Int(number) < self.file.length / self.pageSize
        else { throw DatabaseDamage("page \(number) is beyond the end") }
        let wanted = headerSize + min(size, progress.rules.prefix)
        guard wanted <= self.file.length else {
            throw DatabaseDamage("a value of \(size) bytes in page \(number)")
        }
        if self.value.count < wanted {
            self.value.deallocate()
            self.value = .allocate(byteCount: wanted, alignment: 8)
        }
        let buffer = UnsafeMutableRawBufferPointer(rebasing: self.value[..<wanted])
        try self.file.read(buffer, at: Int(number) * self.pageSize)
        let header = PageHeader(UnsafeRawBufferPointer(buffer))
        let needed = (headerSize - 1 + size) / self.pageSize + 1
        guard header.number == number, header.flags == DatabasePage.overflowFlag,
            header.overflowPages >= needed
        else { throw DatabaseDamage("page \(number) does not hold the value that it should") }
        try self.claim(number, count: header.overflowPages)
        progress.overflowPages += UInt64(header.overflowPages)
        return DatabaseValue(
            size: size,
            prefix: UnsafeRawBufferPointer(rebasing: buffer[headerSize...])
        )
    }

    private func buffer(_ level: Int) -> UnsafeMutableRawBufferPointer {
        while self.levels.count < level {
            self.levels.append(.allocate(byteCount: self.pageSize, alignment: 8))
        }
        return self.levels[level - 1]
    }
}

/// Where a walk is: what it counted, and the key that the next one must follow.
private struct Progress {
    let rules: TreeRules
    var branchPages: UInt64 = 0
    var leafPages: UInt64 = 0
    var overflowPages: UInt64 = 0
    var entries: UInt64 = 0
    private let key: UnsafeMutableRawBufferPointer
    private var keySize: Int?
    /// The last key was the lower bound of the entries that follow, which one of them may equal.
    private var wasBound = false

    init(_ rules: TreeRules) {
        self.rules = rules
        self.key = .allocate(byteCount: CheckLimits.keySizeMax, alignment: 8)
    }

    func end() { self.key.deallocate() }

    /// Takes a key that must come after the last one.
    mutating func pass(
        _ next: UnsafeRawBufferPointer,
        isBound: Bool,
        page: UInt64
    ) throws(DatabaseDamage) {
        guard self.rules.keySizes.contains(next.count) else {
            throw DatabaseDamage("a key of page \(page) has \(next.count) bytes")
        }
        if let size = self.keySize {
            let order = self.order(next, size)
            guard order > 0 || (order == 0 && self.wasBound && !isBound) else {
                throw DatabaseDamage("the keys of page \(page) are out of order")
            }
        }
        self.key.copyMemory(from: next)
        self.keySize = next.count
        self.wasBound = isBound
    }

    /// Above zero when `next` comes after the last key, as LMDB compares them.
    private func order(_ next: UnsafeRawBufferPointer, _ size: Int) -> Int {
        if self.rules.hasNumberKeys {
            let (one, two) = (
                next.loadUnaligned(as: UInt64.self), self.key.loadUnaligned(as: UInt64.self)
            )
            return one == two ? 0 : one > two ? 1 : -1
        }
        guard let one = next.baseAddress, let two = self.key.baseAddress else { return 0 }
        let order = memcmp(one, two, min(next.count, size))
        return order == 0 ? next.count - size : Int(order)
    }
}
