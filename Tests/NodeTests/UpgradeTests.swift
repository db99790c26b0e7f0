import Cryptography
import Foundation
import Logging
import Messages
import Persistence
import Primitives
import Testing

@testable import Node

/// Data directories as programs of their versions left them (`scripts/make-directory-fixture`).
private struct KeptDirectory {
    let version: Int
    private let folder: URL

    init(_ version: Int) {
        self.version = version
        self.folder =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Directories/v\(version)").standardizedFileURL
    }

    /// What a program must find there.
    var expected: JSONValue {
        get throws {
            let bytes = try Data(contentsOf: self.folder.appendingPathComponent("expected.json"))
            return try JSONDocument(scanning: Array(bytes)).root.value
        }
    }

    var genesis: String { self.folder.appendingPathComponent("network.json").path }

    /// What a file was when the directory was made.
    func bytes(of name: String) throws -> [UInt8] {
        try Files.read(self.folder.appendingPathComponent("node/\(name)").path, upTo: 10_000)
    }

    /// A copy of it that a program may change; what is kept in Git has lost its modes.
    func copy(to parent: String) throws -> DataDirectory {
        let path = "\(parent)/v\(self.version)"
        let manager = FileManager.default
        try manager.copyItem(atPath: self.folder.appendingPathComponent("node").path, toPath: path)
        for name in ["node.key", "api.token", "api.tokens"] {
            try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path)/\(name)")
        }
        for name in try manager.contentsOfDirectory(atPath: "\(path)/blobs") {
            let blob = "\(path)/blobs/\(name)"
            guard ContentHash(hex: name) != nil else { continue }
            try manager.setAttributes([.posixPermissions: 0o400], ofItemAtPath: blob)
        }
        return DataDirectory(path: path)
    }

    static let logger = Logger(label: "upgrade") { _ in SwiftLogNoOpLogHandler() }
}

@Suite("Data directories of every version", .serialized, .timeLimit(.minutes(2)))
struct KeptDirectoryTests {
    private static let versions = Array(1...DirectoryVersion.last(of: Migration.all).number)

    @Test("a directory of every version is kept, and the steps lead from each to the next")
    func complete() throws {
        #expect(Migration.all.map(\.from) == Array(Self.versions.dropLast()))
        for version in Self.versions {
            #expect(try KeptDirectory(version).expected["node_id"]?.string != nil, "\(version)")
        }
    }

    @Test("an upgraded directory has the log, the key and the tokens it had", arguments: versions)
    func upgrades(version: Int) throws {
        try NodeProgram.withDirectory { parent in
            let kept = KeptDirectory(version)
            let directory = try kept.copy(to: parent)
            try directory.upgrade(logger: KeptDirectory.logger)
            #expect(try directory.version()?.number == Self.versions.last)
            let expected = try kept.expected
            #expect(NodeID(try directory.loadKey().publicKey).hex == expected["node_id"]?.string)
            let log = try #require(try LogSummary(readingAllOf: directory.path))
            #expect(Int64(log.lastSequence) == expected["last_sequence"]?.integer)
            #expect(log.digest.hex == expected["log"]?.string)
            #expect(try directory.network() == expected["network"]?.string)
            for name in ["api.token", "api.tokens"] {
                let after = try Files.read("\(directory.path)/\(name)", upTo: 10_000)
                #expect(try kept.bytes(of: name) == after, "\(name)")
            }
        }
    }

