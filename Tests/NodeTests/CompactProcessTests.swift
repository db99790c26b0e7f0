import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("valence-node compact", .serialized, .timeLimit(.minutes(2)))
struct CompactProcessTests {
    /// Some bytes under the name of their hash, as if they had been uploaded days ago.
    private func place(_ text: String, in path: String) throws -> String {
        let name = SHA256Digest.hash(Array(text.utf8)).hex
        let file = "\(path)/blobs/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let date = Date(timeIntervalSinceNow: -2 * 86_400)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
        return file
    }

    @Test("it names a node that runs, gives back room of a stopped one, and loses nothing")
    func compacts() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            for number in 0..<20 {
                _ = try node.call(["request", "new", "--title", "kept \(number)"])
            }
            let command = ["compact", "--json", "--data-dir", path]
            let refused = try NodeProgram.run(command)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("pid \(node.processID)"), "\(refused.errors)")
            #expect(refused.errors.contains("stop it, then compact again"), "\(refused.errors)")
            let note = "\(parent)/note"
            try Data("shared".utf8).write(to: URL(fileURLWithPath: note))
            let shared = try #require(
                try node.call(["content", "share", note])["content_hash"]?.string
            )
            #expect(node.stop() == 0)
            // As old as what nobody named.
            let named = try self.place("shared", in: path)
            #expect(named.hasSuffix(shared))
            let unnamed = try self.place("uploaded, and never named", in: path)
            let report = try NodeProgram.run(command).json()
            let before = try #require(report["log_bytes_before"]?.integer)
            let after = try #require(report["log_bytes_after"]?.integer)
            #expect(after > 0 && after <= before)
            #expect(report["removed_artefacts"]?.integer == 1)
            #expect(!Files.exists(unnamed) && Files.exists(named))
            // What a compaction left that was cut short goes with the next start.
            try FileManager.default.createDirectory(
                atPath: "\(path)/log.compact",
                withIntermediateDirectories: false
            )
            try Data(count: 10).write(to: URL(fileURLWithPath: "\(path)/log.compact/data.mdb"))
            let again = try NodeProcess(path)
            #expect(!Files.exists("\(path)/log.compact"))
            let list = try again.call(["request", "list"])["requests"]?.elements ?? []
            #expect(list.count == 20)
            _ = try again.call(["content", "verify", shared])
            #expect(again.stop() == 0)
        }
    }

    @Test("hashes are found wherever they stand in a text, and only whole ones")
    func hashes() throws {
        let (one, other) = (SHA256Digest.hash([1]).hex, SHA256Digest.hash([2]).hex)
        let text = Array(
            "{\"a\":\"\(one)\",\"b\":\"x\(other.dropLast())\",\"\(other)\(one)\",\(other)".utf8
        )
        #expect(HashesInText.all(in: text).map(\.hex) == [one, other])
        #expect(HashesInText.all(in: Array("\(one)".utf8)).count == 1)
        #expect(HashesInText.all(in: []).isEmpty)
    }
}
