import Cryptography
import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("An identity from the command line", .serialized, .timeLimit(.minutes(3)))
struct IdentityProcessTests {
    private func initialised(_ parent: String, _ name: String) throws -> (path: String, id: String)
    {
        let path = "\(parent)/\(name)"
        let outcome = try NodeProgram.run(["init", "--json", "--data-dir", path])
        return (path, try #require(try outcome.json()["node_id"]?.string))
    }

    private static func keys(_ identity: JSONValue) -> [String] {
        (identity["keys"]?.elements ?? []).compactMap(\.string)
    }

    @Test("LINK-01, LINK-N09: a key is linked with its consent, revoked, and never linked again")
    func linking() throws {
        try NodeProgram.withDirectory { parent in
            let (path, root) = try self.initialised(parent, "root")
            let (childPath, child) = try self.initialised(parent, "child")
            let consent = try NodeProgram.run(
                ["id", "consent", root, "--json", "--data-dir", childPath]
            ).json()
            let signature = try #require(consent["child_signature"]?.string)
            let node = try NodeProcess(path)
            _ = try node.call(["id", "link", child, signature, "--label", "laptop"])
            let linked = try node.call(["id", "show", child])
            #expect(Self.keys(linked) == [root, child])
            #expect(linked["labels"]?.members?.map(\.key) == [child])
            #expect(linked["labels"]?[child]?.string == "laptop")
            _ = try node.call(["id", "revoke", child, "--reason", "lost"])
            #expect(Self.keys(try node.call(["id", "show"])) == [root])
            let again = try NodeProgram.run(
                ["id", "link", child, signature, "--json", "--data-dir", path]
            )
            #expect(again.status == 4)
            #expect(again.errors.contains("never be linked again"))
            #expect(node.stop() == 0)
        }
    }

    @Test("R-01-005: a rotated node runs on under its new key, with the log of the old one")
    func rotation() throws {
        try NodeProgram.withDirectory { parent in
            let (path, old) = try self.initialised(parent, "node")
            let first = try NodeProcess(path)
            let request = try first.call(["request", "new", "--title", "outlives its key"])
            _ = try first.call(["id", "rotate"])
            #expect(first.stop() == 0)

            let second = try NodeProcess(path)
            let new = try #require(second.ready["node_id"]?.string)
            #expect(new != old)
            #expect(try second.call(["id", "show", old])["identity"]?.string == new)
            let requests = try second.call(["request", "list"])["requests"]?.elements ?? []
            #expect(requests.map { $0["id"]?.string } == [request["id"]?.string])
            #expect(second.stop() == 0)
        }
    }

    @Test("R-01-005: a rotation whose command died is told of at the start, and can be finished")
    func unfinishedRotation() throws {
        try NodeProgram.withDirectory { parent in
            let (path, old) = try self.initialised(parent, "node")
            let first = try NodeProcess(path)
            _ = try first.call(["id", "rotate"])
            #expect(first.stop() == 0)
            let new = try DataDirectory(path: path).loadKey()
            try Self.takeBackInstallation(path)

            let said = "\(parent)/said.txt"
            #expect(FileManager.default.createFile(atPath: said, contents: nil))
            let handle = try #require(FileHandle(forWritingAtPath: said))
            let second = try NodeProcess(path, errors: handle)
            #expect(second.ready["node_id"]?.string == old)
            var text = ""
            for _ in 0..<200 where !text.contains("restart the node") {
                text = try String(contentsOfFile: said, encoding: .utf8)
                usleep(50_000)
            }
            let successor = NodeID(new.publicKey).hex
            #expect(text.contains("was rotated to \(successor)"), "\(text)")
            #expect(text.contains("valence-node id rotate --data-dir \(path)"), "\(text)")
            let finished = try second.call(["id", "rotate"])
            #expect(finished["new_key"]?.string == successor)
            #expect(second.stop() == 0)

            let third = try NodeProcess(path)
            #expect(third.ready["node_id"]?.string == successor)
            #expect(third.stop() == 0)
        }
    }

    /// Leaves the directory as a command does that ends once the node has taken the rotation in.
    private static func takeBackInstallation(_ path: String) throws {
        let files = FileManager.default
        try files.moveItem(atPath: "\(path)/node.key", toPath: "\(path)/node.key.next")
        try files.moveItem(atPath: "\(path)/node.key.retired", toPath: "\(path)/node.key")
    }

    @Test("R-01-005, SIG-04: a foreign successor is not put in the node's place, but contradicted")
    func foreignSuccessor() throws {
        try NodeProgram.withDirectory { parent in
            let (path, old) = try self.initialised(parent, "node")
            let node = try NodeProcess(path)
            _ = try node.call(["id", "rotate"])
            let new = try DataDirectory(path: path).loadKey()
            try Self.takeBackInstallation(path)
            try FileManager.default.removeItem(atPath: "\(path)/node.key.next")
            let again = try NodeProgram.run(["id", "rotate", "--data-dir", path])
            #expect(again.status == 4)
            #expect(again.errors.contains("rotated to \(NodeID(new.publicKey).hex) before"))
            #expect(again.errors.contains("\(path)/node.key.next"))
            #expect(NodeID(try DataDirectory(path: path).loadKey().publicKey).hex == old)
            _ = try node.call(["id", "rotate", "--contest"])
            let rival = NodeID(try DataDirectory(path: path).loadKey().publicKey)
            #expect(![old, NodeID(new.publicKey).hex].contains(rival.hex))
            let shown = try node.call(["id", "show", rival.hex])
            #expect(shown["suspended"]?.bool == true)
            #expect(node.stop() == 0)
        }
    }

    @Test("R-01-005: a second rotation waits for the restart, and says so")
    func rotatedTwice() throws {
        try NodeProgram.withDirectory { parent in
            let (path, old) = try self.initialised(parent, "node")
            let node = try NodeProcess(path)
            _ = try node.call(["id", "rotate"])
            let again = try NodeProgram.run(["id", "rotate", "--data-dir", path])
            #expect(again.status == 4)
            #expect(again.errors.contains("still runs as \(old)"), "\(again.errors)")
            #expect(again.errors.contains("restart the node first"))
            #expect(!FileManager.default.fileExists(atPath: "\(path)/node.key.next"))
            #expect(node.stop() == 0)
        }
    }
}
