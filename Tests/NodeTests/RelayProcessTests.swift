import Foundation
import Primitives
import Testing

@Suite("Nodes that cannot be dialled", .serialized, .timeLimit(.minutes(2)))
struct RelayProcessTests {
    private func node(_ parent: String, _ name: String, _ more: [String]) throws -> NodeProcess {
        let path = "\(parent)/\(name)"
        #expect(try NodeProgram.run(["init", "--json", "--data-dir", path]).status == 0)
        return try NodeProcess(path, more)
    }

    private func wait(_ what: String, _ isThere: () throws -> Bool) throws {
        for _ in 0..<600 {
            if try isThere() { return }
            usleep(50_000)
        }
        throw ProcessFailure(description: "\(what) did not happen")
    }

    /// Waits until one node's peer list has a row of another one that is as wanted.
    private func wait(
        _ what: String,
        at node: NodeProcess,
        for other: NodeProcess,
        _ isWanted: (JSONValue) -> Bool
    ) throws {
        try self.wait(what) {
            let rows = try node.call(["peer", "list"])["peers"]?.elements ?? []
            return rows.first { $0["node_id"] == other.ready["node_id"] }.map(isWanted) ?? false
        }
    }

    @Test("R-03-014 R-03-015: a node announces where a relay reaches it, and is dialled there")
    func relayed() throws {
        try NodeProgram.withDirectory { parent in
            let relay = try self.node(parent, "relay", ["--reach", "reachable"])
            let address = try #require(relay.ready["listen"]?.elements?.first?.string)
            let hidden = try self.node(
                parent,
                "hidden",
                ["--reach", "unreachable", "--bootstrap", address]
            )
            let peer = try #require(hidden.ready["peer_id"]?.string)
            let circuit = "\(address)/p2p-circuit/p2p/\(peer)"
            try self.wait("the announcement", at: relay, for: hidden) { row in
                row["addresses"]?.elements?.contains { $0.string == circuit } == true
            }
            let caller = try self.node(parent, "caller", ["--bootstrap", circuit])
            for (node, other) in [(caller, hidden), (hidden, caller)] {
                try self.wait("the connection through the relay", at: node, for: other) { row in
                    row["connected"]?.bool == true
                }
            }
            for (node, other) in [(caller, relay), (relay, caller)] {
                try self.wait("the proof to the relay", at: node, for: other) { row in
                    row["authenticated"]?.bool == true
                }
            }
            // What one says reaches the other over their connections with the relay (ADR 0022).
            for (speaker, hearer) in [(caller, hidden), (hidden, caller)] {
                let made = try speaker.call(["request", "new", "--title", "heard by all"])
                try self.wait("the arrival of a request") {
                    let requests = try hearer.call(["request", "list"])["requests"]?.elements ?? []
                    return requests.contains { $0["id"] == made["id"] }
                }
            }
            for node in [caller, hidden, relay] { #expect(node.stop() == 0) }
        }
    }
}
