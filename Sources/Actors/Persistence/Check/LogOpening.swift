import Logging
import Primitives

/// What happens before LMDB maps the log: its structure is read, the last commit is compared with
/// its mark, and a damaged log is rebuilt from its records or refused with what is left of it.
struct LogOpening {
    let directory: DataDirectory
    let mark: CommitMarkFile
    /// The owner to assume when nothing in the log names its owner any more.
    let owner: LogOwner
    /// The owner before the key was rotated.
    let former: NodeID?
    let logger: Logger

    /// Leaves a sound database, or none for a new log.
    ///
    /// - Returns: what the mark said.
    /// - Throws: ``LogError`` when records are lost; nothing is changed then.
    func prepare() throws(LogError) -> CommitMarkFile.Reading {
        try self.mark.checkFormat()
        let reading = self.mark.read()
        try self.checkLost(reading)
        let rebuild = LogRebuild(directory: self.directory, owner: self.ownerToKeep(reading))
        rebuild.removeUnfinished()
        guard DataDirectory.size(of: self.directory.databasePath) ?? 0 > 0 else { return reading }
        let file = try DatabaseFile(self.directory.databasePath)
        do throws(DatabaseDamage) {
            let contents = try DatabaseCheck.inspect(file)
            try self.compare(contents, reading)
            self.tell(contents, reading)
        } catch {
            try self.repair(file, error, reading, rebuild)
        }
        return reading
    }

    /// Refuses a data directory that had a log and has none now.
    private func checkLost(_ reading: CommitMarkFile.Reading) throws(LogError) {
        guard reading != .absent, DataDirectory.size(of: self.directory.databasePath) ?? 0 == 0
        else { return }
        throw .lost(path: self.directory.logPath, marker: self.mark.path)
    }

    private func ownerToKeep(_ reading: CommitMarkFile.Reading) -> LogOwner {
        guard case .mark(let mark) = reading else { return self.owner }
        return mark.owner
    }

    /// The log must reach to the commit that its mark names, and belong to whom it belonged then.
    private func compare(
        _ contents: DatabaseContents,
        _ reading: CommitMarkFile.Reading
    ) throws(DatabaseDamage) {
        guard case .mark(let mark) = reading else { return }
        let tail = contents.tail ?? LogTail()
        guard tail.sequence >= mark.tail.sequence else {
            throw DatabaseDamage(
                "it ends with record \(tail.sequence), but record \(mark.tail.sequence) was stored"
            )
        }
        guard tail.sequence > mark.tail.sequence || tail.digest == mark.tail.digest else {
            throw DatabaseDamage("its digest is not the one that was noted beside it")
        }
        // After a rotation the log may have passed to the new key just before its mark did.
        let isPassed = contents.owner == self.owner && mark.owner.node == self.former
        guard let owner = contents.owner, owner == mark.owner || isPassed else {
            throw DatabaseDamage("it says that it is another node's")
        }
    }

    private func tell(_ contents: DatabaseContents, _ reading: CommitMarkFile.Reading) {
        guard contents.tail != nil else { return }
        switch reading {
        case .mark: break
        case .absent, .unmarked:
            self.logger.notice(
                "the log had no mark of its last commit; \(self.mark.path) keeps one from now on",
                metadata: ["event": "log_mark_missing"]
            )
        case .unreadable:
            self.logger.warning(
                """
                the mark of the last commit in \(self.mark.path) was damaged; the log itself is \
                sound, and the mark was written anew. Check the disk.
                """,
                metadata: ["event": "log_mark_damaged"]
            )
        }
    }

    private func repair(
        _ file: DatabaseFile,
        _ damage: DatabaseDamage,
        _ reading: CommitMarkFile.Reading,
        _ rebuild: LogRebuild
    ) throws(LogError) {
        self.logger.error(
            "the log in \(self.directory.logPath) is damaged: \(damage.cause). Looking for its records.",
            metadata: ["event": "log_damaged"]
        )
        let search = RecordSearch(file)
        let known = self.lastKnown(reading, search)
        let found = search.longest(known: known)
        guard let found, found.tail.sequence >= known?.sequence ?? 1 else {
            throw self.refusal(damage, search, known)
        }
        let kept = try rebuild.run(search, found.places, to: found.tail)
        self.logger.error(
            """
            the log was rebuilt from its \(found.tail.sequence) records, which are all there: their \
            digest is the one that was noted. Nothing was lost. The damaged file is \(kept); check \
            the disk, then remove it.
            """,
            metadata: ["event": "log_rebuilt"]
        )
    }

    /// Where the log ended; a start that was cut short before the first record left nothing.
    private func lastKnown(_ reading: CommitMarkFile.Reading, _ search: RecordSearch) -> LogTail? {
        switch reading {
        case .mark(let mark): mark.tail
        case .absent: search.places.isEmpty ? LogTail() : nil
        case .unmarked, .unreadable: nil
        }
    }

    private func refusal(
        _ damage: DatabaseDamage,
        _ search: RecordSearch,
        _ known: LogTail?
    ) -> LogError {
        let missing = search.firstMissing
        let path = self.directory.logPath
        guard let known else {
            let left = "records 1 to \(missing - 1) are readable, but nothing says where it ended"
            return .damaged(path: path, cause: damage.cause, left: left)
        }
        guard missing <= known.sequence else {
            let left = "its records are readable, but they are not those that were written"
            return .damaged(path: path, cause: damage.cause, left: left)
        }
        let left = "record \(missing) of \(known.sequence) is not readable any more"
        return .damaged(path: path, cause: damage.cause, left: left)
    }
}
