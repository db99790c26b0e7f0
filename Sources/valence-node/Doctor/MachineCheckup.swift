import Foundation
import Glibc
import Node

/// What the machine gives to a node, whether or not it runs.
struct MachineCheckup {
    let directory: DataDirectory

    /// Below this much room on the disk the operator should act.
    private static let roomWanted: Int64 = 1_073_741_824
    /// Below this much the log soon stops.
    private static let roomLeast: Int64 = 134_217_728

    var findings: [Finding] { [self.key, self.disk, self.descriptors] }

    private var key: Finding {
        do {
            let isLocked = try self.directory.isKeyLocked()
            return Finding(
                "key",
                .ok,
                isLocked ? "locked with a passphrase" : "readable, not locked"
            )
        } catch {
            return Finding("key", .failed, "\(error)")
        }
    }

    private var disk: Finding {
        let path = self.directory.path
        let figures = try? FileManager.default.attributesOfFileSystem(forPath: path)
        guard let free = (figures?[.systemFreeSize] as? NSNumber)?.int64Value else {
            return Finding("disk", .failed, "there is no \(path); make it with `valence-node init`")
        }
        let text = "\(Bytes.text(free)) free"
        if free < Self.roomLeast {
            return Finding("disk", .failed, "\(text): the log stops soon; make room")
        }
        return free < Self.roomWanted
            ? Finding("disk", .warning, "\(text): make room before the log stops")
            : Finding("disk", .ok, text)
    }

    private var descriptors: Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return Finding("open files", .warning, "the limit is not known")
        }
        let most = UInt64(limit.rlim_max)
        guard most >= DirectoryLimits.descriptorsMin else {
            let least = DirectoryLimits.descriptorsMin
            return Finding(
                "open files",
                .failed,
                "\(most) allowed, \(least) needed; raise `ulimit -n`"
            )
        }
        return most < DirectoryLimits.descriptorsWanted
            ? Finding("open files", .warning, "\(most) allowed; more let it keep more connections")
            : Finding(
                "open files",
                .ok,
                "\(min(most, DirectoryLimits.descriptorsWanted)) are used at most"
            )
    }
}
