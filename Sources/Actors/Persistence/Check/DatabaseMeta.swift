/// The figures of one tree, as a meta page or the main tree holds them.
struct DatabaseTree {
    static let size = 48
    static let noRoot = UInt64.max

    let pad: UInt32
    let flags: UInt16
    let depth: Int
    let branchPages: UInt64
    let leafPages: UInt64
    let overflowPages: UInt64
    let entries: UInt64
    let root: UInt64

    /// A tree with nothing in it.
    static let empty = DatabaseTree()

    private init() {
        self.pad = 0
        self.flags = 0
        self.depth = 0
        self.branchPages = 0
        self.leafPages = 0
        self.overflowPages = 0
        self.entries = 0
        self.root = Self.noRoot
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        self.pad = bytes.loadUnaligned(as: UInt32.self)
        self.flags = bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
        self.depth = Int(bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        self.branchPages = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        self.leafPages = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        self.overflowPages = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        self.entries = bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
        self.root = bytes.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
    }
}

/// A commit as one of the two meta pages describes it; LMDB writes them in turn.
struct DatabaseMeta {
    /// Bytes of a meta page that are used.
    static let size = 152

    let free: DatabaseTree
    let main: DatabaseTree
    let lastPage: UInt64
    let transaction: UInt64

    /// Reads one meta page.
    private init(
        _ bytes: UnsafeRawBufferPointer,
        number: UInt64,
        pageSize: Int
    ) throws(DatabaseDamage) {
        let header = PageHeader(bytes)
        guard header.number == number, header.flags == DatabasePage.metaFlag,
            bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == CheckLimits.metaMagic,
            bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self) == CheckLimits.dataVersion
        else { throw DatabaseDamage("page \(number) is no description of a commit") }
        self.free = DatabaseTree(UnsafeRawBufferPointer(rebasing: bytes[40..<88]))
        self.main = DatabaseTree(UnsafeRawBufferPointer(rebasing: bytes[88..<136]))
        self.lastPage = bytes.loadUnaligned(fromByteOffset: 136, as: UInt64.self)
        self.transaction = bytes.loadUnaligned(fromByteOffset: 144, as: UInt64.self)
        guard self.free.pad == UInt32(pageSize), self.free.flags == Self.integerKeys,
            self.main.flags == 0
        else { throw DatabaseDamage("page \(number) describes trees of another kind") }
    }

    /// Flag of a tree whose keys are numbers.
    private static let integerKeys: UInt16 = 0x08

    /// The newest commit and the size of pages, from two meta pages that belong together.
    static func newest(in file: DatabaseFile) throws(DatabaseDamage) -> (DatabaseMeta, Int) {
        guard file.length >= 2 * Self.size else {
            throw DatabaseDamage("its file has \(file.length) bytes, which hold no commit")
        }
        let size = try Self.pageSize(file)
        let even = try Self.read(file, number: 0, pageSize: size)
        let odd = try Self.read(file, number: 1, pageSize: size)
        // Commits alternate between the pages, so that their numbers are neighbours.
        let (first, second) = (even.transaction, odd.transaction)
        let isNew = first == 0 && second == 0
        let isTurn =
            first % 2 == 0 && second % 2 == 1 && max(first, second) - min(first, second) == 1
        guard isNew || isTurn else {
            throw DatabaseDamage("commits \(first) and \(second) do not follow one another")
        }
        return (first < second ? odd : even, size)
    }

    private static func pageSize(_ file: DatabaseFile) throws(DatabaseDamage) -> Int {
        let said = try Self.bytes(file, at: 0) {
            Int($0.loadUnaligned(fromByteOffset: 40, as: UInt32.self))
        }
        guard CheckLimits.pageSizes.contains(said) else {
            throw DatabaseDamage("pages of \(said) bytes")
        }
        return said
    }

    private static func read(
        _ file: DatabaseFile,
        number: UInt64,
        pageSize: Int
    ) throws(DatabaseDamage) -> DatabaseMeta {
        try Self.bytes(file, at: Int(number) * pageSize) { (bytes) throws(DatabaseDamage) in
            try DatabaseMeta(bytes, number: number, pageSize: pageSize)
        }
    }

    private static func bytes<R>(
        _ file: DatabaseFile,
        at offset: Int,
        _ body: (UnsafeRawBufferPointer) throws(DatabaseDamage) -> R
    ) throws(DatabaseDamage) -> R {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.size, alignment: 8)
        defer { buffer.deallocate() }
        try file.read(buffer, at: offset)
        return try body(UnsafeRawBufferPointer(buffer))
    }
}
