import Node

/// What the machine gives to a node, whether or not it runs.
struct MachineCheckup {
    let directory: DataDirectory
    /// Most bytes of log and artefacts; nil for the whole disk.
    let diskMax: Int64?

    /// With less room the operator should act.
    ///
    /// Source: own choice: a million messages of the usual size.
    private static let roomWanted: UInt64 = 1_073_741_824

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
        guard let room = self.directory.room(within: self.diskMax) else {
            let path = self.directory.path
            return Finding("disk", .failed, "there is no \(path); make it with `valence-node init`")
        }
        let text = "room for \(Bytes.text(Int64(clamping: room.bytes)))"
        let bound = room.cap.map { " of the \(Bytes.text(Int64(clamping: $0))) of max-disk" } ?? ""
        let advice = room.cap == nil ? "make some" : "raise max-disk in config.toml"
        guard room.bytes > 0 else {
            return Finding("disk", .failed, "no room\(bound) but for own messages; \(advice)")
        }
        return room.bytes < Self.roomWanted
            ? Finding("disk", .warning, "\(text)\(bound): \(advice) before the log stops")
            : Finding("disk", .ok, "\(text)\(bound)")
    }

    private var descriptors: Finding {
        do {
            let count = try Descriptors.prepare()
            return count < DirectoryLimits.descriptorsWanted
                ? Finding("open files", .warning, "\(count) allowed; more keep more connections")
                : Finding("open files", .ok, "\(count) allowed")
        } catch {
            return Finding("open files", .failed, "\(error)")
        }
    }
}
