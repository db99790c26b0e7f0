import Foundation
import Node
import Primitives
import Testing

@Suite("ADR 0039: a data directory that runs twice", .serialized, .timeLimit(.minutes(2)))
struct CopyProcessTests {
    /// The text of `signing_stopped_because` once it is there.
    private static func reason(_ node: NodeProcess) throws -> String? {
        for _ in 0..<300 {
            let identity = try node.call(["status"])["identity"]
            if let reason = identity?["signing_stopped_because"]?.string { return reason }
            usleep(50_000)
        }
        return nil
    }

    @Test("C3-4: a node whose copy posts says so, signs no more, and signs again when told to")
    func copied() throws {
        try NodeProgram.withDirectory { parent in
            let (path, copy) = ("\(parent)/node", "\(parent)/copy")
            _ = try DataDirectory(path: path).initialise()
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            _ = try DataDirectory(path: "\(parent)/hub").initialise()
            let hub = try NodeProcess("\(parent)/hub")
            let address = try #require(hub.ready["listen"]?.elements?.first?.string)
            let start = ["--bootstrap", address]
            let node = try NodeProcess(path, start)
            let other = try NodeProcess(copy, start)
            let posted = try other.call(["request", "new", "--title", "by the copy"])
            let id = try #require(posted["id"]?.string)
            #expect(other.stop() == 0)
            let reason = try #require(try Self.reason(node))
            #expect(reason.contains(id) && reason.contains("--accept-own-history"))
            let request = ["request", "new", "--title", "by the node", "--data-dir", path]
            let refused = try NodeProgram.run(request)
            #expect(refused.status != 0 && refused.errors.contains("used elsewhere"))
            #expect(node.stop() == 0)

            let again = try NodeProcess(path, start)
            #expect(try Self.reason(again) == reason)
            #expect(again.stop() == 0)

            let accepted = try NodeProcess(path, start + ["--accept-own-history"])
            let third = try accepted.call(["request", "new", "--title", "by the node"])
            #expect(third["id"]?.string != nil)
            let titles = try accepted.call(["request", "list"])["requests"]?.elements ?? []
            #expect(titles.count == 2, "what the copy wrote is taken in")
            #expect(accepted.stop() == 0 && hub.stop() == 0)
        }
    }
}
