import Foundation
import Primitives
import Testing

@testable import Node

@Suite("Commands of self-government", .serialized, .timeLimit(.minutes(2)))
struct CommandTests {
    @Test(
        "what makes no network is refused before a file is written",
        arguments: [
            ([], "--founder"), (["--founder", "KEY", "--founder", "KEY=0.4"], "more than once"),
            (["--founder", "KEY=0.05"], "from 0.1 to 1"), (["--founder", "KEY=x"], "=0.5"),
            (["--founder", "KEY", "--bootstrap", "here"], "/ip4/127.0.0.1/tcp/9090"),
            (["--founder", "KEY", "--bootstrap-domain", "not a/domain"], "domain"),
            (["--founder", "KEY", "--parameter", "quorum_share"], "standard_threshold=0.75"),
            (
                [
                    "--founder", "KEY", "--parameter", "quorum_share=0.2", "--parameter",
                    "quorum_share=0.3",
                ], "more than once"
            ),
        ]
    )
    func noNetwork(options: [String], cause: String) throws {
        try NodeProgram.withDirectory { parent in
            let key = SHA256Digest.hash([1]).hex
            let given = options.map { $0.replacingOccurrences(of: "KEY", with: key) }
            let file = "\(parent)/lab.json"
            let made = try NodeProgram.run(["genesis", "new", "--name", "lab", file] + given)
            #expect(made.status != 0)
            #expect(made.errors.contains(cause), "\(made.errors)")
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }

    /// The only founder of a network, running.
    static func founder(_ path: String, lab: String) throws
        -> (node: NodeID, process: NodeProcess)
    {
        let node = try DataDirectory(path: path).initialise()
        let founder = NetworkDescription.Founder(node: node, score: .one)
        try NetworkDescription(founders: [founder]).write(to: lab)
        return (node, try NodeProcess(path, ["--genesis", lab]))
    }

    @Test("D-61: proposal new writes what a vote decides, one thing at most")
    func resolutions() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let (node, process) = try Self.founder(path, lab: "\(parent)/lab.json")
            let file = "\(parent)/text.md"
            try Data("why".utf8).write(to: URL(fileURLWithPath: file))
            let start = ["proposal", "new", "--title", "t", "--file", file, "--data-dir", path]
            func refusal(_ options: [String]) throws -> String {
                try NodeProgram.run(start + options).errors
            }
            let hex = node.hex
            for options in [
                ["--decide-ban", hex], ["--decide-flag", hex],
                ["--decide-successor", "\(hex)=\(hex)"],
                [
                    "--decide-end-of-life", "300", "--tier", "constitutional", "--body",
                    "# Migration\n\nUpdate.",
                ],
                ["--decide-parameter", "quorum_share=0.2", "--tier", "constitutional"],
            ] {
                let text = try refusal(options)
                #expect(text.contains("(§8)"), "\(options): \(text)")
            }
            let never = try refusal(["--decide-end-of-life", "9223372036854775807"])
            #expect(never.contains("100 years"), "\(never)")
            let twice = try refusal(["--decide-ban", hex, "--decide-flag", hex])
            #expect(twice.contains("a vote decides one thing"))
            let noKeys = try refusal(["--decide-successor", hex])
            #expect(noKeys.contains("OLD=SUCCESSOR"))
            let folder = try NodeProgram.run(start.map { $0 == file ? parent : $0 }).errors
            #expect(folder.contains("Is a directory"))
            _ = process
        }
    }

    @Test("rep show and rep explain speak of the own identity unless told otherwise")
    func reputation() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let node = try DataDirectory(path: path).initialise()
            let process = try NodeProcess(path, ["--believe-claims"])
            let shown = try process.call(["rep", "show"])
            #expect(shown["overall"]?.integer != nil)
            #expect(shown["entries"] == nil)
            let explained = try process.call(["rep", "explain"])
            #expect(explained["overall"] == shown["overall"])
            #expect(explained["entries"]?.elements != nil)
            #expect(explained["start"]?["founder"]?.bool == false)
            let text = try NodeProgram.run(["rep", "explain", "--data-dir", path]).output
            #expect(text.contains("start     0.200000, where every newcomer begins"), "\(text)")
            let earns = explained["earns"]?.elements?.compactMap(\.string) ?? []
            #expect(earns.contains { $0.hasPrefix("verifying a claim") }, "D-45: once switched on")
            #expect(try process.call(["rep", "explain", node.hex]) == explained)
        }
    }

    @Test("R-08-033, R-16-016: a proposal that names no deadline has fourteen days of votes")
    func deadline() throws {
        try NodeProgram.withDirectory { parent in
            let (_, process) = try Self.founder("\(parent)/node", lab: "\(parent)/lab.json")
            let file = "\(parent)/text.md"
            try Data("why".utf8).write(to: URL(fileURLWithPath: file))
            let made = try process.call(["proposal", "new", "--title", "t", "--file", file])
            let id = try #require(made["id"]?.string)
            let shown = try process.call(["proposal", "show", id])
            let deadline = try #require(shown["voting_deadline"]?.integer)
            let timestamp = try #require(shown["timestamp"]?.integer)
            // The command names the deadline a moment before the node signs.
            #expect((1_209_590_000...1_209_600_000).contains(deadline - timestamp))
        }
    }

    @Test("D-36: reports show where a founder's score begins, and abstentions")
    func reports() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let (_, process) = try Self.founder(path, lab: "\(parent)/lab.json")
            let score = try NodeProgram.run(["rep", "explain", "--data-dir", path]).output
            let start = "start     1.000000, what the description of the network gives this founder"
            #expect(score.contains(start), "\(score)")
            let file = "\(parent)/text.md"
            try Data("why".utf8).write(to: URL(fileURLWithPath: file))
            let made = try process.call(["proposal", "new", "--title", "t", "--file", file])
            let id = try #require(made["id"]?.string)
            _ = try process.call(["proposal", "vote", id, "abstain"])
            let shown = try NodeProgram.run(["proposal", "show", id, "--data-dir", path]).output
            let tally = "endorse   0.000000   reject 0.000000   abstain 1.000000"
            #expect(shown.contains(tally), "\(shown)")
        }
    }

    @Test("id show tells of a revoked key who revoked it")
    func revoked() throws {
        try NodeProgram.withDirectory { parent in
            let device = "\(parent)/device"
            let child = try DataDirectory(path: device).initialise()
            let root = try DataDirectory(path: "\(parent)/root").initialise()
            let consent = try NodeProgram.run([
                "id", "consent", "--json", "--data-dir", device, root.hex,
            ]).json()
            let node = try NodeProcess("\(parent)/root")
            let signature = try #require(consent["child_signature"]?.string)
            _ = try node.call(["id", "link", child.hex, signature])
            let linked = try node.call(["id", "show", child.hex])
            #expect(linked["identity"]?.string == root.hex)
            #expect(linked["revoked_by"] == .null)
            _ = try node.call(["id", "revoke", child.hex, "--reason", "lost"])
            let shown = try node.call(["id", "show", child.hex])
            #expect(shown["revoked_by"]?.string == root.hex)
            #expect(shown["revoked_from"]?.integer != nil)
            #expect(shown["identity"]?.string == child.hex)
        }
    }
}
