import Foundation
import Primitives
import Testing

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
}
