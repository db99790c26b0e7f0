import Primitives
import Testing

@testable import Persistence

@Suite("What is told of a log that cannot be used")
struct LogErrorTests {
    private static let path = "/data/log"

    /// Every failure, with what its text must name and advise.
    private static let errors: [(LogError, [String])] = [
        (
            .unusable(path: path, operation: "open", code: 13),
            ["Cannot open /data/log", "Permission denied", "--data-dir"]
        ),
        (.inUse(path: path, processID: 17), ["in use by process 17", "Stop that node"]),
        (.inUse(path: path, processID: nil), ["in use by another process"]),
        (
            .otherFormat(path: path, found: 9, expected: 1),
            ["format 9", "format 1", "the version that wrote it"]
        ),
        (
            .otherNode(path: path, found: LogFixture.node, expected: LogFixture.peer),
            ["\(LogFixture.node)", "\(LogFixture.peer)", "key file"]
        ),
        (
            .damaged(path: path, cause: "a page", left: "5 of 6"),
            ["a page; 5 of 6. Nothing was", "one backup"]
        ),
        (.damaged(path: path, cause: "a page", left: nil), ["damaged: a page. Nothing was"]),
        (.damagedIndex(path: path, sequence: 3), ["record 3", "rebuilds the log"]),
        (.damagedIndex(path: path, sequence: nil), ["its records"]),
        (.truncated(path: path, bytes: 3, expected: 8), ["3 bytes of 8", "one backup"]),
        (
            .lost(path: path, marker: "/data/log.format"),
            ["is gone", "/data/log.format says", "peers"]
        ),
        (.missingRecord(path: path, sequence: 4), ["Record 4 is missing", "one backup"]),
        (
            .wrongDigest(path: path, stored: LogFixture.id("a"), computed: LogFixture.id("b")),
            [LogFixture.id("a").hex, LogFixture.id("b").hex]
        ),
        (
            .database(operation: "write", code: -30_792, text: "MDB_MAP_FULL"),
            ["failed to write", "MDB_MAP_FULL (-30792)", "free space"]
        ),
        (.overrun, ["than can wait for the disk", "Check the disk"]),
        (.closed, ["closed", "Start the node again"]),
    ]

    @Test("every failure names what and where, and the next step", arguments: 0..<16)
    func text(index: Int) {
        #expect(Self.errors.count == 16)
        let (error, parts) = Self.errors[index]
        for part in parts { #expect(error.description.contains(part), "\(error)") }
        #expect(error.description.hasSuffix("."), "\(error)")
    }

    @Test("whoever has to restore is told to take both files from one backup")
    func recovery() {
        let recoverable = Self.errors.map(\.0.description).filter { $0.contains("backup") }
        #expect(recoverable.count == 6)
        for text in recoverable {
            #expect(text.contains("/data/log and log.format beside it"), "\(text)")
        }
    }
}
