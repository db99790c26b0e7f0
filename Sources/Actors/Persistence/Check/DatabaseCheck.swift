import Primitives

/// What a sound database file says of its log.
struct DatabaseContents: Equatable {
    /// The newest record, as the log's own figures say; a new log has none.
    var tail: LogTail?
    /// The owner of the log; nil before it was claimed.
    var owner: LogOwner?
}

/// Reads the whole structure of a database file before LMDB maps it.
///
/// It checks the two meta pages, every page of every tree, free pages, and the order of keys; that
/// records have the positions 1 to the last; that each message has exactly one entry in both indexes
/// and they have no others; that the log's figures are those of its last record. The content of records
/// is left to the replay, which reads it anyway and checks every byte.
///
/// Cost: every page is read once, and of values with pages of their own the head alone.
struct DatabaseCheck {
    private let file: DatabaseFile
    private let walk: DatabaseWalk
    private let meta: DatabaseMeta

    /// Says what is in the file, or what is wrong with it.
    static func inspect(_ file: DatabaseFile) throws(DatabaseDamage) -> DatabaseContents {
        try DatabaseCheck(file).contents()
    }

    private init(_ file: DatabaseFile) throws(DatabaseDamage) {
        let (meta, pageSize) = try DatabaseMeta.newest(in: file)
        self.file = file
        self.meta = meta
        self.walk = try DatabaseWalk(file, pageSize: pageSize, lastPage: meta.lastPage)
    }

    private func contents() throws(DatabaseDamage) -> DatabaseContents {
        let tables = try self.tables()
        let records = try self.records(tables["log"] ?? .empty)
        let contents = try self.figures(tables["meta"] ?? .empty)
        let ids = try self.identifiers(tables["id"] ?? .empty)
        guard ids == records.identifiers else {
            throw DatabaseDamage("the index by identifier does not agree with the records")
        }
        let times = try self.times(tables["type_time"] ?? .empty)
        guard times == records.times else {
            throw DatabaseDamage("the index by type and time does not agree with the records")
        }
        guard (contents.tail?.sequence ?? 0) == records.last,
            contents.tail?.arrival == records.lastArrival
        else { throw DatabaseDamage("its figures are not those of its last record") }
        // Last, when all pages in use are claimed: none of them may be said to be free.
        try self.freePages()
        return contents
    }

    private func tables() throws(DatabaseDamage) -> [String: DatabaseTree] {
        var tables: [String: DatabaseTree] = [:]
        let rules = TreeRules(
            name: "of tables",
            keySizes: 1...16,
            entryFlags: DatabaseNode.tableFlag
        )
        try self.walk.walk(self.meta.main, rules) { (key, value) throws(DatabaseDamage) in
            let name = String(decoding: key, as: UTF8.self)
            guard LogTables.names.contains(name), value.size == DatabaseTree.size else {
                throw DatabaseDamage("there is a table \(name) of \(value.size) bytes")
            }
            let tree = DatabaseTree(value.prefix)
            guard tree.flags == 0 else {
                throw DatabaseDamage("the table \(name) is of kind \(tree.flags)")
            }
            tables[name] = tree
        }
        guard tables.isEmpty || tables.count == LogTables.names.count else {
            throw DatabaseDamage("there are \(tables.count) tables")
        }
        return tables
    }

    private func records(_ tree: DatabaseTree) throws(DatabaseDamage) -> RecordFigures {
        var figures = RecordFigures()
        let rules = TreeRules(name: "log", keySizes: 8...8, prefix: RecordCodec.headerSize)
        try self.walk.walk(tree, rules) { (key, value) throws(DatabaseDamage) in
            let sequence = UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))
            guard sequence == figures.last + 1 else {
                throw DatabaseDamage("record \(figures.last + 1) is missing")
            }
            guard value.size >= RecordCodec.headerSize + RecordCodec.checksumSize else {
                throw DatabaseDamage("record \(sequence) has \(value.size) bytes")
            }
            figures.add(value.prefix, at: sequence)
        }
        return figures
    }

    private func figures(_ tree: DatabaseTree) throws(DatabaseDamage) -> DatabaseContents {
        var contents = DatabaseContents()
        try self.walk.walk(tree, TreeRules(name: "meta", keySizes: 1...16)) {
            (key, value) throws(DatabaseDamage) in
            if key.elementsEqual(LogTail.key), let tail = LogTail(value.prefix) {
                contents.tail = tail
            } else if key.elementsEqual(LogOwner.key), let owner = LogOwner(value.prefix) {
                contents.owner = owner
            } else {
                throw DatabaseDamage("its figures cannot be read")
            }
        }
        return contents
    }

    private func identifiers(_ tree: DatabaseTree) throws(DatabaseDamage) -> EntrySum {
        var sum = EntrySum()
        try self.walk.walk(tree, TreeRules(name: "id", keySizes: 32...32)) {
            (key, value) throws(DatabaseDamage) in
            sum.add(identifier: key, at: 0, sequence: try Self.sequence(value))
        }
        return sum
    }

    private func times(_ tree: DatabaseTree) throws(DatabaseDamage) -> EntrySum {
        var sum = EntrySum()
        let rules = TreeRules(name: "type_time", keySizes: IndexKey.size...IndexKey.size)
        try self.walk.walk(tree, rules) { (key, value) throws(DatabaseDamage) in
            sum.add(
                type: UInt16(bigEndian: key.loadUnaligned(as: UInt16.self)),
                time: UInt64(bigEndian: key.loadUnaligned(fromByteOffset: 2, as: UInt64.self)),
                identifier: key,
                at: 10,
                sequence: try Self.sequence(value)
            )
        }
        return sum
    }

    private static func sequence(_ value: DatabaseValue) throws(DatabaseDamage) -> UInt64 {
        guard value.size == 8 else { throw DatabaseDamage("an index leads to no position") }
        return UInt64(bigEndian: value.prefix.loadUnaligned(as: UInt64.self))
    }

    /// The list of free pages: under the number of the commit that freed them, a count and the
    /// pages, largest first.
    private func freePages() throws(DatabaseDamage) {
        let rules = TreeRules(
            name: "of free pages",
            keySizes: 8...8,
            hasNumberKeys: true,
            childrenMin: 1
        )
        var lists: [UInt64] = []
        try self.walk.walk(self.meta.free, rules) { (key, value) throws(DatabaseDamage) in
            let commit = key.loadUnaligned(as: UInt64.self)
            guard commit <= self.meta.transaction, value.size >= 8 else {
                throw DatabaseDamage("pages were freed by commit \(commit)")
            }
            let count = value.prefix.loadUnaligned(as: UInt64.self)
            guard count <= UInt64(value.size / 8 - 1) else {
                throw DatabaseDamage("commit \(commit) freed \(count) pages")
            }
            var last = UInt64.max
            for index in 0..<Int(count) {
                let page = value.prefix.loadUnaligned(
                    fromByteOffset: 8 + 8 * index,
                    as: UInt64.self
                )
                guard page < last else {
                    throw DatabaseDamage("the pages that commit \(commit) freed are out of order")
                }
                last = page
                lists.append(page)
            }
        }
        // After the walk, so that pages of the list itself are claimed.
        for page in lists { try self.walk.claimFree(page) }
    }
}
