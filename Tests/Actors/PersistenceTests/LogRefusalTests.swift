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

    @Test("another format is refused, with both numbers")
    func format() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.open(path).close()
            try Self.rewriteOwner(path, LogOwner(format: 99, node: LogFixture.node))
            let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
            #expect(error == .otherFormat(path: path, found: 99, expected: 1))
            #expect("\(try #require(error))".contains("Run the version that wrote it"))
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
            try LogFixture.open(path).close()
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let junk = Data(repeating: 0x5A, count: 32_768)
            try junk.write(to: file)
            let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
            guard case .notADatabase = error else {
                Issue.record("refused as \(String(describing: error))")
                return
            }
            #expect(try Data(contentsOf: file) == junk)
        }
    }

    private static func rewriteOwner(_ path: String, _ owner: LogOwner) throws {
        let environment = try LogEnvironment(path: "\(path)/log", mapBytes: 1_048_576)
        try environment.write { (writer) throws(LogError) in try writer.setOwner(owner) }
        environment.close()
    }
}
