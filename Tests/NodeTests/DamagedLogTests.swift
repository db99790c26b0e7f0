import Foundation
import Primitives
import Testing

@testable import Node

@Suite("A node whose log was damaged while it was down", .serialized, .timeLimit(.minutes(2)))
struct DamagedLogTests {
    /// A data directory whose log holds one request, and that request's identifier.
    private func withLog(_ body: (String, String) throws -> Void) throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            let posted = try node.call(["request", "new", "--title", "kept"])
            let id = try #require(posted["id"]?.string)
            #expect(node.stop() == 0)
            try body(path, id)
        }
    }

    private func change(_ path: String, _ body: (inout Data) -> Void) throws {
        let file = URL(fileURLWithPath: path)
        var data = try Data(contentsOf: file)
        body(&data)
        try data.write(to: file)
    }

    @Test(
        "C3-7, C3-8: a node rebuilds a log with a damaged meta page, says so and has lost nothing"
    )
    func repaired() throws {
        try self.withLog { path, id in
            try self.change("\(path)/log/data.mdb") { $0[144] ^= 1 }
            let errors = "\(path)/errors"
            _ = FileManager.default.createFile(atPath: errors, contents: nil)
            let handle = try #require(FileHandle(forWritingAtPath: errors))
            let node = try NodeProcess(path, errors: handle)
            let list = try node.call(["request", "list"])["requests"]?.elements ?? []
            #expect(list.map { $0["id"]?.string } == [id])
            #expect(node.stop() == 0)
            let said = try String(contentsOfFile: errors, encoding: .utf8)
            #expect(said.contains("the log was rebuilt from its"))
            #expect(said.contains("Nothing was lost"))
        }
    }

    @Test("C2-16: a log that cannot be rebuilt ends the start with one message and the next step")
    func refused() throws {
        try self.withLog { path, _ in
            try self.change("\(path)/log/data.mdb") { $0.removeSubrange(8_192...) }
            let outcome = try NodeProgram.run(NodeProcess.arguments(path))
            #expect(outcome.status == 1)
            let message = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
            #expect(message.count == 1)
            #expect(message.first?.contains("is damaged") == true)
            #expect(message.first?.contains("Check the disk") == true)
            #expect(!outcome.errors.contains("Backtrace"))
        }
    }

    @Test("C2-16: a newer format is refused, and nothing is written")
    func newerFormat() throws {
        try self.withLog { path, _ in
            let marker = "\(path)/log.format"
            try Data("99\n".utf8).write(to: URL(fileURLWithPath: marker))
            try FileManager.default.removeItem(atPath: "\(path)/network.hash")
            let log = try Data(contentsOf: URL(fileURLWithPath: "\(path)/log/data.mdb"))
            let outcome = try NodeProgram.run(NodeProcess.arguments(path))
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("has format 99, this node writes format 1"))
            #expect(try String(contentsOfFile: marker, encoding: .utf8) == "99\n")
            #expect(!FileManager.default.fileExists(atPath: "\(path)/network.hash"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(path)/log/data.mdb")) == log)
        }
    }
}
