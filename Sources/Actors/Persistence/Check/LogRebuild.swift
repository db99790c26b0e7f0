import CLMDB
import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes a new database from the records of a damaged one and puts it in its place.
///
/// The damaged file stays beside it. Until the last rename the damaged file is in place, so that a
/// crash changes nothing.
struct LogRebuild {
    let directory: DataDirectory
    let owner: LogOwner

    /// Rebuilds the log up to `tail`.
    ///
    /// - Returns: where the damaged file lies now.
    func run(
        _ search: RecordSearch,
        _ places: [RecordSearch.Place],
        to tail: LogTail
    ) throws(LogError) -> String {
        self.removeUnfinished()
        defer { self.removeUnfinished() }
        try DataDirectory.create(self.folder)
        try self.write(search, places, tail)
        let rebuilt = DataDirectory.databasePath(in: self.folder)
        let file = try DatabaseFile(rebuilt)
        do throws(DatabaseDamage) {
            guard try DatabaseCheck.inspect(file).tail?.digest == tail.digest else {
                throw DatabaseDamage("it does not hold what was written")
            }
        } catch {
            throw .damaged(path: self.folder, cause: error.cause, left: nil)
        }
        return try self.replace(with: rebuilt)
    }

    /// Removes what a rebuild left that did not come to its end.
    func removeUnfinished() {
        for name in ["data.mdb", "lock.mdb"] { unlink("\(self.folder)/\(name)") }
        rmdir(self.folder)
    }

    private var folder: String { "\(self.directory.logPath).rebuilt" }

    private func write(
        _ search: RecordSearch,
        _ places: [RecordSearch.Place],
        _ tail: LogTail
    ) throws(LogError) {
        let bytes = places.reduce(0) { $0 + $1.count }
        let environment = try LogEnvironment(
            path: self.folder,
            mapBytes: max(PersistenceLimits.mapBytesInitial, 4 * bytes)
        )
        defer { environment.close() }
        var next = 0
        while next < places.count {
            let start = next
            var filled = 0
            while next < places.count, filled < CheckLimits.rebuildGroupBytes {
                filled += places[next].count
                next += 1
            }
            try environment.write { (writer) throws(LogError) in
                for index in start..<next {
                    try self.put(search.bytes(places[index]), at: UInt64(index) + 1, writer)
                }
            }
        }
        // The last record's arrival is not in the digest that names the tail.
        var last = tail
        last.arrival = places.last.flatMap { place in
            search.bytes(place).withUnsafeBytes { bytes in
                try? RecordReader(bytes, sequence: tail.sequence).arrival
            }
        }
        try environment.write { (writer) throws(LogError) in
            try writer.setOwner(self.owner)
            try writer.setTail(last)
        }
    }

    private func put(
        _ bytes: [UInt8],
        at sequence: UInt64,
        _ writer: borrowing LogWriter
    ) throws(LogError) {
        let key: IndexKey?
        do throws(RecordDamage) {
            key = try bytes.span.bytes.withUnsafeBytes { (bytes) throws(RecordDamage) in
                let record = try RecordReader(bytes, sequence: sequence)
                return record.indexKey
            }
        } catch {
            throw .damagedRecord(path: self.directory.logPath, sequence: sequence, damage: error)
        }
        if let key {
            guard try writer.claim(key.id, sequence) else {
                throw .damaged(
                    path: self.directory.logPath,
                    cause: "the message of record \(sequence) is there twice",
                    left: nil
                )
            }
            try writer.index(key, sequence)
        }
        try writer.append(bytes, at: sequence)
    }

    private func replace(with rebuilt: String) throws(LogError) -> String {
        let path = self.directory.databasePath
        let kept = "\(path).damaged"
        unlink(kept)
        guard link(path, kept) == 0 else {
            throw .unusable(path: kept, operation: "write", code: errno)
        }
        guard rename(rebuilt, path) == 0 else {
            throw .unusable(path: path, operation: "replace", code: errno)
        }
        try DataDirectory.sync(self.directory.logPath)
        return kept
    }
}
