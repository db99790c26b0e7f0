import Primitives
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Folders of the data directory and the lock that keeps a second node out.
struct DataDirectory {
    let path: String

    var logPath: String { "\(self.path)/log" }
    var lockPath: String { "\(self.path)/LOCK" }
    /// Written when the first log is durable, and with every commit.
    ///
    /// So a log whose file has gone missing is noticed, and no new one is begun in its place.
    var markerPath: String { "\(self.path)/\(PersistenceLimits.markerName)" }
    var databasePath: String { Self.databasePath(in: self.logPath) }

    /// The database file in the folder of a log.
    static func databasePath(in folder: String) -> String { "\(folder)/data.mdb" }

    /// Bytes of a file; nil when it is not there or cannot be looked at.
    static func size(of path: String) -> Int? {
        var figures = stat()
        return stat(path, &figures) == 0 ? Int(figures.st_size) : nil
    }

    /// Makes sure that a file of `bytes` has its place on the disk; what it holds stays.
    ///
    /// A mapped file without a place would end the process when the disk is full.
    static func allocate(_ path: String, bytes: Int) throws(LogError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: path, operation: "write", code: errno) }
        defer { close(descriptor) }
        let code = posix_fallocate(descriptor, 0, off_t(bytes))
        guard code == 0 || code == EOPNOTSUPP || code == EINVAL else {
            throw .unusable(path: path, operation: "write", code: code)
        }
    }

    /// Makes a folder and its parents, readable for this user alone.
    static func create(_ path: String) throws(LogError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try Self.create(String(path[..<slash]))
            if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        throw .unusable(path: path, operation: "create", code: errno)
    }

    /// Makes entries of a folder durable.
    static func sync(_ path: String) throws(LogError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable(path: path, operation: "open", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw .unusable(path: path, operation: "sync", code: errno)
        }
    }
}

/// Holds `<data directory>/LOCK` until it is released; the file names the process.
package final class DataDirectoryLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Keeps nodes out of a data directory, for a change while none runs.
    ///
    /// - Throws: ``LogError/inUse(path:processID:)`` when a node runs there.
    package convenience init(dataDirectory path: String) throws(LogError) {
        try self.init(DataDirectory(path: path).lockPath)
    }

    init(_ path: String) throws(LogError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unusable(path: path, operation: "write", code: errno)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else {
                throw .unusable(path: path, operation: "lock", code: code)
            }
            throw .inUse(path: path, processID: holder)
        }
        self.descriptor = Mutex(descriptor)
        // The process number is for people, and the lock holds without it on a full disk. It is written
        // over the old one, whose place on the disk would be lost otherwise.
        let text = Array("\(getpid())\n".utf8)
        if pwrite(descriptor, text, text.count, 0) == text.count {
            ftruncate(descriptor, off_t(text.count))
        }
    }

    deinit { self.release() }

    /// Lets another node in; later calls have no effect.
    package func release() {
        self.descriptor.withLock { held in
            guard let descriptor = held else { return }
            // A process just forked may hold a copy of the descriptor; unlocking ends its hold too.
            flock(descriptor, LOCK_UN)
            close(descriptor)
            held = nil
        }
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self))
    }
}

/// Room on the disk that holds a folder.
public struct DiskSpace: Sendable, Equatable {
    /// Bytes that this user may still write.
    public var free: UInt64
    /// Bytes of the whole file system.
    public var total: UInt64
    /// What the operator lets the node fill, where that leaves less room than the disk; nil where the disk does.
    public var cap: UInt64?

    /// Describes a disk.
    public init(free: UInt64, total: UInt64, cap: UInt64? = nil) {
        self.free = free
        self.total = total
        self.cap = cap
    }

    /// How much is left at a path, and of what.
    func left(at path: String) -> String {
        let left = "\(self.free / 1_048_576) MiB left"
        guard let cap else { return "the disk of \(path) has \(left)" }
        return "of the \(cap / 1_048_576) MiB that max-disk lets \(path) take, there are \(left)"
    }

    /// What gives the log more room.
    var advice: String {
        self.cap == nil ? "Make room" : "Raise max-disk in config.toml and reload the node"
    }

    /// Asks the system; nil when it does not say.
    public static func measure(_ path: String) -> DiskSpace? {
        var figures = statvfs()
        guard statvfs(path, &figures) == 0 else { return nil }
        let unit = UInt64(figures.f_frsize)
        return DiskSpace(
            free: UInt64(figures.f_bavail).multipliedReportingOverflow(by: unit).partialValue,
            total: UInt64(figures.f_blocks).multipliedReportingOverflow(by: unit).partialValue
        )
    }

    /// Bytes that may be written before the reserves are touched: those of the machine, and those for
    /// own messages and governance.
    public var writable: UInt64 {
        let kept = self.reserve + self.ownReserve
        return self.free > kept ? self.free - kept : 0
    }

    /// What the log keeps for own messages, identity messages and governance when messages of others
    /// have filled the rest.
    ///
    /// The limits by identity and in total, which keep others from filling it, are at admission.
    var ownReserve: UInt64 { self.reserve / PersistenceLimits.ownReserveDivisor }

    /// What the node leaves free for the rest of the machine.
    var reserve: UInt64 {
        min(
            PersistenceLimits.diskReserveBytes,
            self.total / 100 * PersistenceLimits.diskReservePercent
        )
    }
}
