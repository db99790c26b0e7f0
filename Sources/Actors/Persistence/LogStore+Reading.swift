public import Messages
public import Primitives
import Synchronization

// Reads may run on any thread. Every record is checked before a byte of it is used.
extension LogStore {
    /// Records after a position, each checked.
    public func records(
        after sequence: UInt64,
        count: Int,
        bytesMax: Int
    ) throws(LogError) -> [LogRecord] {
        if let failure = self.doubt.withLock({ $0.failure }) { throw failure }
        let last = self.tail.withLock { $0 }
        guard sequence < last.sequence else {
            let check = self.replayCheck.withLock { $0 }
            try self.compare(check, atTheEnd: last.sequence, with: last.digest)
            return []
        }
        let (records, checksums) = try self.read(after: sequence, count: count, bytesMax: bytesMax)
        self.replayCheck.withLock { $0.follow(after: sequence, checksums: checksums) }
        return records
    }

    /// The same, with the hash of each.
    func read(after sequence: UInt64, count: Int, bytesMax: Int) throws(LogError)
        -> (records: [LogRecord], checksums: [Bytes32])
    {
        let last = self.tail.withLock { $0.sequence }
        let steps = min(
            count,
            PersistenceLimits.replayStepMax,
            Int(clamping: last - min(sequence, last))
        )
        var records: [LogRecord] = []
        var checksums: [Bytes32] = []
        var bytes = 0
        try self.read { (reader) throws(LogError) in
            for step in 0..<UInt64(max(steps, 0)) where bytes < bytesMax {
                let position = sequence + 1 + step
                let (entry, checksum) = try self.entry(at: position, reader)
                records.append(LogRecord(sequence: position, entry: entry))
                checksums.append(checksum)
                bytes += entry.byteCount
            }
        }
        return (records, checksums)
    }

    /// The replay begins behind a record, with the digest that the log is said to have there.
    public func skip(to sequence: UInt64, digest: Bytes32) {
        self.replayCheck.withLock { $0 = ReplayCheck(after: sequence, digest: digest) }
    }

    /// One page of canonical envelopes.
    public func page(_ request: PageRequest) throws(LogError) -> MessagesAfter.Reply {
        try self.read { (reader) throws(LogError) in
            var cursors: [LogIndexCursor] = []
            for type in request.typesWanted {
                cursors.append(
                    try reader.indexCursor(
                        type: TypeCode.of(type),
                        since: request.since,
                        after: request.sinceID
                    )
                )
            }
            let page = try PageMerge.page(request, from: cursors) { (key) throws(LogError) in
                guard let sequence = try reader.sequence(of: key) else {
                    throw .damagedIndex(path: self.path, sequence: nil)
                }
                return try self.envelope(at: sequence, reader) { $0 == key }
            }
            guard !cursors.contains(where: \.isBroken) else {
                throw .damagedIndex(path: self.path, sequence: nil)
            }
            return page
        }
    }

    /// Canonical envelopes by identifier.
    public func messages(ids: [MessageID]) throws(LogError) -> [[UInt8]] {
        try self.read { (reader) throws(LogError) in
            var found: [[UInt8]] = []
            var bytes = 0
            for id in ids.prefix(PersistenceLimits.pageMessagesMax) {
                guard let sequence = try reader.sequence(of: id) else { continue }
                let envelope = try self.envelope(at: sequence, reader) { $0.id == id }
                bytes += envelope.count
                guard found.isEmpty || bytes <= PersistenceLimits.answerBytesMax else { break }
                found.append(envelope)
            }
            return found
        }
    }

    /// Reads, and remembers an error that only a damaged file explains: before the next session the
    /// structure is then checked as it is at a start.
    private func read<R>(
        _ body: (borrowing LogReader) throws(LogError) -> R
    ) throws(LogError) -> R {
        do throws(LogError) {
            return try self.environment.read(body)
        } catch {
            switch error {
            case .damagedIndex, .damagedRecord, .missingRecord, .database:
                self.doubt.withLock { $0.isRaised = true }
            default: break
            }
            throw error
        }
    }

    // MARK: - Records

    /// The one copy of the bytes, out of the map, when the record is the one that an index promised.
    private func envelope(
        at sequence: UInt64,
        _ reader: borrowing LogReader,
        _ isPromised: (IndexKey) -> Bool
    ) throws(LogError) -> [UInt8] {
        let envelope: [UInt8]? = try self.record(at: sequence, reader) { (record) in
            record.indexKey.map(isPromised) == true ? Array(record.body) : nil
        }
        guard let envelope else { throw .damagedIndex(path: self.path, sequence: sequence) }
        return envelope
    }

    private func entry(
        at sequence: UInt64,
        _ reader: borrowing LogReader
    ) throws(LogError) -> (LogEntry, Bytes32) {
        try self.record(at: sequence, reader) { (record) throws(RecordDamage) in
            (
                try record.entry(acceptedVersions: self.options.acceptedVersions),
                record.checksum
            )
        }
    }

    private func record<R>(
        at sequence: UInt64,
        _ reader: borrowing LogReader,
        _ body: (RecordReader) throws(RecordDamage) -> R
    ) throws(LogError) -> R {
        let result = try reader.record(sequence) { (span) throws(LogError) in
            do throws(RecordDamage) {
                return try span.withUnsafeBytes { (bytes) throws(RecordDamage) in
                    try body(try RecordReader(bytes, sequence: sequence))
                }
            } catch {
                throw .damagedRecord(path: self.path, sequence: sequence, damage: error)
            }
        }
        guard let result else { throw .missingRecord(path: self.path, sequence: sequence) }
        return result
    }

    /// At the end of a replay the digest must be the one that was written.
    func compare(_ check: ReplayCheck, atTheEnd sequence: UInt64, with stored: Bytes32)
        throws(LogError)
    {
        guard let computed = check.digest(at: sequence), computed != stored else { return }
        throw .wrongDigest(path: self.path, stored: stored, computed: computed)
    }
}
