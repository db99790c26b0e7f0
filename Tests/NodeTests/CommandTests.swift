import Primitives
import Testing

@testable import Node

@Suite("Commands of self-government", .serialized, .timeLimit(.minutes(2)))
struct CommandTests {
    private static let commands = [
        ["init"], ["run"], ["status"], ["network"], ["id", "show"], ["id", "consent"],
        ["id", "link"], ["id", "revoke"], ["id", "rotate"], ["rep", "list"], ["rep", "show"],
        ["rep", "explain"], ["proposal", "new"], ["proposal", "list"], ["proposal", "show"],
        ["proposal", "vote"], ["proposal", "adopt"], ["proposal", "withdraw"],
        ["proposal", "comment"], ["genesis", "new"], ["genesis", "show"], ["genesis", "verify"],
    ]

    @Test("every command's help has an example, and an object for programs", arguments: commands)
    func help(command: [String]) throws {
        let help = try NodeProgram.run(command + ["--help"])
        #expect(help.status == 0)
        let example = "Example"
        #expect(help.output.contains(example))
        #expect(help.output.contains("valence-node \(command.joined(separator: " "))"))
        #expect(help.output.contains("--json"))
    }

    @Test("rep show and rep explain speak of the own identity unless told otherwise")
    func reputation() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let node = try DataDirectory(path: path).initialise()
            let process = try NodeProcess(path)
            let shown = try process.call(["rep", "show"])
            #expect(shown["overall"]?.integer != nil)
            #expect(shown["entries"] == nil)
            let explained = try process.call(["rep", "explain"])
            #expect(explained["overall"] == shown["overall"])
            #expect(explained["entries"]?.elements != nil)
            #expect(try process.call(["rep", "explain", node.hex]) == explained)
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