    @Test(
        "a node runs in a directory of every version, and finds in it what was there",
        arguments: versions
    )
    func runs(version: Int) throws {
        try NodeProgram.withDirectory { parent in
            let kept = KeptDirectory(version)
            let directory = try kept.copy(to: parent)
            let node = try NodeProcess(directory.path, ["--genesis", kept.genesis])
            let (status, expected) = (try node.call(["status"]), try kept.expected)
            #expect(node.ready["node_id"] == expected["node_id"])
            #expect(status["digests"]?["identity"] == expected["identity"])
            #expect(status["network"]?["hash"] == expected["network"])
            let before = try #require(expected["last_sequence"]?.integer)
            #expect(try #require(status["log"]?["last_sequence"]?.integer) >= before)
            for blob in expected["blobs"]?.elements ?? [] {
                _ = try node.call(["content", "verify", try #require(blob.string)])
            }
            #expect(node.stop() == 0)
            #expect(try directory.version()?.number == Self.versions.last)
            let names = try Files.names(in: directory.path)
            #expect(!names.contains { $0 == "upgrade" || DirectoryUpgrade.isKept($0) }, "\(names)")
        }
    }

    @Test("a command that only reads upgrades nothing")
    func reading() throws {
        try NodeProgram.withDirectory { parent in
            let directory = try KeptDirectory(1).copy(to: parent)
            for command in [["export", "\(parent)/log"], ["id", "show"], ["token", "list"]] {
                let outcome = try NodeProgram.run(command + ["--data-dir", directory.path])
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: directory.versionPath))
        }
    }

    @Test(
        "a newer directory is refused by every command, with the software that it needs",
        arguments: [
            ["run"], ["export", "-"], ["import", "/dev/null"], ["id", "show"], ["token", "list"],
            ["status"], ["init"], ["backup", "create", "/nowhere/b"], ["plugin", "list"],
            ["id", "lock"],
        ]
    )
    func newer(command: [String]) throws {
        try NodeProgram.withDirectory { parent in
            let directory = try KeptDirectory(1).copy(to: parent)
            let newer = DirectoryVersion(number: 99, needs: "7.0.0", writtenBy: "7.1.0")
            try newer.write(to: directory.versionPath)
            let before = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
            let outcome = try NodeProgram.run(command + ["--data-dir", directory.path])
            #expect(outcome.status == 1, "\(outcome.errors)")
            for part in [
                "has version 99", "made by valence-node 7.1.0", "valence-node 7.0.0 or newer",
            ] {
                #expect(outcome.errors.contains(part), "\(outcome.errors)")
            }
            let after = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
            #expect(after.sorted() == before.sorted())
            #expect(try directory.version() == newer)
        }
    }
}

@Suite("An upgrade that is cut short", .timeLimit(.minutes(2)))
struct UpgradeTests {
    /// What real steps may do: a log that is written anew, a file that comes, one that changes, one that goes.
    private static let steps = [
        Migration(
            from: 1,
            needs: "0.1.0",
            news: "",
            rewrites: ["log", "log.format", "api.tokens"],
            apply: { folder throws(NodeError) in
                DirectoryCopy.remove("\(folder)/api.tokens")
                try Files.write([], to: "\(folder)/log/touched", mode: 0o600)
            }
        ),
        Migration(
            from: 2,
            needs: "0.2.0",
            news: "",
            rewrites: ["notes", "network.hash"],
            apply: { folder throws(NodeError) in
                try Files.write(Array("new".utf8), to: "\(folder)/notes", mode: 0o600)
                let hash = try Files.read("\(folder)/network.hash", upTo: 100)
                try Files.write(Array("n ".utf8) + hash, to: "\(folder)/network.hash", mode: 0o600)
            }
        ),
    ]

    private func upgrade(
        _ directory: DataDirectory,
        steps: [Migration] = Self.steps,
        room: @escaping (String) -> DiskSpace? = DiskSpace.measure,
        endingAt end: Int? = nil
    ) throws -> [DirectoryUpgrade.Step] {
        var reached: [DirectoryUpgrade.Step] = []
        let upgrade = DirectoryUpgrade(directory, steps, room: room) { step throws(NodeError) in
            reached.append(step)
            if reached.count == end { throw .log(cause: "crash") }
        }
        do {
            try upgrade.run(logger: KeptDirectory.logger)
        } catch {
            guard case .log(let cause) = error, cause == "crash" else { throw error }
            #expect(reached.count == end)
        }
        return reached
    }

    /// What must hold when all is done, however often it was cut short.
    private func checkUpgraded(_ directory: DataDirectory, _ log: LogSummary?) throws {
        let path = directory.path
        #expect(try directory.version()?.number == 3)
        #expect(try LogSummary(readingAllOf: path) == log)
        #expect(!Files.exists("\(path)/api.tokens") && Files.exists("\(path)/log/touched"))
        #expect(try Files.read("\(path)/notes", upTo: 10) == Array("new".utf8))
        #expect(try Files.read("\(path)/network.hash", upTo: 100).starts(with: Array("n ".utf8)))
        #expect(!Files.exists("\(path)/upgrade"))
        let kept = "\(path)/version-1"
        #expect(try LogSummary(dataDirectory: kept) == log)
        let names = try Files.names(in: kept)
        #expect(names == ["api.tokens", "log", "log.format", "network.hash"])
        #expect(!Files.exists("\(kept)/log/touched"))
    }

