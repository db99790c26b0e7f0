import Dispatch
public import Logging
public import Primitives
import Synchronization

/// How a log is opened; the defaults are those of a real node.
public struct LogStoreOptions: Sendable {
    /// Protocol versions that stored messages may have (D-87).
    public var acceptedVersions: Set<Int64> = [0]
    /// Map size of a new log, in bytes.
    public var mapBytes = PersistenceLimits.mapBytesInitial
    /// Longest wait for more records before a commit.
    public var linger = PersistenceLimits.lingerMax
    /// Pause between attempts to write while stopped.
    public var retryPause = PersistenceLimits.retryPause
    /// Tells the room on the disk of a folder; nil when unknown.
    public var diskSpace: @Sendable (String) -> DiskSpace? = DiskSpace.measure

    /// The options of a real node.
    public init() {}
}

/// The durable log: an LMDB environment in `<data directory>/log`.
///
/// What it does: it checks what is on the disk before LMDB maps it, and rebuilds it from its records if
/// need be (ADR 0028); it has one writer, on a queue of its own, that commits groups, each synced
/// before anything of it is reported; it reads from any thread, in place; it stops with a reason when
/// the disk is full or broken, while reads go on and entries wait, and resumes by itself. Own and
/// identity messages and facts do not wait for a group. A record that fails its checksum is never used:
/// the read, and so the replay, ends with an error that names it, and nothing is skipped, so no
/// acknowledged message is lost silently.
public final class LogStore: LogDevice {
    let environment: LogEnvironment
    let options: LogStoreOptions
    let logger: Logger
    let queue = DispatchQueue(label: "valence.log")
    let inbox = Mutex(LogInbox())
    let tail: Mutex<LogTail>
    let replayCheck = Mutex(ReplayCheck())
    let mark: CommitMarkFile
    let owner: LogOwner
    let doubt = Mutex(LogDoubt())
    private let lock: DataDirectoryLock
    private let directory: DataDirectory
    private let former: NodeID?

    /// Opens or creates the log of a node.
    ///
    /// - Parameters:
    ///   - dataDirectory: absolute path; made if it does not exist.
    ///   - nodeID: the key that the log belongs to.
    ///   - formerNodeID: the key before the last rotation; a log of it passes to `nodeID`.
    ///   - options: sizes and hooks.
    ///   - logger: told of stops, resumptions and growth.
    /// - Throws: ``LogError`` with cause and next step.
    public init(
        dataDirectory: String,
        nodeID: NodeID,
        formerNodeID: NodeID? = nil,
        options: LogStoreOptions = LogStoreOptions(),
        logger: Logger = Logger(label: "valence.log")
    ) throws(LogError) {
        let directory = DataDirectory(path: dataDirectory)
        try DataDirectory.create(dataDirectory)
        self.lock = try DataDirectoryLock(directory.lockPath)
        let owner = LogOwner(format: PersistenceLimits.formatVersion, node: nodeID)
        self.mark = CommitMarkFile(directory.markerPath)
        self.directory = directory
        self.options = options
        self.logger = logger
        self.owner = owner
        self.former = formerNodeID
        let opening = LogOpening(
            directory: directory,
            mark: self.mark,
            owner: owner,
            former: formerNodeID,
            logger: logger
        )
        let reading = try opening.prepare()
        try DataDirectory.create(directory.logPath)
        let mapBytes = max(options.mapBytes, PersistenceLimits.mapBytesMin)
        self.environment = try LogEnvironment(path: directory.logPath, mapBytes: mapBytes)
        try self.environment.clearStaleReaders()
        let tail = try Self.claim(
            self.environment,
            path: dataDirectory,
            owner: owner,
            former: formerNodeID
        )
        self.tail = Mutex(tail)
        try DataDirectory.sync(directory.logPath)
        // Last of all: a crash before it leaves a log that may be begun again.
        do throws(LogError) {
            try self.mark.begin(owner, tail, after: reading)
        } catch {
            // On a full disk there may be no room for it yet. The writer makes up for it first.
            guard reading != .absent else { throw error }
            self.doubt.withLock { $0.needsMark = true }
        }
        try DataDirectory.sync(dataDirectory)
    }

    /// Commits what waits, if it can, closes the log and gives the data directory free; later calls
    /// fail with `.closed`.
    public func close() {
        self.queue.sync { self.commitWaiting() }
        self.environment.close()
        self.mark.end()
        self.lock.release()
    }

