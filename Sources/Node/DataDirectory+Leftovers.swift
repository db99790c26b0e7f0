import Glibc
import Persistence

extension DataDirectory {
    /// Removes files under temporary names whose writer ended before it could rename them.
    func removeLeftovers() {
        guard let folder = opendir(self.path) else { return }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        for name in names where Self.isLeftover(name) { unlink("\(self.path)/\(name)") }
        DirectoryUpgrade(self, Migration.all).removeLeftovers()
        LogCompaction(dataDirectory: self.path).removeUnfinished()
    }

    /// Whether a name is `<file>.<process>.tmp`, as `Files` gives it, of a process that is gone.
    private static func isLeftover(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        guard parts.count > 2, parts.last == "tmp", let process = pid_t(parts[parts.count - 2]),
            process > 0
        else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }
}
