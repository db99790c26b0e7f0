import Foundation
import Glibc
import Kernel
import Persistence
import Synchronization

/// The part of a disk that a node may fill (ADR 0076).
///
/// To log and artefacts it looks like a disk of that size, so that the reserves for own messages and governance apply
/// to it as well (ADR 0029).
final class DiskAllowance: Sendable {
    private struct State {
        var bytesMax: UInt64?
        var used: UInt64 = 0
        var measuredAt: Moment?
        /// What the whole disk had free at the last look.
        var free: UInt64 = 0

        /// What may be ours now: all that the disk lost since the last look may have been written here.
        func usedAtMost(_ disk: DiskSpace) -> UInt64 {
            self.used + (self.free > disk.free ? self.free - disk.free : 0)
        }
    }

    private let directory: String
    private let measure: @Sendable (String) -> DiskSpace?
    private let state: Mutex<State>

    /// Between two looks at the files.
    ///
    /// Source: own choice: ten thousand files are looked at in some hundredths of a second.
    private static let pause = Duration.seconds(5)
    /// The same when little is left, as what others write to the disk must not be taken for ours for long.
    ///
    /// Source: own choice: an upload that fills the rest waits for no more looks than it takes seconds.
    private static let pauseNearTheEnd = Duration.milliseconds(250)
    /// Little is left below this part of the allowance.
    ///
    /// Source: own choice: more than both reserves.
    private static let endDivisor: UInt64 = 8

    /// - Parameters:
    ///   - directory: what lies below it counts.
    ///   - bytesMax: most bytes; nil for the whole disk.
    ///   - measure: tells the room on a disk.
    init(
        _ directory: String,
        bytesMax: Int64?,
        measure: @escaping @Sendable (String) -> DiskSpace? = DiskSpace.measure
    ) {
        self.directory = directory
        self.measure = measure
        self.state = Mutex(State(bytesMax: bytesMax.map { UInt64(clamping: $0) }))
    }

    /// Changes how many bytes there may be; nil for the whole disk.
    func limit(to bytesMax: Int64?) {
        self.state.withLock { $0.bytesMax = bytesMax.map { UInt64(clamping: $0) } }
    }

    /// Room for what lies at a path; nil when the system does not say.
    func space(at path: String) -> DiskSpace? {
        guard let disk = self.measure(path) else { return nil }
        return self.state.withLock { state in
            guard let bytesMax = state.bytesMax else { return disk }
            let now = SystemClock.uptime
            let isNear = state.usedAtMost(disk) >= bytesMax - bytesMax / Self.endDivisor
            let pause = isNear ? Self.pauseNearTheEnd : Self.pause
            if state.measuredAt.map({ now.duration(since: $0) >= pause }) ?? true {
                state.used = Self.bytes(below: self.directory)
                state.free = disk.free
                state.measuredAt = now
            }
            let used = state.usedAtMost(disk)
            let left = bytesMax > used ? bytesMax - used : 0
            return DiskSpace(
                free: min(disk.free, left),
                total: min(disk.total, bytesMax),
                cap: left < disk.free ? bytesMax : nil
            )
        }
    }

    /// What files take of the disk, which is less than their size where they have holes.
    private static func bytes(below directory: String) -> UInt64 {
        let url = URL(fileURLWithPath: directory, isDirectory: true)
        let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
        var sum: UInt64 = 0
        while let file = files?.nextObject() as? URL {
            var figures = stat()
            guard lstat(file.path, &figures) == 0, figures.st_mode & S_IFMT == S_IFREG else {
                continue
            }
            sum += UInt64(clamping: figures.st_blocks) * 512
        }
        return sum
    }
}