    /// Errors that a damaged file may have caused are looked into between two sessions.
    private func settleDoubt() {
        guard self.doubt.withLock({ $0.isRaised }) else { return }
        let opening = LogOpening(
            directory: self.directory,
            mark: self.mark,
            owner: self.owner,
            former: self.former,
            logger: self.logger
        )
        let failure: LogError?
        do throws(LogError) {
            try self.environment.reopen { () throws(LogError) in _ = try opening.prepare() }
            failure = nil
        } catch {
            failure = error
        }
        self.doubt.withLock { $0 = LogDoubt(failure: failure, needsMark: $0.needsMark) }
    }

    /// Refuses another format or another node, and marks a new or inherited log as ours.
    private static func claim(
        _ environment: LogEnvironment,
        path: String,
        owner: LogOwner,
        former: NodeID?
    ) throws(LogError) -> LogTail {
        let (found, tail) = try environment.read { (reader) throws(LogError) in
            (try reader.owner(), try reader.tail())
        }
        guard let found else {
            try environment.write { (writer) throws(LogError) in try writer.setOwner(owner) }
            return LogTail()
        }
        guard found.format == owner.format else {
            throw .otherFormat(path: path, found: found.format, expected: owner.format)
        }
        if found.node != owner.node {
            guard found.node == former else {
                throw .otherNode(path: path, found: found.node, expected: owner.node)
            }
            try environment.write { (writer) throws(LogError) in try writer.setOwner(owner) }
        }
        return tail ?? LogTail()
    }

    // MARK: - LogDevice: appending

    /// Begins a session with its callback.
    public func connect(_ onOutcomes: @escaping @Sendable () -> Void) {
        self.inbox.withLock { $0.onOutcomes = nil }
        // Every life of the subsystems begins by writing the mark: so a node that cannot write notices
        // before it is asked for anything.
        self.doubt.withLock { $0.needsMark = true }
        // In one step of the writer: groups of the previous life must be committed before the new one
        // begins, or their outcomes would go to subsystems that never applied them.
        self.queue.sync {
            self.commitWaiting()
            self.settleDoubt()
            self.replayCheck.withLock { $0 = ReplayCheck() }
            self.inbox.withLock { $0.reset(onOutcomes: onOutcomes) }
        }
    }

    /// Hands entries over for the next commit.
    public func append(_ entries: [LogEntry]) {
        let (work, onOutcomes) = self.inbox.withLock { inbox in
            for entry in entries { inbox.add(entry) }
            return (inbox.schedule(), inbox.takeReport())
        }
        onOutcomes?()
        switch work {
        case .none:
            break
        case .now:
            self.queue.async { [weak self] in self?.commitWaiting() }
        case .afterLinger:
            self.queue.asyncAfter(deadline: .now() + self.options.linger.dispatchInterval) {
                [weak self] in self?.commitWaiting()
            }
        }
    }

    /// Outcomes since the last call, in log order.
    public func takeOutcomes() -> [AppendOutcome] {
        self.inbox.withLock { $0.takeOutcomes() }
    }

    /// Figures now.
    public var status: LogStatus {
        let tail = self.tail.withLock { $0 }
        var status = LogStatus()
        status.lastSequence = tail.sequence
        status.digest = tail.digest
        status.lastArrival = tail.arrival
        status.bytesUsed = UInt64(clamping: (try? self.environment.usage().used) ?? 0)
        status.bytesFree = self.options.diskSpace(self.path)?.free
        self.inbox.withLock { inbox in
            status.stoppedBecause = inbox.stop?.reason
            status.dropped = inbox.dropped
        }
        return status
    }

    /// Where the log lies, for errors.
    var path: String { self.directory.logPath }
}

/// Suspected damage of a log that is open.
struct LogDoubt: Sendable {
    /// A read met an error that only a damaged file explains.
    var isRaised = false
    /// Why the log could not be opened again after that.
    var failure: LogError?
    /// The mark of the last commit is to be written before anything else.
    var needsMark = false
}

extension Duration {
    /// The same span for a dispatch queue, at least a microsecond.
    var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = self.components
        let micros = Int(clamping: seconds) &* 1_000_000 &+ Int(attoseconds / 1_000_000_000_000)
        return .microseconds(max(1, micros))
    }
}
