import Foundation
import Primitives
import Testing

@testable import Node

@Suite("The story of the verifier", .serialized, .timeLimit(.minutes(10)))
struct PluginStoryTests {
    @Test(
        "It is proposed, ratified, adopted and plugged in by three nodes; then its claims count"
    )
    func verifier() throws {
        try NodeProgram.withDirectory { parent in
            let network = try PluginNetwork(parent, count: 4, ["--believe-claims"])
            try network.start()
            let artefact = "\(parent)/verifier.pyz"
            try Self.pack("verifier", to: artefact)
            let proposal = try network.propose(
                "A verifier",
                try Data(contentsOf: URL(fileURLWithPath: artefact)),
                votingSeconds: 20
            )
            for node in network.nodes {
                _ = try node.call(["proposal", "vote", proposal, "endorse"])
            }
            try network.wait("to ratify the verifier") { node in
                try node.call(["proposal", "show", proposal])["state"]?.string == "ratified"
            }
            // The first node stays without: whoever proposes does not judge its own claims.
            let adopters = zip(network.nodes, network.places).dropFirst()
            for (node, place) in adopters {
                let adopted = try node.call(["proposal", "adopt", proposal])
                let path = try #require(adopted["path"]?.string)
                let program = "\(place.path)/verifier"
                try FileManager.default.copyItem(atPath: path, toPath: program)
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o755],
                    ofItemAtPath: program
                )
                try place.add(program, scope: "act")
            }
            #expect(network.stop().allSatisfy { $0 == 0 })
            try network.start()
            for node in network.nodes.dropFirst() { try node.waitUntilRunning("verifier") }
            try Self.expectClaimsToCount(network)
            #expect(network.stop().allSatisfy { $0 == 0 })
        }
    }

    /// A claim that does not hold costs its author, by the word of three verifiers.
    private static func expectClaimsToCount(_ network: PluginNetwork) throws {
        let key = "\(network.places[1].path)/node.key"
        let checked = try network.propose(
            "A program",
            Data("print(6 * 7)".utf8),
            claims: [
                ("it runs", "python3 artefact"), ("it fails", "python3 -c 'raise SystemExit(1)'"),
                ("it reads the node's key", "cat \(key)"),
            ]
        )
        let author = network.nodes[0]
        try network.wait("to hear of every claim from three verifiers") { node in
            let shown = try node.call(["proposal", "show", checked])
            return Self.verifications(shown).count == 9
        }
        let shown = try author.call(["proposal", "show", checked])
        let results = Self.verifications(shown)
        for (claim, holds) in [(0, "true"), (1, "false"), (2, "false")] {
            let found = results.filter { $0.claim == claim }.map(\.result)
            #expect(found == [holds, holds, holds], "claim \(claim): \(found)")
        }
        try network.wait("to charge the author") { node in
            let id = author.ready["node_id"]?.string ?? ""
            let history = try node.operation("reputation", .object([("id", .string(id))]))
            let causes = (history["entries"]?.elements ?? []).compactMap { $0["cause"]?.string }
            return causes.contains { $0.contains("false claim 1 of \(checked)") }
                && causes.contains { $0.contains("false claim 2 of \(checked)") }
                && !causes.contains { $0.contains("false claim 0") }
        }
    }

    /// What the verifiers found.
    private static func verifications(_ proposal: JSONValue) -> [(claim: Int, result: String)] {
        (proposal["comments"]?.elements ?? []).compactMap { comment in
            guard let found = comment["payload"]?["verification"],
                let claim = found["claim_index"]?.integer, let result = found["result"]?.string
            else { return nil }
            return (Int(claim), result)
        }
    }

    /// Makes one file of an example.
    private static func pack(_ example: String, to path: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: PluginNode.example("pack"))
        process.arguments = [example, path]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ProcessFailure(description: "\(example) cannot be packed")
        }
    }
}
