import Primitives
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The small file beside the log: that there is a log, its format, and the mark of its last commit.
///
/// The format is a line of text, so that every version can read it. The mark is kept in two places
/// that are written in turn: a write that a power cut tears leaves the mark before it, and what it
/// spoke of is in the log, since it is written after the commit and before anybody is told of it.
final class CommitMarkFile: Sendable {
    /// What the file says of the last commit.
    enum Reading: Equatable {
        /// There is no such file, and so no log.
        case absent
        /// There is a log of a version that kept no mark.
        case unmarked
        /// The newest mark whose checksum holds.
        case mark(CommitMark)
        /// There should be a mark, but no checksum holds.
        case unreadable
    }

    private struct State {
        var descriptor: Int32?
        var mark: CommitMark?
    }

    let path: String
    private let state = Mutex(State())

    init(_ path: String) { self.path = path }

    deinit { self.end() }

    func read() -> Reading {
        guard let size = DataDirectory.size(of: self.path) else { return .absent }
        let offset = PersistenceLimits.markSpacing
        let marks = [offset, 2 * offset].compactMap { offset in
            self.bytes(at: offset, CommitMark.size).withUnsafeBytes { CommitMark($0) }
        }
        if let newest = marks.max(by: { $0.generation < $1.generation }) { return .mark(newest) }
        return size > PersistenceLimits.markSpacing ? .unreadable : .unmarked
    }

    /// Refuses a log of another format before anything of it is touched.
    func checkFormat() throws(LogError) {
        guard let format = self.format, format != PersistenceLimits.formatVersion else { return }
        throw .otherFormat(
            path: self.path,
            found: format,
            expected: PersistenceLimits.formatVersion
        )
    }

    /// Begins with what was read; all is written anew, so that a damaged place heals.
    func begin(_ owner: LogOwner, _ tail: LogTail, after read: Reading) throws(LogError) {
        if case .mark(let mark) = read { self.state.withLock { $0.mark = mark } }
        if self.format == nil {
            try self.put(Array("\(PersistenceLimits.formatVersion)\n".utf8), at: 0)
        }
        try self.write(owner, tail)
        try self.write(owner, tail)
    }

    /// Makes the mark of a commit durable.
    ///
    /// Whole sectors are written over, so that the file system has nothing to note besides.
    func write(_ owner: LogOwner, _ tail: LogTail) throws(LogError) {
        let last = self.state.withLock { $0.mark?.generation } ?? 0
        let mark = CommitMark(generation: last &+ 1, owner: owner, tail: tail)
        let spacing = PersistenceLimits.markSpacing
        let padding = [UInt8](repeating: 0, count: spacing - CommitMark.size)
        try self.put(mark.bytes + padding, at: mark.generation % 2 == 0 ? spacing : 2 * spacing)
        self.state.withLock { $0.mark = mark }
    }

    /// Gives the file free.
    func end() {
        self.state.withLock { state in
            if let descriptor = state.descriptor { close(descriptor) }
            state.descriptor = nil
        }
    }

    // MARK: - Bytes

    /// The number that the file begins with; nil when it begins with none.
    private var format: UInt32? {
        let text = self.bytes(at: 0, 16).prefix { $0 != 0x0A }
        return UInt32(String(decoding: text, as: UTF8.self))
    }

    private func bytes(at offset: Int, _ count: Int) -> [UInt8] {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = pread(descriptor, &bytes, count, off_t(offset))
        return Array(bytes.prefix(max(0, read)))
    }

    private func put(_ bytes: [UInt8], at offset: Int) throws(LogError) {
        let failure = self.state.withLock { state -> Int32? in
            if state.descriptor == nil {
                let descriptor = open(self.path, O_RDWR | O_CREAT | O_CLOEXEC | O_DSYNC, 0o600)
                guard descriptor >= 0 else { return errno }
                state.descriptor = descriptor
            }
            guard let descriptor = state.descriptor else { return EBADF }
            let count = pwrite(descriptor, bytes, bytes.count, off_t(offset))
            return count == bytes.count ? nil : count < 0 ? errno : ENOSPC
        }
        guard let failure else { return }
        throw .unusable(path: self.path, operation: "write", code: failure)
    }
}
