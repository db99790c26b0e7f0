import Foundation
import Primitives
import Testing

@testable import Node

@Suite("Examples of plug-ins", .serialized, .timeLimit(.minutes(10)))
struct PluginExampleTests {
    @Test("The page's program in Python does what the page says")
    func page() throws {
        try NodeProgram.withDirectory { parent in
            let page = PluginNode.example("../docs/plugging-in-a-subsystem.md")
            let text = try String(contentsOfFile: page, encoding: .utf8)
            let blocks = text.components(separatedBy: "```python applause.py\n")
            let code = try #require(blocks.last?.components(separatedBy: "\n```").first)
            #expect(blocks.count == 2)
            let place = try PluginNode(parent)
            try place.add(try PluginNode.script(parent, "applause", code))
            let node = try place.start()
            try node.waitUntilRunning("applause")
            let proposal = try node.propose(parent)
            _ = try node.call(["proposal", "vote", proposal, "endorse"])
            _ = try node.operation("applause_clap", .object([("proposal", .string(proposal))]))
            try node.wait(for: "applause") { $0["events_sent"]?.integer == 2 }
            let heard = try node.operation("applause_heard")
            #expect(heard["applause"]?[proposal]?.integer == 1)
            #expect(heard["votes"]?.integer == 1)
            #expect(node.stop() == 0)
        }
    }

    @Test("The autopilot votes by its policy: none in a dry run, and no more than a day's limit")
    func autopilot() throws {
        try NodeProgram.withDirectory { parent in
            let place = try PluginNode(parent)
            try place.add(Self.program("autopilot"), scope: "act")
            try Self.writePolicy(place, isDryRun: true)
            var node = try place.start()
            try node.waitUntilRunning("autopilot")
            let noted = try node.propose(parent, title: "a tool that I like")
            try node.wait(for: "autopilot") { $0["events_sent"]?.integer == 1 }
            var outcomes = try Self.outcomes(node)
            #expect(outcomes[noted] == "noted")
            #expect(try Self.votes(node, on: noted) == 0)
            #expect(node.stop() == 0)

            try Self.writePolicy(place, isDryRun: false)
            node = try place.start()
            try node.waitUntilRunning("autopilot")
            let liked = try node.propose(parent, title: "another tool that I like")
            for _ in 0..<100 where try Self.votes(node, on: liked) == 0 { usleep(100_000) }
            #expect(try Self.votes(node, on: liked) == 1)
            let beyond = try node.propose(parent, title: "the third that I like")
            for _ in 0..<100 where try Self.outcomes(node)[beyond] == nil { usleep(100_000) }
            outcomes = try Self.outcomes(node)
            #expect(outcomes[liked] == "voted" && outcomes[beyond] == "over the limit")
            #expect(outcomes[noted] == "noted")
            #expect(try Self.votes(node, on: beyond) == 0)
            #expect(node.stop() == 0)
        }
    }

    @Test("The inference provider answers requests with its tag by what its model says")
    func inference() throws {
        try NodeProgram.withDirectory { parent in
            let model = try Self.startModel()
            // The model inherits a mask that holds SIGTERM back.
            defer { kill(model.process.processIdentifier, SIGKILL) }
            let place = try PluginNode(parent)
            try place.add(PluginNode.example("inference/inference.py"), scope: "act")
            try #"{"model_url": "http://127.0.0.1:\#(model.port)/", "tags": ["sums"]}"#.write(
                toFile: "\(place.path)/plugins/inference/settings.json",
                atomically: true,
                encoding: .utf8
            )
            let node = try place.start()
            try node.waitUntilRunning("inference")
            let new = ["request", "new", "--body", "two words"]
            _ = try node.call(new + ["--title", "not for it", "--tag", "other"])
            let asked = try node.call(new + ["--title", "for it", "--tag", "sums"])
            var answers: [JSONValue] = []
            for _ in 0..<100 where answers.isEmpty {
                usleep(100_000)
                answers = try node.operation("inference_answers")["answers"]?.elements ?? []
            }
            #expect(answers.count == 1)
            #expect(answers.first?["request"] == asked["id"])
            let id = try #require(answers.first?["proposal"]?.string, "\(answers)")
            let shown = try node.call(["proposal", "show", id])
            #expect(shown["title"]?.string == "Answer: for it")
            let said = Array("The counting model read 6 words.\n".utf8)
            #expect(shown["content_hash"]?.string == SHA256Digest.hash(said).hex)
            #expect(node.stop() == 0)
        }
    }

    // MARK: What they need

    /// A program that is built beside the tests.
    private static func program(_ name: String) -> String {
        URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent(name).path
    }

    private static func writePolicy(_ place: PluginNode, isDryRun: Bool) throws {
        let policy = """
            {"rules": [{"text": "that I like", "reputation": 1, "stance": "endorse"}],
             "votes_a_day": 1, "dry_run": \(isDryRun)}
            """
        let path = "\(place.path)/plugins/autopilot/policy.json"
        try policy.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func outcomes(_ node: NodeProcess) throws -> [String: String] {
        let decisions = try node.operation("autopilot_decisions")["decisions"]?.elements ?? []
        return decisions.reduce(into: [:]) { outcomes, decision in
            outcomes[decision["proposal"]?.string ?? ""] = decision["outcome"]?.string
        }
    }

    private static func votes(_ node: NodeProcess, on proposal: String) throws -> Int {
        try node.call(["proposal", "show", proposal])["votes"]?.elements?.count ?? 0
    }

    private static func startModel() throws -> (process: Process, port: Int) {
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: PluginNode.example("inference/counting_model.py")
        )
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.split(separator: "\n").first ?? "") else {
            process.terminate()
            throw ProcessFailure(description: "the model says `\(line)`")
        }
        return (process, port)
    }
}
