import Logging
import Persistence
import Primitives

/// Brings a data directory from its version to that of this program (ADR 0080).
///
/// All is done in the folder `upgrade` of the directory itself, since a service may write nowhere else: what is to be
/// rewritten is copied to `upgrade/new`, changed and looked at there. `upgrade/decision.json` is the moment from which
/// there is no way back: before it a crash leaves the directory as it was; after it the next start goes on, and nobody
/// reads the directory meanwhile. The old files go to `upgrade/old`, which becomes `version-<number>`.
struct DirectoryUpgrade {
    /// What is durable, in this order; a process may end right after each.
    enum Step: Equatable, Sendable {
        case begun, copied, migrated, verified, decided, movedOld(String), movedNew(String)
        case versioned, kept, ended
    }

    let directory: DataDirectory
    let migrations: [Migration]
    private let room: (String) -> DiskSpace?
    private let reached: (Step) throws(NodeError) -> Void

    /// - Parameters:
    ///   - directory: what to upgrade.
    ///   - migrations: every step from version 1 on.
    ///   - room: tells the room on a disk.
    ///   - reached: told of each step; tests end it there.
    init(
        _ directory: DataDirectory,
        _ migrations: [Migration],
        room: @escaping (String) -> DiskSpace? = DiskSpace.measure,
        reached: @escaping (Step) throws(NodeError) -> Void = { _ in }
    ) {
        self.directory = directory
        self.migrations = migrations
        self.room = room
        self.reached = reached
    }

    private var folder: String { "\(self.directory.path)/upgrade" }
    private var new: String { "\(self.folder)/new" }
    private var old: String { "\(self.folder)/old" }
    private var decisionPath: String { "\(self.folder)/decision.json" }

