import Foundation
import Messages
import Primitives
import Testing

@Suite("The node as a process", .serialized, .timeLimit(.minutes(2)))
struct NodeProcessTests {
    /// Makes a data directory with a key.
    private func initialised(_ parent: String, _ name: String = "node") throws -> String {
        let path = "\(parent)/\(name)"
        let outcome = try NodeProgram.run(["init", "--json", "--data-dir", path])
        #expect(outcome.status == 0)
        #expect(try outcome.json()["node_id"]?.string?.utf8.count == 64)
        return path
    }

    @Test("what was acknowledged survives kill -9: the same state, the same request")
    func killed() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let first = try NodeProcess(path)
            #expect(first.ready["event"]?.string == "ready")
            #expect(first.ready["listen"]?.elements?.first?.string?.contains("/p2p/") == true)
            let posted = try first.call(["request", "new", "--title", "survives"])
            let id = try #require(posted["id"]?.string)
            let before = try first.call(["status"])
            first.crash()

            let second = try NodeProcess(path)
            let after = try second.call(["status"])
            #expect(second.ready["node_id"] == first.ready["node_id"])
            #expect(after["digest"]?.string?.utf8.count == 64)
            #expect(after["digest"] == before["digest"])
            let requests = try second.call(["request", "list"])["requests"]?.elements ?? []
            #expect(requests.map { $0["id"]?.string } == [id])
            #expect(second.stop() == 0)
        }
    }

    @Test("SIGTERM ends a node cleanly; afterwards a client says that none is running")
    func terminated() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let node = try NodeProcess(path)
            #expect(node.stop() == 0)
            let outcome = try NodeProgram.run(["status", "--data-dir", path])
            #expect(outcome.status == 3)
            #expect(outcome.errors.hasPrefix("Error: "))
        }
    }

    @Test("a bootstrap address that nobody can read ends the start with cause and next step")
    func badBootstrap() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let arguments = NodeProcess.arguments(path) + ["--bootstrap", "garbage"]
            let outcome = try NodeProgram.run(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("`garbage` is not a usable address"))
            #expect(outcome.errors.contains("/ip4/127.0.0.1/tcp/9090"))
        }
    }

    @Test("the peer list says why a bootstrap address cannot be reached")
    func unreachableBootstrap() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let node = try NodeProcess(path, ["--bootstrap", "/ip6/0:0:0:0:0:0:0:1/tcp/1/"])
            var entry: JSONValue?
            for _ in 0..<100 where entry?["last_dial_error"]?.string == nil {
                entry = try node.call(["peer", "list"])["bootstrap"]?.elements?.first
                usleep(50_000)
            }
            #expect(entry?["address"]?.string == "/ip6/::1/tcp/1")
            #expect(entry?["last_dial_error"]?.string?.isEmpty == false)
            #expect(node.stop() == 0)
        }
    }

    @Test("R-04-004: two nodes find each other on the local network, and are told of nobody")
    func localNetwork() throws {
        try NodeProgram.withDirectory { parent in
            let first = try NodeProcess(try self.initialised(parent, "first"), ["--mdns"])
            let second = try NodeProcess(try self.initialised(parent, "second"), ["--mdns"])
            let wanted = try #require(first.ready["node_id"]?.string)
            var peer: JSONValue?
            for _ in 0..<200 where peer?["authenticated"]?.bool != true {
                let peers = try second.call(["peer", "list"])["peers"]?.elements ?? []
                peer = peers.first { $0["node_id"]?.string == wanted }
                usleep(50_000)
            }
            #expect(peer?["authenticated"]?.bool == true)
            #expect(first.stop() == 0)
            #expect(second.stop() == 0)
        }
    }

    @Test("what others are told to dial is what the operator says, and a direct peer is one")
    func announced() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent, "behind")
            let outside = "/ip4/127.0.0.1/tcp/4242"
            let behind = try NodeProcess(path, ["--external-address", outside])
            let listen = try #require(behind.ready["listen"]?.elements?.first?.string)
            let friend = try NodeProcess(
                try self.initialised(parent, "friend"),
                ["--direct-peer", listen]
            )
            let wanted = behind.ready["node_id"]
            var peer: JSONValue?
            for _ in 0..<200 where peer?["addresses"]?.elements?.count != 2 {
                let peers = try friend.call(["peer", "list"])["peers"]?.elements ?? []
                peer = peers.first { $0["node_id"] == wanted }
                usleep(50_000)
            }
            #expect(peer?["direct_peer"]?.bool == true && peer?["bootstrap"]?.bool == false)
            let addresses = (peer?["addresses"]?.elements ?? []).compactMap(\.string)
            #expect(addresses.contains(listen))
            #expect(addresses.contains { $0.hasPrefix(outside) })
            #expect(friend.stop() == 0 && behind.stop() == 0)
        }
    }

    @Test("a direct peer without its key ends the start with cause and next step")
    func badDirectPeer() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            for address in ["/ip4/127.0.0.1/tcp/1", "garbage"] {
                let arguments = NodeProcess.arguments(path) + ["--direct-peer", address]
                let outcome = try NodeProgram.run(arguments)
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("`\(address)`"))
            }
        }
    }

    @Test("an external address that nobody can read ends the start with cause and next step")
    func badExternalAddress() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let arguments = NodeProcess.arguments(path) + ["--external-address", "garbage"]
            let outcome = try NodeProgram.run(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("`garbage` is not a usable address"))
            #expect(!outcome.errors.contains("listen on"))
        }
    }

    @Test("a second node on the same data directory is refused with the process that has it")
    func secondProcess() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let node = try NodeProcess(path)
            let outcome = try NodeProgram.run(NodeProcess.arguments(path))
            #expect(outcome.status == 1)
            #expect(try outcome.json()["code"]?.string == "failed")
            #expect(
                outcome.errors.contains("another node runs in \(path) (pid \(node.processID))"),
                "C2-13: \(outcome.errors)"
            )
            #expect(try node.call(["status"])["digest"]?.string != nil)
        }
    }

    @Test("a taken port is named, with what to do")
    func takenPort() throws {
        try NodeProgram.withDirectory { parent in
            let node = try NodeProcess(try self.initialised(parent))
            let address = try #require(node.ready["listen"]?.elements?.first?.string)
            let taken = try #require(address.components(separatedBy: "/p2p/").first)
            let other = try self.initialised(parent, "other")
            let outcome = try NodeProgram.run(NodeProcess.arguments(other, listen: taken))
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("choose another address with --listen"))
            #expect(outcome.errors.contains("\(taken): another program listens there;"))
            #expect(!outcome.errors.contains("errno"))
            let api = try #require(node.ready["api"]?.string)
            let port = try #require(api.split(separator: ":").last)
            let served = try NodeProgram.run(
                NodeProcess.arguments(other) + ["--api-port", String(port)]
            )
            #expect(served.status == 1)
            #expect(served.errors.contains("--api-port"))
            #expect(served.errors.contains("another program listens there;"), "\(served.errors)")
            #expect(!served.errors.contains("errno"))
        }
    }

    @Test("without `init` a node does not start, and says so; a key is made once")
    func uninitialised() throws {
        try NodeProgram.withDirectory { parent in
            let outcome = try NodeProgram.run(NodeProcess.arguments("\(parent)/none"))
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("valence-node init"))
            let path = try self.initialised(parent)
            let again = try NodeProgram.run(["init", "--data-dir", path])
            #expect(again.status == 1)
            #expect(again.errors.contains("a node exists in \(path)"))
        }
    }

    @Test("wrong usage ends with status 2")
    func usage() throws {
        #expect(try NodeProgram.run(["run", "--no-such-flag"]).status == 2)
        #expect(try NodeProgram.run(["--version"]).status == 0)
    }

    @Test(
        "C2-20, C4-7: a failing command with --json prints one object with code, detail and next",
        arguments: [
            (["status"], 3, "not_running"), (["content", "share", "/dev/null"], 1, "failed"),
            (["proposal", "show", "x"], 2, "usage"), (["request", "new"], 2, "usage"),
            (["status", "--no-such-flag"], 2, "usage"), (["no-such-command"], 2, "usage"),
            (["content", "get", String(repeating: "0", count: 64)], 3, "not_running"),
        ]
    )
    func failsInJSON(command: [String], status: Int32, code: String) throws {
        try NodeProgram.withDirectory { parent in
            let outcome = try NodeProgram.run(command + ["--json", "--data-dir", parent])
            #expect(outcome.status == status, "\(outcome.errors)")
            let object = try outcome.json()
            #expect(object["code"]?.string == code)
            #expect(object["detail"]?.string?.isEmpty == false)
            #expect(object["next"]?.string?.isEmpty == false)
            #expect(!outcome.errors.isEmpty)
        }
    }

    @Test("C2-20: a refusal of the node keeps its code and its detail in --json")
    func refusedInJSON() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let node = try NodeProcess(path)
            let hash = String(repeating: "0", count: 64)
            let outcome = try NodeProgram.run(
                ["content", "get", hash, "--json", "--data-dir", path]
            )
            #expect(outcome.status == 4)
            let object = try outcome.json()
            #expect(object["code"]?.string == "content_unavailable")
            #expect(object["next"]?.string == "ask its author to share it, or try later")
            #expect(node.stop() == 0)
        }
    }

    // MARK: Files that others changed

    /// Changes every occurrence of some bytes in the node's log.
    private func patch(_ path: String, _ old: [UInt8], _ change: (inout Data, Int) -> Void) throws {
        let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
        var bytes = try Data(contentsOf: file)
        var start = bytes.startIndex
        var count = 0
        while let place = bytes.range(of: Data(old), in: start..<bytes.endIndex) {
            change(&bytes, place.lowerBound)
            start = place.upperBound
            count += 1
        }
        #expect(count > 0)
        try bytes.write(to: file)
    }

    @Test("a damaged record is named; nothing of it is used")
    func damagedRecord() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            let node = try NodeProcess(path)
            _ = try node.call(["request", "new", "--title", "a title to damage"])
            #expect(node.stop() == 0)
            try self.patch(path, Array("a title to damage".utf8)) { $0[$1] ^= 1 }
            let outcome = try NodeProgram.run(NodeProcess.arguments(path))
            #expect(outcome.status == 1)
            #expect(try outcome.json()["code"]?.string == "failed")
            #expect(outcome.errors.contains("of the log in \(path)/log is damaged"))
            #expect(outcome.errors.contains("restore"))
        }
    }

    @Test("the key of another node does not open a log")
    func otherKey() throws {
        try NodeProgram.withDirectory { parent in
            let path = try self.initialised(parent)
            #expect(try NodeProcess(path).stop() == 0)
            let other = try self.initialised(parent, "other")
            try FileManager.default.removeItem(atPath: "\(path)/node.key")
            try FileManager.default.copyItem(
                atPath: "\(other)/node.key",
                toPath: "\(path)/node.key"
            )
            let outcome = try NodeProgram.run(NodeProcess.arguments(path))
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("belongs to node"))
        }
    }
}
