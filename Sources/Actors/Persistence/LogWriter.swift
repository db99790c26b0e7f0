import CLMDB
import Primitives

/// The write transaction, lent to a closure.
struct LogWriter: ~Copyable {
    private let transaction: OpaquePointer
    private let tables: LogTables

    init(transaction: OpaquePointer, tables: LogTables) {
        self.transaction = transaction
        self.tables = tables
    }

    /// Claims a position for an identifier; false when the log holds the message already.
    func claim(_ id: MessageID, _ sequence: UInt64) throws(LogError) -> Bool {
        let code = self.put(
            self.tables.id,
            id.array,
            SequenceKey.bytes(sequence),
            flags: MDB_NOOVERWRITE
        )
        guard code != MDB_KEYEXIST else { return false }
        try check(code, "index an identifier")
        return true
    }

    /// Appends a record at the end of the log.
    func append(_ record: [UInt8], at sequence: UInt64) throws(LogError) {
        try check(
            self.put(self.tables.log, SequenceKey.bytes(sequence), record, flags: MDB_APPEND),
            "append a record"
        )
    }

    /// Makes a message findable by type and time.
    func index(_ key: IndexKey, _ sequence: UInt64) throws(LogError) {
        try check(
            self.put(self.tables.typeTime, key.bytes, SequenceKey.bytes(sequence), flags: 0),
            "index a time"
        )
    }

    /// Stores the figures that belong to this commit.
    func setTail(_ tail: LogTail) throws(LogError) {
        try check(self.put(self.tables.meta, LogTail.key, tail.bytes, flags: 0), "write meta")
    }

    /// Stores whose log this is.
    func setOwner(_ owner: LogOwner) throws(LogError) {
        try check(self.put(self.tables.meta, LogOwner.key, owner.bytes, flags: 0), "write meta")
    }

    private func put(_ table: MDB_dbi, _ key: [UInt8], _ value: [UInt8], flags: Int32) -> Int32 {
        withValue(key) { key in
            withValue(value) { value in
                mdb_put(self.transaction, table, key, value, UInt32(flags))
            }
        }
    }
}
