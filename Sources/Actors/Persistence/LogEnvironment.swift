import CLMDB

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The tables of the log.
struct LogTables {
    static let names: Set<String> = ["log", "id", "type_time", "meta"]

    var log: MDB_dbi = 0
    var id: MDB_dbi = 0
    var typeTime: MDB_dbi = 0
    var meta: MDB_dbi = 0
}

/// The LMDB environment: opens it, lends transactions to closures, grows its map.
///
/// Any thread may read at any time; one may write. Growing and reopening wait until no
/// transaction is live, since both move the map.
final class LogEnvironment: @unchecked Sendable {
    let path: String
    private let gate = TransactionGate()
    // Both change only inside `gate.exclusive`.
    private var handle: OpaquePointer?
    private var tables = LogTables()
    private let length = FileLength()

    init(path: String, mapBytes: Int) throws(LogError) {
        self.path = path
        try self.open(mapBytes: mapBytes)
    }

    deinit { self.closeHandle() }

    /// Lends a read transaction; the reader and its bytes cannot outlive the closure.
    func read<R>(_ body: (borrowing LogReader) throws(LogError) -> R) throws(LogError) -> R {
        do throws(LogError) {
            return try self.readOnce(body)
        } catch .database(_, MDB_PANIC, _) {
            try self.reopen()
            return try self.readOnce(body)
        }
    }

    /// Lends the write transaction and makes its effects durable; a thrown error undoes them.
    func write<R>(_ body: (borrowing LogWriter) throws(LogError) -> R) throws(LogError) -> R {
        try self.gate.shared { () throws(LogError) -> R in
            let transaction = try self.begin(flags: 0)
            let result: R
            do throws(LogError) {
                result = try body(LogWriter(transaction: transaction, tables: self.tables))
            } catch {
                mdb_txn_abort(transaction)
                throw error
            }
            try check(mdb_txn_commit(transaction), "commit")
            self.length.note(self.handle)
            return result
        }
    }

    /// Doubles the map.
    func grow() throws(LogError) {
        try self.gate.exclusive { () throws(LogError) in
            guard let handle = self.handle else { throw .closed }
            var info = MDB_envinfo()
            try check(mdb_env_info(handle, &info), "measure the map")
            let (size, overflow) = info.me_mapsize.multipliedReportingOverflow(by: 2)
            guard !overflow else {
                throw .database(operation: "grow the map", code: ENOMEM, text: "no room")
            }
            try check(mdb_env_set_mapsize(handle, size), "grow the map")
        }
    }

    /// Bytes of the file in use, and of the map.
    func usage() throws(LogError) -> (used: Int, map: Int) {
        try self.gate.shared { () throws(LogError) -> (used: Int, map: Int) in
            guard let handle = self.handle else { throw .closed }
            var info = MDB_envinfo()
            try check(mdb_env_info(handle, &info), "measure the map")
            return (try Self.bytesUsed(handle), info.me_mapsize)
        }
    }

    /// Frees the slots of readers whose process died; they would keep old pages alive.
    func clearStaleReaders() throws(LogError) {
        try self.gate.shared { () throws(LogError) in
            guard let handle = self.handle else { throw .closed }
            var dead: Int32 = 0
            try check(mdb_reader_check(handle, &dead), "check readers")
        }
    }

    /// Writes what is in use to a new file in another folder, without the pages that nothing is in.
    func copyCompacted(to folder: String) throws(LogError) {
        try self.gate.shared { () throws(LogError) in
            guard let handle = self.handle else { throw .closed }
            try check(mdb_env_copy2(handle, folder, UInt32(MDB_CP_COMPACT)), "copy the log")
        }
    }

    /// Closes the environment once no transaction is live.
    func close() {
        self.gate.exclusive { self.closeHandle() }
    }

    // MARK: - Opening

    /// After a failed write of the meta page LMDB refuses all work until it is opened anew.
    func reopen() throws(LogError) {
        if let handle = self.handle { try self.length.check(handle, path: self.path) }
        try self.reopen { () throws(LogError) in }
    }

    /// Opens the file anew after `body`, during which nobody uses it.
    func reopen(after body: () throws(LogError) -> Void) throws(LogError) {
        let size = (try? self.usage().map) ?? PersistenceLimits.mapBytesInitial
        try self.gate.exclusive { () throws(LogError) in
            guard self.handle != nil else { throw .closed }
            self.closeHandle()
            try body()
            try self.openHandle(mapBytes: size)
        }
    }

    private func open(mapBytes: Int) throws(LogError) {
        try self.gate.exclusive { () throws(LogError) in try self.openHandle(mapBytes: mapBytes) }
    }

