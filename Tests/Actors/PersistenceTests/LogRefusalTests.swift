import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("A log that cannot be opened says why")
struct LogRefusalTests {
    @Test("a data directory in use names the process")
    func inUse() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
            #expect(error == .inUse(path: "\(path)/LOCK", processID: getpid()))
            #expect("\(try #require(error))".contains("process \(getpid())"))
            store.close()
        }
    }

    @Test("a second process cannot open it either")
    func inUseByProcess() async throws {
        try await LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            await #expect(processExitsWith: .exitCode(42)) { [path = path as String] in
                do {
                    _ = try LogFixture.open(path)
                } catch LogError.inUse {
                    exit(42)
                }
            }
            store.close()
        }
    }

    @Test("C2-16: a newer format is refused, with both numbers, and nothing is written")
    func format() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<3), to: path)
            let marker = "\(path)/log.format"
            try Data("99\n".utf8).write(to: URL(fileURLWithPath: marker))
            let before = try Self.contents(path)
            let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
            #expect(error == .otherFormat(path: marker, found: 99, expected: 1))
            #expect("\(try #require(error))".contains("Run the version that wrote it"))
            #expect(try Self.contents(path) == before)
        }
    }

    @Test("C2-16: a log that says that it is another's, against its mark, is rebuilt as its own")
    func damagedOwner() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<3), to: path)
            for owner in [
                LogOwner(format: 3, node: LogFixture.node),
                LogOwner(format: 1, node: LogFixture.peer),
            ] {
                try Self.rewriteOwner(path, owner)
                let healed = try LogFixture.open(path)
                #expect(try LogFixture.all(healed).count == 3)
                healed.close()
            }
        }
    }

    @Test("the log of another node is refused")
    func node() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.open(path).close()
            let error = #expect(throws: LogError.self) {
                try LogStore(dataDirectory: path, nodeID: LogFixture.peer)
            }
            #expect(
                error
                    == .otherNode(path: path, found: LogFixture.node, expected: LogFixture.peer)
            )
        }
    }

    @Test("a file in place of the directory is refused with the system's reason")
    func notADirectory() throws {
        try LogFixture.withDirectory { path in
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
            #expect("\(try #require(error))".contains("--data-dir"))
        }
    }

    @Test("a file that is no database is refused and left alone")
    func notADatabase() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<3), to: path)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let junk = Data(repeating: 0x5A, count: 32_768)
            try junk.write(to: file)
            let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
            #expect("\(try #require(error))".contains("record 1 of 3 is not readable any more"))
            #expect(try Data(contentsOf: file) == junk)
        }
    }

    @Test("a database file that was cut off is refused, wherever it was cut")
    func truncated() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<200), to: path)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let whole = try Data(contentsOf: file)
            for count in [8_192, 12_288, whole.count / 2] {
                try whole.prefix(count).write(to: file)
                let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
                let text = "\(try #require(error))"
                #expect(text.contains("of 200 is not readable any more"), "\(count): \(text)")
                #expect(try Data(contentsOf: file).count == count, "left as it was")
            }
            try whole.prefix(100).write(to: file)
            #expect(throws: LogError.self) { try LogFixture.open(path) }
            try whole.write(to: file)
            let healed = try LogFixture.open(path)
            #expect(try LogFixture.all(healed).count == 200)
            healed.close()
        }
    }

    @Test("a log whose file is empty or gone is not begun anew by itself")
    func lost() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.open(path).close()
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let lost = LogError.lost(path: "\(path)/log", marker: "\(path)/log.format")
            try Data().write(to: file)
            #expect(throws: lost) { try LogFixture.open(path) }
            try FileManager.default.removeItem(at: file)
            #expect(throws: lost) { try LogFixture.open(path) }
            try FileManager.default.removeItem(atPath: "\(path)/log")
            #expect(throws: lost) { try LogFixture.open(path) }
            #expect("\(lost)".contains("restore") && "\(lost)".contains("log.format beside it"))
            try FileManager.default.removeItem(atPath: "\(path)/log.format")
            let anew = try LogFixture.open(path)
            #expect(anew.status.lastSequence == 0)
            anew.close()
        }
    }

    /// All files but the lock, which names the process.
    private static func contents(_ path: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) where name != "LOCK" {
            found[name] = FileManager.default.contents(atPath: "\(path)/\(name)")
        }
        return found
    }

    private static func rewriteOwner(_ path: String, _ owner: LogOwner) throws {
        let environment = try LogEnvironment(path: "\(path)/log", mapBytes: 1_048_576)
        try environment.write { (writer) throws(LogError) in try writer.setOwner(owner) }
        environment.close()
    }
}
