import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("Artefacts from the command line", .serialized, .timeLimit(.minutes(4)))
struct SharingProcessTests {
    private func withNode(_ body: (String, NodeProcess) throws -> Void) throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            try body(path, try NodeProcess(path))
        }
    }

    private func file(_ path: String, _ bytes: Data) throws -> String {
        try bytes.write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test("C3-5: what was answered as shared is in the log, also after kill -9 at the answer")
    func durable() throws {
        try self.withNode { path, node in
            let file = try self.file("\(path)/artefact", Data("shared".utf8))
            let before = try node.call(["status"])["log"]?["last_sequence"]?.integer ?? 0
            let answer = try node.call(["content", "share", file])
            node.crash()
            #expect(answer["id"]?.string?.utf8.count == 64)
            let hash = try #require(answer["content_hash"]?.string)
            let again = try NodeProcess(path)
            let after = try again.call(["status"])
            #expect(after["log"]?["last_sequence"]?.integer ?? 0 > before)
            let copy = "\(path)/copy"
            _ = try again.call(["content", "get", hash, "--output", copy])
            #expect(FileManager.default.contents(atPath: copy) == Data("shared".utf8))
            #expect(again.stop() == 0)
        }
    }

    @Test("C3-5: an artefact with 40 tags is refused, and leaves nothing on disk")
    func refused() throws {
        try self.withNode { path, node in
            let file = try self.file("\(path)/artefact", Data("shared".utf8))
            let tags = (0..<40).flatMap { ["--tag", "tag\($0)"] }
            let outcome = try NodeProgram.run(
                ["content", "share", file, "--json", "--data-dir", path] + tags
            )
            #expect(outcome.status != 0)
            let failure = try outcome.json()
            #expect(failure["code"]?.string == "bad_request")
            #expect(failure["detail"]?.string?.contains("at most 20") == true)
            #expect(node.stop() == 0)
            let blobs = try FileManager.default.contentsOfDirectory(atPath: "\(path)/blobs")
            #expect(Set(blobs) == ["parts", "partial"])
            let parts = try FileManager.default.contentsOfDirectory(atPath: "\(path)/blobs/parts")
            #expect(parts.isEmpty)
        }
    }

    @Test("C3-11: a damaged artefact is an error and not data; the copy of it is never complete")
    func damaged() throws {
        try self.withNode { path, node in
            let file = try self.file("\(path)/artefact", Data("shared".utf8))
            let hash = try #require(
                try node.call(["content", "share", file])["content_hash"]?.string
            )
            let blob = "\(path)/blobs/\(hash)"
            try FileManager.default.removeItem(atPath: blob)
            _ = try self.file(blob, Data("sharee".utf8))
            let copy = "\(path)/copy"
            let outcome = try NodeProgram.run([
                "content", "get", hash, "--output", copy, "--json", "--data-dir", path,
            ])
            #expect(outcome.status == 4)
            #expect(try outcome.json()["detail"]?.string?.contains("damaged") == true)
            #expect(!FileManager.default.fileExists(atPath: copy))
            #expect(FileManager.default.fileExists(atPath: "\(path)/blobs/damaged/\(hash)"))
            _ = try node.call(["content", "share", file])
            #expect(try node.call(["content", "get", hash])["path"]?.string == blob)
            #expect(node.stop() == 0)
        }
    }

    /// The most memory that a process ever held, in bytes.
    private func peakMemory(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(
            status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        )
        return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1_024
    }

    @Test("C3-13, C4-5: four uploads of 32 MB at once take no memory of their size")
    func memory() throws {
        try self.withNode { path, node in
            let size = 32_000_000
            let before = try self.peakMemory(of: node.processID)
            let clients = try (0..<4).map { number in
                let bytes = Data(repeating: UInt8(number), count: size)
                let file = try self.file("\(path)/artefact-\(number)", bytes)
                let client = try NodeProgram.process([
                    "content", "share", file, "--data-dir", path,
                ])
                client.standardOutput = FileHandle.nullDevice
                try client.run()
                return client
            }
            for client in clients {
                client.waitUntilExit()
                #expect(client.terminationStatus == 0)
            }
            let grown = try self.peakMemory(of: node.processID) - before
            #expect(grown < size, "\(grown) bytes")
            #expect(node.stop() == 0)
        }
    }
}
