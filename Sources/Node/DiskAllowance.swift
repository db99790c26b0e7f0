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
    }

    private let directory: String
    private let state: Mutex<State>

    /// Between two looks at the files.
    ///
    /// Source: own choice: ten thousand files are looked at in some hundredths of a second.
    private static let pause = Duration.seconds(5)

    /// - Parameters:
    ///   - directory: what lies below it counts.
    ///   - bytesMax: most bytes; nil for the whole disk.
    init(_ directory: String, bytesMax: Int64?) {
        self.directory = directory
        self.state = Mutex(State(bytesMax: bytesMax.map { UInt64(clamping: $0) }))
    }

    /// Changes how many bytes there may be; nil for the whole disk.
    func limit(to bytesMax: Int64?) {
        self.state.withLock { $0.bytesMax = bytesMax.map { UInt64(clamping: $0) } }
    }

    /// Room for what lies at a path; nil when the system does not say.
    func space(at path: String) -> DiskSpace? {
        guard let disk = DiskSpace.measure(path) else { return nil }
        return self.state.withLock { state in
            guard let bytesMax = state.bytesMax else { return disk }
            let now = SystemClock.uptime
            if state.measuredAt.map({ now.duration(since: $0) >= Self.pause }) ?? true {
                state.used = Self.bytes(below: self.directory)
                state.measuredAt = now
            }
            let left = bytesMax > state.used ? bytesMax - state.used : 0
            return DiskSpace(free: min(disk.free, left), total: min(disk.total, bytesMax))
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
