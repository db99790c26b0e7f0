import CLMDB
import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes the log anew without the pages that nothing is in, while no node has it open (ADR 0081).
///
/// LMDB never gives room back: pages of older commits are used again, and the file stays as long as it once was. The copy is
/// written beside the log, checked as at a start, compared with the old one, and then renamed into its place. Until that rename
/// a crash leaves the old log, and a folder that the next start removes.
package struct LogCompaction: Sendable {
    /// What is durable; a process may end right after each.
    package enum Step: CaseIterable, Sendable {
        case copied, checked, synced, swapped
    }

    /// What became of the file.
    package struct Result: Equatable, Sendable {
        /// Bytes of the file before.
        package let before: Int
        /// Bytes of it now.
        package let after: Int
    }

    private let directory: DataDirectory
    private let diskSpace: @Sendable (String) -> DiskSpace?

    /// - Parameters:
    ///   - path: the data directory, whose lock the caller holds.
    ///   - diskSpace: tells the room on a disk.
    package init(
        dataDirectory path: String,
        diskSpace: @escaping @Sendable (String) -> DiskSpace? = DiskSpace.measure
    ) {
        self.directory = DataDirectory(path: path)
        self.diskSpace = diskSpace
    }

    private var folder: String { "\(self.directory.logPath).compact" }
    private var source: String { self.directory.databasePath }
    private var copy: String { DataDirectory.databasePath(in: self.folder) }

    /// Writes the log anew; a log that shrinks by nothing stays as it is.
    ///
    /// - Parameter reached: told of each step.
    /// - Returns: nil when there is no log.
    /// - Throws: ``LogError``; the log is then as it was.
    package func run(reached: (Step) -> Void = { _ in }) throws(LogError) -> Result? {
        guard let contents = try LogSummary.contents(of: self.source) else { return nil }
        try self.compareWithMark(contents)
        let before = DataDirectory.size(of: self.source) ?? 0
        let room = self.diskSpace(self.directory.logPath)
        if let room, room.free < UInt64(clamping: before) {
            throw .unusable(path: self.folder, operation: "write", code: ENOSPC)
        }
        self.removeUnfinished()
        defer { self.removeUnfinished() }
        try DataDirectory.create(self.folder)
        try self.write()
        reached(.copied)
        guard try LogSummary.contents(of: self.copy) == contents else {
            throw .damaged(path: self.folder, cause: "the copy is not what was read", left: nil)
        }
        reached(.checked)
        let after = DataDirectory.size(of: self.copy) ?? 0
        guard after < before else { return Result(before: before, after: before) }
        try self.replace(reached)
        return Result(before: before, after: after)
    }

    /// Only the next start can mend a log that is behind its mark; here it would be written anew without what is lost.
    private func compareWithMark(_ contents: DatabaseContents) throws(LogError) {
        let file = CommitMarkFile(self.directory.markerPath)
        try file.checkFormat()
        guard case .mark(let mark) = file.read() else { return }
        let tail = contents.tail ?? LogTail()
        guard tail.sequence > mark.tail.sequence || tail.digest == mark.tail.digest,
            tail.sequence >= mark.tail.sequence
        else {
            throw .damaged(
                path: self.directory.logPath,
                cause: "it ends before its last commit",
                left: "start the node, which mends it where it can"
            )
        }
    }

    private func write() throws(LogError) {
        let environment = try LogEnvironment(
            path: self.directory.logPath,
            mapBytes: max(
                PersistenceLimits.mapBytesInitial,
                2 * (DataDirectory.size(of: self.source) ?? 0)
            )
        )
        defer { environment.close() }
        try environment.copyCompacted(to: self.folder)
    }

    private func replace(_ reached: (Step) -> Void) throws(LogError) {
        let descriptor = open(self.copy, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unusable(path: self.copy, operation: "open", code: errno)
        }
        defer { close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else {
            throw .unusable(path: self.copy, operation: "sync", code: errno)
        }
        try DataDirectory.sync(self.folder)
        reached(.synced)
        guard rename(self.copy, self.source) == 0 else {
            throw .unusable(path: self.source, operation: "replace", code: errno)
        }
        try DataDirectory.sync(self.directory.logPath)
        reached(.swapped)
    }

    /// Removes what a compaction left that did not come to its end.
    package func removeUnfinished() {
        for name in ["data.mdb", "lock.mdb"] { unlink("\(self.folder)/\(name)") }
        rmdir(self.folder)
    }
}
