import CLMDB
import Primitives

/// A read transaction, lent to a closure: it can be neither copied nor kept.
///
/// Bytes are passed on in place as `RawSpan`, which cannot leave its closure either.
struct LogReader: ~Copyable {
    private let transaction: OpaquePointer
    private let tables: LogTables

    init(transaction: OpaquePointer, tables: LogTables) {
        self.transaction = transaction
        self.tables = tables
    }

    /// Lends the bytes of a record in place; nil when there is none.
    func record<R>(
        _ sequence: UInt64,
        _ body: (RawSpan) throws(LogError) -> R
    ) throws(LogError) -> R? {
        let key = SequenceKey.bytes(sequence)
        return try self.value(self.tables.log, key, body)
    }

    /// The position of a message.
    func sequence(of id: MessageID) throws(LogError) -> UInt64? {
        try self.value(self.tables.id, id.array) { (bytes) throws(LogError) in
            try SequenceKey.sequence(bytes)
        }
    }

    /// The position of an index entry.
    func sequence(of key: IndexKey) throws(LogError) -> UInt64? {
        try self.value(self.tables.typeTime, key.bytes) { (bytes) throws(LogError) in
            try SequenceKey.sequence(bytes)
        }
    }

    /// The log's figures as of its last commit; nil for a new log.
    func tail() throws(LogError) -> LogTail? {
        try self.value(self.tables.meta, LogTail.key) { (bytes) throws(LogError) in
            guard let tail = bytes.withUnsafeBytes({ LogTail($0) }) else {
                throw .database(operation: "read meta", code: MDB_CORRUPTED, text: "bad tail")
            }
            return tail
        }
    }

    /// The owner of the log; nil for a new one.
    func owner() throws(LogError) -> LogOwner? {
        try self.value(self.tables.meta, LogOwner.key) { (bytes) throws(LogError) in
            guard let owner = bytes.withUnsafeBytes({ LogOwner($0) }) else {
                throw .database(operation: "read meta", code: MDB_CORRUPTED, text: "bad owner")
            }
            return owner
        }
    }

    /// Index entries of one type from a place on, in order.
    func indexCursor(
        type: UInt16,
        since: Timestamp,
        after: MessageID?
    ) throws(LogError) -> LogIndexCursor {
        var cursor: OpaquePointer?
        try check(mdb_cursor_open(self.transaction, self.tables.typeTime, &cursor), "open a cursor")
        guard let cursor else { throw .closed }
        return LogIndexCursor(cursor, type: type, since: since, after: after)
    }

    private func value<R>(
        _ table: MDB_dbi,
        _ key: [UInt8],
        _ body: (RawSpan) throws(LogError) -> R
    ) throws(LogError) -> R? {
        var value = MDB_val()
        let code = withValue(key) { mdb_get(self.transaction, table, $0, &value) }
        guard code != MDB_NOTFOUND else { return nil }
        try check(code, "read")
        return try body(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size).bytes)
    }
}

/// Walks the index of one type; lives only inside a read transaction.
final class LogIndexCursor: IndexCursor {
    private let cursor: OpaquePointer
    private let type: UInt16
    private(set) var head: IndexKey?
    /// Whether it ended before the end of the index, because an entry could not be read.
    private(set) var isBroken = false

    init(_ cursor: OpaquePointer, type: UInt16, since: Timestamp, after: MessageID?) {
        self.cursor = cursor
        self.type = type
        let start = IndexKey(type: type, timestamp: since, id: after ?? MessageID(.zeros))
        self.head = self.key { key in
            start.bytes.withUnsafeBytes { bytes in
                key.mv_size = bytes.count
                key.mv_data = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                var value = MDB_val()
                return mdb_cursor_get(self.cursor, &key, &value, MDB_SET_RANGE)
            }
        }
        if let after, self.head?.timestamp == since, self.head?.id == after { self.advance() }
    }

    deinit { mdb_cursor_close(self.cursor) }

    func advance() {
        self.head = self.key { key in
            var value = MDB_val()
            return mdb_cursor_get(self.cursor, &key, &value, MDB_NEXT)
        }
    }

    private func key(_ move: (inout MDB_val) -> Int32) -> IndexKey? {
        var key = MDB_val()
        let code = move(&key)
        guard code != MDB_NOTFOUND else { return nil }
        guard code == 0,
            let found = IndexKey(UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size))
        else {
            self.isBroken = true
            return nil
        }
        return found.type == self.type ? found : nil
    }
}

/// Lends bytes as LMDB takes them.
func withValue<R>(_ bytes: [UInt8], _ body: (UnsafeMutablePointer<MDB_val>) -> R) -> R {
    bytes.withUnsafeBytes { buffer in
        var value = MDB_val(
            mv_size: buffer.count,
            mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress)
        )
        return body(&value)
    }
}

/// Positions as keys and values: eight bytes, big-endian, so that bytes sort as numbers.
enum SequenceKey {
    static func bytes(_ sequence: UInt64) -> [UInt8] {
        withUnsafeBytes(of: sequence.bigEndian) { Array($0) }
    }

    static func sequence(_ bytes: RawSpan) throws(LogError) -> UInt64 {
        guard bytes.byteCount == 8 else {
            throw .database(operation: "read an index", code: MDB_CORRUPTED, text: "bad position")
        }
        return bytes.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }
}
