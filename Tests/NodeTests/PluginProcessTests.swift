import Foundation
import Primitives
import Testing

@Suite("Plug-ins that are processes", .serialized, .timeLimit(.minutes(5)))
struct PluginProcessTests {
    private static func note(_ proposal: String, _ text: String) -> JSONValue {
        .object([("proposal", .string(proposal)), ("text", .string(text))])
    }

    @Test(
        "A program in Python judges its type, publishes, hears events and answers; a restart replays"
    )
    func notebook() throws {
        try NodeProgram.withDirectory { parent in
            let place = try PluginNode(parent)
            try place.add(PluginNode.example("notebook/notebook.py"))
            let node = try place.start()
            try node.waitUntilRunning("notebook")
            let proposal = try node.propose(parent)
            try node.wait(for: "notebook") { $0["events_sent"]?.integer == 1 }
            _ = try node.operation("notebook_write", Self.note(proposal, "one"))
            try node.wait(for: "notebook") { $0["kept_messages"]?.integer == 1 }
            // Judged by the child: it refuses what is too long, and the node says so to it.
            let long = String(repeating: "x", count: 281)
            _ = try node.operation("notebook_write", Self.note(proposal, long))
            let told = try node.wait(for: "notebook") { $0["judged_refused"]?.integer == 1 }
            #expect(told?["judged_accepted"]?.integer == 1)
            #expect(told?["judged_by_rule"]?.integer == 0)
            let counts = try node.operation("notebook_counts")["notes"]
            #expect(counts?[proposal]?.integer == 1)
            #expect(
                try node.refusal(
                    "notebook_write",
                    Self.note(String(repeating: "0", count: 64), "x")
                )
                    == "plugin_refused"
            )
            #expect(node.stop() == 0)

            let again = try place.start()
            let replayed = try again.wait(for: "notebook") { $0["state"]?.string == "runs" }
            #expect(replayed?["kept_messages"]?.integer == 1)
            #expect(replayed?["judged_accepted"]?.integer == 0, "nothing is judged twice")
            #expect(try again.operation("notebook_counts")["notes"]?[proposal]?.integer == 1)
            #expect(again.stop() == 0)
        }
    }

    @Test("What a plug-in publishes is judged by the plug-ins of other nodes, and kept there")
    func shared() throws {
        try NodeProgram.withDirectory { parent in
            let network = try PluginNetwork(parent, count: 2)
            for place in network.places {
                try place.add(PluginNode.example("notebook/notebook.py"))
            }
            try network.start()
            for node in network.nodes { try node.waitUntilRunning("notebook") }
            let proposal = try network.propose("p", Data("text".utf8))
            try network.wait("to count the proposal") { node in
                try node.operation("notebook_counts")["notes"]?[proposal] != nil
            }
            _ = try network.nodes[0].operation("notebook_write", Self.note(proposal, "one"))
            try network.wait("to keep the note") { node in
                try node.operation("notebook_counts")["notes"]?[proposal]?.integer == 1
            }
            let other = try network.nodes[1].plugin("notebook")
            #expect(other?["judged_accepted"]?.integer == 1)
            #expect(other?["kept_messages"]?.integer == 1)
            #expect(network.stop() == [0, 0])
        }
    }

    @Test("A plug-in may do what its scope allows, and is told so when it may not")
    func scope() throws {
        try NodeProgram.withDirectory { parent in
            let program = try PluginNode.script(parent, "curious", Self.curious)
            let place = try PluginNode(parent)
            try place.add(program)
            let node = try place.start()
            try node.waitUntilRunning("curious")
            var outcomes: JSONValue?
            for _ in 0..<100 where outcomes?.members?.count != 4 {
                usleep(100_000)
                outcomes = try node.operation("curious_outcomes")
            }
            #expect(outcomes?["status"]?.string == "answered")
            #expect(outcomes?["vote"]?.string == "scope")
            #expect(outcomes?["rotate_key"]?.string == "scope")
            #expect(outcomes?["nonsense"]?.string == "unknown_operation")
            let usage = try node.wait(for: "curious") { ($0["memory_bytes"]?.integer ?? 0) > 0 }
            #expect(usage?["process"]?.integer != nil)
            let status = try node.call(["status"])["plugins"]?["plugins"]?.elements
            #expect(status?.first?["name"]?.string == "curious")
            let logs = try node.call(["plugin", "logs", "curious"])["lines"]?.elements ?? []
            #expect(logs.map(\.string).contains("curious begins"))
            #expect(node.stop() == 0)
        }
    }

    @Test("A program that is no plug-in is not added, and its owner reads why")
    func refused() throws {
        try NodeProgram.withDirectory { parent in
            let place = try PluginNode(parent)
            let chatty = try PluginNode.script(parent, "chatty", "print('hello')\n")
            let verifier = PluginNode.example("verifier/verifier")
            for (program, words) in [
                (chatty, "`hello` on its standard output"),
                ("/nowhere/at/all", "cannot be started"),
                ("/bin/true", "does not say what it is"), (verifier, "--scope act"),
            ] {
                let outcome = try NodeProgram.run([
                    "plugin", "add", "--data-dir", place.path, program,
                ])
                #expect(outcome.status == 4)
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
            }
            try place.add(PluginNode.example("notebook/notebook.py"))
            let list = try NodeProgram.run(["plugin", "list", "--data-dir", place.path]).output
            #expect(list.contains("notebook 1  read  runs from the next start of the node"))
            let twice = ["plugin", "remove", "notebook", "--data-dir", place.path]
            #expect(try NodeProgram.run(twice).status == 0)
            #expect(try NodeProgram.run(twice).status == 4)
        }
    }

    /// Tries what it may and what it may not.
    private static let curious = """
        import json, sys
        def say(value): print(json.dumps({"jsonrpc": "2.0", **value}), flush=True)
        manifest = {"name": "curious", "version": "1",
            "operations": [{"name": "outcomes", "kind": "read", "summary": "s"}]}
        tries = {"status": {}, "vote": {"id": "0" * 64, "stance": "endorse"},
            "rotate_key": {"old_key": "0" * 64, "new_key": "0" * 64, "new_key_signature": "0" * 128},
            "nonsense": {}}
        outcomes = {}
        for line in sys.stdin:
            said = json.loads(line)
            if said.get("method") == "shutdown": break
            if said.get("method") == "manifest": say({"id": said["id"], "result": manifest})
            elif said.get("method") == "query": say({"id": said["id"], "result": outcomes})
            elif said.get("method") == "init":
                print("curious begins", file=sys.stderr, flush=True)
                say({"id": said["id"], "result": {}})
                for name, arguments in tries.items():
                    say({"id": name, "method": "call",
                        "params": {"operation": name, "arguments": arguments}})
            elif "id" in said:
                outcomes[said["id"]] = "answered" if "result" in said else said["error"]["data"]["code"]

        """
}
