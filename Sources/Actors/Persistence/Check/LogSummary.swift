import Logging
package import Primitives

/// Whose a log is and where it ends, for who compares two copies of it.
package struct LogSummary: Equatable, Sendable, CustomStringConvertible {
    /// The position of the last record; 0 for a log without any.
    package let lastSequence: UInt64
    /// What sums all records up.
    package let digest: Bytes32
    /// Whose log it is; nil for one that nobody claimed yet.
    package let node: NodeID?

    /// In words.
    package var description: String {
        "one of \(self.lastSequence) records with the digest \(self.digest.hex)"
    }

    /// Checks the structure of a log that nobody has open; nothing is changed.
    ///
    /// - Returns: nil when there is no log.
    /// - Throws: ``LogError/damaged(path:cause:left:)``.
    package init?(dataDirectory: String) throws(LogError) {
        let directory = DataDirectory(path: dataDirectory)
        guard let contents = try Self.contents(of: directory.databasePath) else { return nil }
        self.init(contents)
    }

    init(_ contents: DatabaseContents) {
        let tail = contents.tail ?? LogTail()
        self.lastSequence = tail.sequence
        self.digest = tail.digest
        self.node = contents.owner?.node
    }

    /// What a sound database file says of its log; nil when there is none.
    static func contents(of path: String) throws(LogError) -> DatabaseContents? {
        guard DataDirectory.size(of: path) ?? 0 > 0 else { return nil }
        let file = try DatabaseFile(path)
        do throws(DatabaseDamage) {
            return try DatabaseCheck.inspect(file)
        } catch {
            throw .damaged(path: path, cause: error.cause, left: nil)
        }
    }

    /// Opens a log as a node does and reads every record of it, each with its checksum, and the digest of all.
    ///
    /// - Returns: nil when there is no log.
    /// - Throws: ``LogError`` for the first thing that does not hold.
    package init?(readingAllOf dataDirectory: String) throws(LogError) {
        guard let summary = try LogSummary(dataDirectory: dataDirectory) else { return nil }
        guard let node = summary.node else {
            self = summary
            return
        }
        let silent = Logger(label: "valence.log") { _ in SwiftLogNoOpLogHandler() }
        let log = try LogStore(dataDirectory: dataDirectory, nodeID: node, logger: silent)
        defer { log.close() }
        var last: UInt64 = 0
        while let end = try log.records(
            after: last,
            count: PersistenceLimits.replayStepMax,
            bytesMax: PersistenceLimits.replayStepBytesMax
        ).last?.sequence { last = end }
        self = summary
    }
}
