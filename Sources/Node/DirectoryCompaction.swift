import Cryptography
package import Logging
import Messages
import Persistence
package import Primitives
import StorageMarket

/// Gives room back that a data directory does not need, while no node runs in it (ADR 0081).
package struct DirectoryCompaction {
    /// What came of it.
    package struct Report: Equatable, Sendable {
        /// Bytes of the log's file before; 0 without one.
        package var logBefore = 0
        /// Bytes of it now.
        package var logAfter = 0
        /// Artefacts that nothing in the log names.
        package var artefacts = 0
        /// Files of uploads and downloads that did not come to their end.
        package var parts = 0
        /// Bytes of both.
        package var removedBytes = 0
    }

    private let directory: DataDirectory
    private let logger: Logger

    /// - Parameters:
    ///   - directory: of a node that does not run.
    ///   - logger: told of damage that is mended on the way.
    package init(_ directory: DataDirectory, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// Writes the log anew without free pages, and removes what nothing refers to.
    ///
    /// - Throws: ``NodeError/inUse(path:process:)`` while a node runs; nothing is changed then.
    package func run(now: Timestamp) throws(NodeError) -> Report {
        let key = try self.directory.loadKey()
        let sweep = BlobSweep(dataDirectory: self.directory.path, now: now)
        var unnamed: Set<ContentHash> = []
        if Files.exists("\(self.directory.path)/log") {
            // Opened as at a start: a damaged log is mended first, or nothing is done.
            let log = try NodeFiles.log(self.directory, of: key, logger: self.logger)
            defer { log.close() }
            unnamed = try log.unnamed(among: sweep.candidates())
        }
        let lock = try self.lock()
        defer { lock.release() }
        self.directory.removeLeftovers()
        var report = Report()
        do {
            let compaction = LogCompaction(dataDirectory: self.directory.path)
            if let result = try compaction.run() {
                (report.logBefore, report.logAfter) = (result.before, result.after)
            }
        } catch {
            throw .log(cause: "\(error)")
        }
        let removed = sweep.remove(unnamed.sorted())
        report.artefacts = removed.artefacts
        report.parts = removed.parts
        report.removedBytes = removed.bytes
        return report
    }

    private func lock() throws(NodeError) -> DataDirectoryLock {
        do {
            return try DataDirectoryLock(dataDirectory: self.directory.path)
        } catch LogError.inUse(_, let process) {
            throw .inUse(path: self.directory.path, process: process)
        } catch {
            throw .log(cause: "\(error)")
        }
    }
}

extension LogStore {
    /// Those of some artefacts whose hash stands nowhere in the log, be it in a message or in a fact.
    func unnamed(among candidates: [ContentHash]) throws(NodeError) -> Set<ContentHash> {
        var left = Set(candidates)
        guard !left.isEmpty else { return left }
        try self.readPages { records in
            for record in records {
                let bytes =
                    switch record.entry {
                    case .message(let admitted): admitted.message.canonical
                    case .fact(let fact): fact.body
                    }
                left.subtract(HashesInText.all(in: bytes))
            }
            return !left.isEmpty
        }
        return left
    }
}

/// Finds what may be hashes of artefacts in a text: runs of 64 hexadecimal digits.
enum HashesInText {
    static func all(in text: [UInt8]) -> [ContentHash] {
        var (found, start) = ([ContentHash](), 0)
        for place in 0...text.count where place == text.count || !Self.isDigit(text[place]) {
            if place - start == 64 {
                let word = String(decoding: text[start..<place], as: UTF8.self)
                if let hash = ContentHash(hex: word) { found.append(hash) }
            }
            start = place + 1
        }
        return found
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
