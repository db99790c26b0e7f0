import Cryptography
import Glibc
import Messages
import Primitives

/// Names a program and everything beside the log on which the state depends that it folds (ADR 0079).
///
/// A checkpoint with another name is of no use: the program has other rules, or its operator decided otherwise.
enum CheckpointProgram {
    /// The name, of what the subsystems are told at the start.
    static func name(_ settings: NodeSettings) -> Bytes32 {
        let parts = [
            NodeVersion.text,
            self.executable,
            NodeID(settings.key.publicKey).hex,
            settings.description.hash?.hex ?? "-",
            settings.profile.rawValue,
            "\(settings.policy)",
            "\(settings.calendar)",
            "\(settings.pace)",
            settings.hashDatabases.digest.hex,
            settings.restored.map { "\($0)" } ?? "-",
        ]
        return SHA256Digest.hash(Array(parts.joined(separator: "\n").utf8))
    }

    /// Another build of the same version may have other rules, so its file is looked at, too.
    private static var executable: String {
        var figures = stat()
        guard stat("/proc/self/exe", &figures) == 0 else { return "-" }
        let time = figures.st_mtim
        return "\(figures.st_size) \(time.tv_sec).\(time.tv_nsec)"
    }
}

extension NodeSettings {
    /// Whether a start may begin behind a checkpoint.
    ///
    /// Not with plug-ins, which are told how much the log holds for them, and not without a described network, whose
    /// numbers no hash names.
    var keepsCheckpoints: Bool { self.plugins.isEmpty && self.description.hash != nil }
}