    private func openHandle(mapBytes: Int) throws(LogError) {
        var created: OpaquePointer?
        try check(mdb_env_create(&created), "create an environment")
        guard let created else { throw .closed }
        do throws(LogError) {
            try check(mdb_env_set_mapsize(created, mapBytes), "reserve the map")
            try check(mdb_env_set_maxdbs(created, 4), "reserve tables")
            try check(
                mdb_env_set_maxreaders(created, PersistenceLimits.readersMax),
                "reserve readers"
            )
            try check(mdb_env_set_assert(created, reportAssertion), "reserve a report")
            let locks = "\(self.path)/lock.mdb"
            try DataDirectory.allocate(locks, bytes: PersistenceLimits.lockFileBytes)
            try self.openFile(created)
            self.tables = try Self.openTables(created)
        } catch {
            mdb_env_close(created)
            throw error
        }
        self.handle = created
        self.length.begin(created)
    }

    private func openFile(_ environment: OpaquePointer) throws(LogError) {
        // Read transactions belong to closures, not to threads.
        let code = mdb_env_open(environment, self.path, UInt32(MDB_NOTLS), 0o600)
        switch code {
        case 0:
            return
        case MDB_INVALID, MDB_VERSION_MISMATCH, MDB_CORRUPTED:
            throw .damaged(path: self.path, cause: String(cString: mdb_strerror(code)), left: nil)
        default:
            throw .unusable(path: self.path, operation: "open", code: code)
        }
    }

    /// Bytes up to the end of the last page.
    private static func bytesUsed(_ environment: OpaquePointer) throws(LogError) -> Int {
        var info = MDB_envinfo()
        var figures = MDB_stat()
        try check(mdb_env_info(environment, &info), "measure the map")
        try check(mdb_env_stat(environment, &figures), "measure the map")
        return (info.me_last_pgno + 1) * Int(figures.ms_psize)
    }

    private static func openTables(_ environment: OpaquePointer) throws(LogError) -> LogTables {
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(environment, nil, 0, &transaction), "begin")
        var tables = LogTables()
        do throws(LogError) {
            let flags = UInt32(MDB_CREATE)
            try check(mdb_dbi_open(transaction, "log", flags, &tables.log), "open a table")
            try check(mdb_dbi_open(transaction, "id", flags, &tables.id), "open a table")
            try check(
                mdb_dbi_open(transaction, "type_time", flags, &tables.typeTime),
                "open a table"
            )
            try check(mdb_dbi_open(transaction, "meta", flags, &tables.meta), "open a table")
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        try check(mdb_txn_commit(transaction), "commit")
        return tables
    }

    private func closeHandle() {
        if let handle = self.handle { mdb_env_close(handle) }
        self.handle = nil
    }

    // MARK: - Transactions

    private func readOnce<R>(
        _ body: (borrowing LogReader) throws(LogError) -> R
    ) throws(LogError) -> R {
        try self.gate.shared { () throws(LogError) -> R in
            let transaction = try self.begin(flags: UInt32(MDB_RDONLY))
            defer { mdb_txn_abort(transaction) }
            return try body(LogReader(transaction: transaction, tables: self.tables))
        }
    }

    private func begin(flags: UInt32) throws(LogError) -> OpaquePointer {
        guard let handle = self.handle else { throw .closed }
        try self.length.check(handle, path: self.path)
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(handle, nil, flags, &transaction), "begin")
        guard let transaction else { throw .closed }
        return transaction
    }
}

/// Says what a failed assertion of LMDB means, and ends the process before LMDB aborts it.
///
/// The structure was sound when the node started, so that the disk or the memory changed it since;
/// the next start finds out and rebuilds the log.
private func reportAssertion(_ environment: OpaquePointer?, _ text: UnsafePointer<CChar>?) {
    let assertion = text.map { String(cString: $0) } ?? "unknown"
    let report = """
        Error: the log was damaged while the node ran (\(assertion)). Check the disk and the memory, \
        then start the node again: it checks the log and rebuilds it.

        """
    _ = Array(report.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    _exit(1)
}

/// Throws what LMDB reports.
func check(_ code: Int32, _ operation: String) throws(LogError) {
    guard code != 0 else { return }
    throw .database(operation: operation, code: code, text: String(cString: mdb_strerror(code)))
}

/// Many transactions or one change of the map.
private final class TransactionGate: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>

    init() {
        self.lock = .allocate(capacity: 1)
        self.lock.initialize(to: pthread_rwlock_t())
        guard pthread_rwlock_init(self.lock, nil) == 0 else {
            preconditionFailure("a read-write lock with default attributes can be made")
        }
    }

    deinit {
        pthread_rwlock_destroy(self.lock)
        self.lock.deallocate()
    }

    func shared<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        pthread_rwlock_rdlock(self.lock)
        defer { pthread_rwlock_unlock(self.lock) }
        return try body()
    }

    func exclusive<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        pthread_rwlock_wrlock(self.lock)
        defer { pthread_rwlock_unlock(self.lock) }
        return try body()
    }
}