    /// Whether a name is that of the folder with what was there before an upgrade.
    static func isKept(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0] == "version" && Int(parts[1]) != nil
    }

    /// Whether an upgrade ended in between, so that the next start has to go on with it.
    var isDecided: Bool { Files.exists(self.decisionPath) }

    /// What has to be rewritten before this program may read the directory.
    var rewrites: [String] {
        get throws(NodeError) { Self.names(in: try self.pending()) }
    }

    private static func names(in steps: [Migration]) -> [String] {
        Set(steps.flatMap(\.rewrites)).sorted()
    }

    private func pending() throws(NodeError) -> [Migration] {
        guard let version = try self.directory.version() else { return [] }
        return self.migrations.filter { $0.from >= version.number }
    }

    /// Refuses what a newer program made, or began to make.
    ///
    /// - Throws: ``NodeError/newerDirectory(path:version:needs:reads:)``.
    func refuseNewer() throws(NodeError) {
        let reads = DirectoryVersion.last(of: self.migrations).number
        let begun = self.isDecided ? try DirectoryVersion.read(self.decisionPath) : nil
        for found in [try self.directory.version(), begun].compactMap({ $0 })
        where found.number > reads {
            throw .newerDirectory(
                path: self.directory.path,
                version: found.number,
                needs: found.needs,
                writtenBy: found.writtenBy,
                reads: reads
            )
        }
    }

    /// Does what is to be done, which mostly is nothing.
    func run(logger: Logger) throws(NodeError) {
        try self.refuseNewer()
        let isBehind = try !self.pending().isEmpty
        guard isBehind || self.isDecided else { return }
        let lock: DataDirectoryLock
        do {
            lock = try DataDirectoryLock(dataDirectory: self.directory.path)
        } catch LogError.inUse(_, let process) {
            throw .inUse(path: self.directory.path, process: process)
        } catch {
            throw .log(cause: "\(error)")
        }
        defer { lock.release() }
        if self.isDecided { try self.finish(logger) }
        let steps = try self.pending()
        guard let first = steps.first else { return }
        try self.prepare(steps, from: first.from)
        try self.finish(logger)
    }

    // MARK: Until the decision

    private func prepare(_ steps: [Migration], from version: Int) throws(NodeError) {
        let names = Self.names(in: steps)
        try self.checkRoom(for: names)
        // Of an upgrade that did not come to its decision, or of a directory that was put back since.
        DirectoryCopy.remove(self.folder)
        DirectoryCopy.remove(self.kept(version))
        try Files.makeDirectory(self.new)
        try Files.makeDirectory(self.old)
        try self.reached(.begun)
        for name in names {
            try DirectoryCopy.copy(name, from: self.directory.path, to: self.new)
        }
        try self.reached(.copied)
        for step in steps { try step.apply(self.new) }
        for name in try Files.names(in: self.new) where !names.contains(name) {
            throw .file(path: "\(self.new)/\(name)", cause: "no step of the upgrade names it")
        }
        try self.reached(.migrated)
        try UpgradeCheck(self.directory, upgraded: self.new, names: names).run()
        try DirectoryCopy.sync(self.new)
        try DirectoryCopy.sync(self.folder)
        try DirectoryCopy.sync(self.directory.path)
        try self.reached(.verified)
        let decision = UpgradeDecision(
            to: DirectoryVersion.last(of: self.migrations),
            from: version,
            entries: names.map { name in
                UpgradeDecision.Entry(
                    name: name,
                    isOld: Files.exists("\(self.directory.path)/\(name)"),
                    isNew: Files.exists("\(self.new)/\(name)")
                )
            }
        )
        try Files.write(decision.bytes, to: self.decisionPath, mode: 0o600)
        try self.reached(.decided)
    }

    private func checkRoom(for names: [String]) throws(NodeError) {
        let need =
            DirectoryCopy.bytes(of: names, in: self.directory.path)
            + DirectoryLimits.upgradeMarginBytes
        guard let free = self.room(self.directory.path)?.free, free < need else { return }
        throw .noRoomToUpgrade(path: self.directory.path, need: need, free: free)
    }

    // MARK: After the decision

    /// Each part of it may have been done before.
    private func finish(_ logger: Logger) throws(NodeError) {
        let decision = try UpgradeDecision(path: self.decisionPath)
        let kept = self.kept(decision.from)
        for entry in decision.entries { try self.swap(entry, kept) }
        try decision.to.write(to: self.directory.versionPath)
        try self.reached(.versioned)
        if Files.exists(self.old), try !Files.names(in: self.old).isEmpty {
            try Files.move(self.old, to: kept)
        }
        try self.reached(.kept)
        // The decision goes first: without it the rest is a leftover.
        try Files.move(self.decisionPath, to: "\(self.folder)/done")
        DirectoryCopy.remove(self.folder)
        try self.reached(.ended)
        let rest =
            Files.exists(kept)
            ? "what was there before is in \(kept), and is removed when the node has been up once"
            : "nothing of what was there had to be rewritten"
        let news = self.migrations.filter {
            $0.from >= decision.from && $0.to <= decision.to.number
        }
        .map(\.news).joined(separator: "; ")
        logger.notice(
            """
            the data directory \(self.directory.path) was upgraded from version \(decision.from) to \
            \(decision.to.number) (\(news)); \(rest)
            """,
            metadata: ["event": "directory_upgraded"]
        )
    }

    private func swap(_ entry: UpgradeDecision.Entry, _ kept: String) throws(NodeError) {
        let name = entry.name
        let (current, next) = ("\(self.directory.path)/\(name)", "\(self.new)/\(name)")
        // Where the old one lies already, what is in its place is the new one.
        let isMoved = [self.old, kept].contains { Files.exists("\($0)/\(name)") }
        if entry.isOld, !isMoved { try Files.move(current, to: "\(self.old)/\(name)") }
        try self.reached(.movedOld(name))
        if entry.isNew, Files.exists(next) { try Files.move(next, to: current) }
        try self.reached(.movedNew(name))
    }

    private func kept(_ version: Int) -> String { "\(self.directory.path)/version-\(version)" }

    /// Removes what an upgrade left that was not decided, or was done.
    func removeLeftovers() {
        if !self.isDecided { DirectoryCopy.remove(self.folder) }
    }
}
