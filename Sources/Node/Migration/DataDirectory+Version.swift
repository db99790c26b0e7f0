import Logging
import Persistence

// The version of a data directory (ADR 0080).
extension DataDirectory {
    var versionPath: String { "\(self.path)/\(DirectoryVersion.fileName)" }

    /// The version of what lies there; nil where no node was made yet.
    func version() throws(NodeError) -> DirectoryVersion? {
        if Files.exists(self.versionPath) { return try DirectoryVersion.read(self.versionPath) }
        let isThere = [self.keyPath, "\(self.path)/log"].contains { Files.exists($0) }
        return isThere ? .first : nil
    }

    /// Refuses to look into a directory that this program could misread; nothing is changed.
    ///
    /// - Throws: ``NodeError/newerDirectory(path:version:needs:reads:)``, and
    ///   ``NodeError/olderDirectory(path:version:)`` for one that has to be upgraded first.
    func checkVersion(_ migrations: [Migration] = Migration.all) throws(NodeError) {
        let upgrade = DirectoryUpgrade(self, migrations)
        try upgrade.refuseNewer()
        let isRewritten = try !upgrade.rewrites.isEmpty
        guard isRewritten || upgrade.isDecided else { return }
        throw .olderDirectory(path: self.path, version: try self.version()?.number ?? 1)
    }

    /// Brings the directory to the version of this program, whose node is about to run in it.
    ///
    /// - Throws: ``NodeError`` with cause and next step; the directory is then as it was, or the next call goes on.
    func upgrade(logger: Logger) throws(NodeError) {
        try DirectoryUpgrade(self, Migration.all).run(logger: logger)
    }

    /// Writes the version of a directory that is made now.
    func stampVersion() throws(NodeError) {
        guard try self.version() == nil else { return }
        try DirectoryVersion.last(of: Migration.all).write(to: self.versionPath)
    }

    /// Removes what was kept of older versions, now that a node was up in the new one.
    func removeOldVersions(logger: Logger) {
        let names = (try? Files.names(in: self.path)) ?? []
        for name in names where DirectoryUpgrade.isKept(name) {
            DirectoryCopy.remove("\(self.path)/\(name)")
            logger.notice(
                "the node is up, so \(self.path)/\(name) with what was there before the upgrade is removed",
                metadata: ["event": "old_version_removed"]
            )
        }
    }
}
