import CLMDB
import Dispatch
import Logging
import Messages
import Primitives
import Synchronization

// Everything here runs on the writer's queue.
extension LogStore {
    /// Commits group after group until nothing waits or writing fails.
    func commitWaiting() {
        while true {
            let (group, before) = self.inbox.withLock { ($0.group(), $0.room) }
            let room = self.roomNow(after: before)
            if room.level == 0 { return self.note(room) }
            do throws(LogError) {
                try self.makeUpForMark()
                guard !group.isEmpty else { return self.note(room) }
                let outcomes = try self.commit(group)
                self.note(room)
                self.report { $0.committed(outcomes) }
                try self.growIfNearlyFull()
            } catch {
                guard error != .closed else { return }
                // Even if nothing waits any more, after a rebuild, only a write shows that the disk is
                // well again.
                self.doubt.withLock { $0.needsMark = true }
                self.note(.none(reason: Self.reason(error)))
                return
            }
        }
    }

    // MARK: - One commit

    /// Writes a group, growing the map as often as needed.
    private func commit(_ group: [LogEntry]) throws(LogError) -> [AppendOutcome] {
        while true {
            do throws(LogError) {
                return try self.writeGroup(group)
            } catch .database(_, MDB_MAP_FULL, _) {
                try self.environment.grow()
                self.logger.info(
                    "the log's map was doubled",
                    metadata: ["event": "log_map_doubled"]
                )
            } catch .database(_, MDB_PANIC, _) {
                try self.environment.reopen()
                return try self.writeGroup(group)
            }
        }
    }

    private func writeGroup(_ group: [LogEntry]) throws(LogError) -> [AppendOutcome] {
        var tail = self.tail.withLock { $0 }
        let outcomes = try self.environment.write { (writer) throws(LogError) in
            var outcomes: [AppendOutcome] = []
            outcomes.reserveCapacity(group.count)
            for entry in group {
                outcomes.append(try Self.write(entry, writer, &tail))
            }
            try writer.setTail(tail)
            return outcomes
        }
        self.tail.withLock { $0 = tail }
        // Before anybody is told of the commit, so that everything told is recorded in two places.
        self.doubt.withLock { $0.needsMark = true }
        do throws(LogError) {
            try self.makeUpForMark()
        } catch {
            self.logger.error(
                "the mark of the last commit was not written: \(error)",
                metadata: ["event": "log_mark_failed"]
            )
        }
        return outcomes
    }

    /// Writes the mark of the last commit if it is due.
    private func makeUpForMark() throws(LogError) {
        guard self.doubt.withLock({ $0.needsMark }) else { return }
        try self.mark.write(self.owner, self.tail.withLock { $0 })
        self.doubt.withLock { $0.needsMark = false }
    }

    private static func write(
        _ entry: LogEntry,
        _ writer: borrowing LogWriter,
        _ tail: inout LogTail
    ) throws(LogError) -> AppendOutcome {
        let sequence = tail.sequence + 1
        if let id = entry.messageID {
            guard try writer.claim(id, sequence) else { return .duplicate(id) }
        }
        let record = RecordCodec.encode(entry, sequence: sequence)
        try writer.append(record, at: sequence)
        if case .message(let admitted) = entry {
            let message = admitted.message
            let key = IndexKey(
                type: TypeCode.of(message.type),
                timestamp: message.timestamp,
                id: message.id
            )
            try writer.index(key, sequence)
        }
        let checksum = record.withUnsafeBytes { RecordCodec.checksum(of: $0) }
        tail.sequence = sequence
        tail.digest = LogDigest.adding(checksum, to: tail.digest)
        tail.arrival = entry.arrival
        return .logged(LogRecord(sequence: sequence, entry: entry))
    }

    private func growIfNearlyFull() throws(LogError) {
        let usage = try self.environment.usage()
        let fill = PersistenceLimits.mapFillPercentMax
        guard usage.used >= usage.map / 100 * fill else { return }
        try self.environment.grow()
        self.logger.info("the log's map was doubled", metadata: ["event": "log_map_doubled"])
    }

    // MARK: - Stopping

    /// Messages of others stop before own ones, and all before the disk is full; both start again only
    /// with some more room, so that the log does not keep switching.
    private func roomNow(after before: DiskRoom) -> DiskRoom {
        guard let space = self.options.diskSpace(self.path) else { return .all }
        let margin = space.reserve / PersistenceLimits.reserveMarginDivisor
        let left = space.left(at: self.path)
        if space.free < space.reserve + (before.level == 0 ? margin : 0) {
            let kept = space.reserve / 1_048_576
            let reason = "\(left) and the log leaves \(kept) MiB free."
            return .none(reason: "\(reason) \(space.advice); writing resumes by itself.")
        }
        let kept = space.reserve + space.ownReserve
        guard space.free < kept + (before.level < 2 ? margin : 0) else { return .all }
        return .own(
            reason:
                "\(left), which the log keeps for own messages, identity messages and governance; "
                + "others are refused. \(space.advice); they are taken again by themselves."
        )
    }

    /// Takes note of the room, tells the operator and Persistence when it changes, and sees to it that
    /// somebody looks again while it is short.
    private func note(_ room: DiskRoom) {
        let isNews = self.inbox.withLock { $0.note(room) }
        if isNews {
            switch room {
            case .all:
                self.logger.notice("the log writes again", metadata: ["event": "log_resumed"])
            case .own(let reason):
                self.logger.warning("\(reason)", metadata: ["event": "log_takes_own_only"])
            case .none(let reason):
                self.logger.error("the log stopped: \(reason)", metadata: ["event": "log_stopped"])
            }
        }
        self.report { _ in }
        guard self.inbox.withLock({ $0.watch() }) else { return }
        let pause = self.options.retryPause.dispatchInterval
        self.queue.asyncAfter(deadline: .now() + pause) { [weak self] in
            self?.inbox.withLock { $0.endWatch() }
            self?.commitWaiting()
        }
    }

    private static func reason(_ error: LogError) -> String {
        "\(error) Entries wait in memory; writing resumes by itself."
    }

    /// Changes the inbox, and calls the callback that becomes due outside the lock.
    private func report(_ change: (inout LogInbox) -> Void) {
        let onOutcomes = self.inbox.withLock { inbox in
            change(&inbox)
            return inbox.takeReport()
        }
        onOutcomes?()
    }
}