    @Test("steps are durable one after the other, and the old files stay until the node was up")
    func whole() throws {
        try NodeProgram.withDirectory { parent in
            let directory = try KeptDirectory(1).copy(to: parent)
            let log = try LogSummary(dataDirectory: directory.path)
            let reached = try self.upgrade(directory)
            #expect(reached.prefix(5) == [.begun, .copied, .migrated, .verified, .decided])
            #expect(reached.suffix(3) == [.versioned, .kept, .ended])
            #expect(reached.count == 5 + 2 * 5 + 3)
            try self.checkUpgraded(directory, log)
            directory.removeOldVersions(logger: KeptDirectory.logger)
            #expect(!Files.exists("\(directory.path)/version-1"))
            #expect(try self.upgrade(directory).isEmpty)
        }
    }

    @Test(
        "after a crash at any step, and another one at any step of the next start, nothing is lost"
    )
    func crashes() throws {
        let all = 5 + 2 * 5 + 3
        for first in 1...all {
            try NodeProgram.withDirectory { parent in
                let directory = try KeptDirectory(1).copy(to: parent)
                let log = try LogSummary(dataDirectory: directory.path)
                _ = try self.upgrade(directory, endingAt: first)
                let upgrade = DirectoryUpgrade(directory, Self.steps)
                if first < 5 {
                    #expect(try directory.version()?.number == 1 && !upgrade.isDecided)
                    #expect(try LogSummary(dataDirectory: directory.path) == log)
                } else if upgrade.isDecided {
                    #expect(throws: NodeError.self) { try directory.checkVersion(Self.steps) }
                    // To the program of before it is a newer directory by now.
                    #expect(throws: NodeError.self) { try directory.checkVersion(Migration.all) }
                }
                _ = try self.upgrade(directory, endingAt: 1 + first % 7)
                _ = try self.upgrade(directory)
                directory.removeLeftovers()
                try self.checkUpgraded(directory, log)
            }
        }
    }

    /// Steps that spoil the log, each with a word of what is then said.
    private static let broken = [
        ("damaged", Self.spoiling { folder in truncate("\(folder)/log/data.mdb", 40_000) }),
        ("none", Self.spoiling { folder in DirectoryCopy.remove("\(folder)/log") }),
        ("checksum", Self.spoiling { folder in Self.changeRecord("\(folder)/log/data.mdb") }),
    ]

    private static func spoiling(_ spoil: @escaping @Sendable (String) -> Void) -> Migration {
        Migration(from: 1, needs: "0.2.0", news: "", rewrites: ["log", "log.format"]) { folder in
            spoil(folder)
        }
    }

    /// Changes a bit of the text of a record, which no structure tells; pages of before have it as well.
    private static func changeRecord(_ path: String) {
        var bytes = FileManager.default.contents(atPath: path) ?? Data()
        while let place = bytes.range(of: Data("what own wants".utf8)) {
            bytes[place.lowerBound] ^= 1
        }
        try? bytes.write(to: URL(fileURLWithPath: path))
    }

    @Test("what is not whole is not used: the directory stays as it was, and the cause is told")
    func verified() throws {
        try NodeProgram.withDirectory { parent in
            let directory = try KeptDirectory(1).copy(to: parent)
            let log = try LogSummary(dataDirectory: directory.path)
            for (cause, step) in Self.broken {
                let error = #expect(throws: NodeError.self) {
                    try self.upgrade(directory, steps: [step])
                }
                let text = "\(try #require(error))"
                #expect(text.contains(cause) && text.contains("could not be upgraded"), "\(text)")
                #expect(try directory.version()?.number == 1)
                #expect(try LogSummary(dataDirectory: directory.path) == log)
            }
        }
    }

    @Test(
        "without room for the copies nothing is begun, and the error says how much there is to be"
    )
    func room() throws {
        try NodeProgram.withDirectory { parent in
            let directory = try KeptDirectory(1).copy(to: parent)
            let error = #expect(throws: NodeError.self) {
                try self.upgrade(
                    directory,
                    room: { _ in DiskSpace(free: 16_800_000, total: 1 << 40) }
                )
            }
            #expect(
                "\(try #require(error))".contains(
                    "bytes more for a while, and the disk has 16800000"
                )
            )
            #expect(!Files.exists("\(directory.path)/upgrade"))
            #expect(throws: NodeError.self) { try directory.checkVersion(Self.steps) }
        }
    }

    @Test("a node that runs in the directory is named, and nothing is changed")
    func inUse() throws {
        try NodeProgram.withDirectory { parent in
            let directory = try KeptDirectory(1).copy(to: parent)
            let lock = try DataDirectoryLock(dataDirectory: directory.path)
            defer { lock.release() }
            let error = #expect(throws: NodeError.self) { try self.upgrade(directory) }
            #expect("\(try #require(error))".contains("pid \(getpid())"))
            #expect(try directory.version()?.number == 1)
        }
    }
}
