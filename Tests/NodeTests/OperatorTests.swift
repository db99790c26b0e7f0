import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("What an operator is told", .serialized, .timeLimit(.minutes(3)))
struct OperatorTests {
    private static func initialised(_ parent: String, _ name: String) throws -> String {
        let path = "\(parent)/\(name)"
        _ = try DataDirectory(path: path).initialise()
        return path
    }

    /// A file that a process writes to.
    private static func file(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try #require(FileHandle(forWritingAtPath: path))
    }

    private static func waitFor(_ text: String, in path: String) throws -> Bool {
        for _ in 0..<300 {
            if try String(contentsOfFile: path, encoding: .utf8).contains(text) { return true }
            usleep(50_000)
        }
        return false
    }

    @Test("C2-18: unknown keys are unknown, and every form of a known one is understood")
    func unknown() throws {
        try NodeProgram.withDirectory { parent in
            let path = try Self.initialised(parent, "node")
            let node = try NodeProcess(path)
            let stranger = SHA256Digest.hash([7]).hex
            for command in [["id", "show"], ["rep", "show"], ["rep", "explain"]] {
                let outcome = try NodeProgram.run(command + [stranger, "--data-dir", path])
                #expect(outcome.status == 4 && outcome.output.isEmpty, "\(command)")
                #expect(outcome.errors.contains("never heard of this key"), "\(outcome.errors)")
            }
            let own = try node.call(["id", "show"])
            let did = try #require(own["did"]?.string)
            let peerID = try #require(node.ready["peer_id"]?.string)
            for form in [did, peerID] {
                #expect(try node.call(["id", "show", form])["key"] == own["key"])
                #expect(try node.call(["rep", "show", form])["overall"] != nil)
            }
            let consent = try node.call(["id", "consent", "did:valence:\(stranger)"])
            #expect(consent["root_key"]?.string == stranger)
            #expect(node.stop() == 0)
        }
    }

    @Test("C2-18: over HTTP a key may have its name for people, and an unknown one is 404")
    func unknownOverHTTP() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let own = try DataDirectory(path: path).initialise()
        let node = try NodeProcess(path)
        let caller = try Caller(node)
        for route in ["identity", "reputation"] {
            #expect(try await caller.get("/v1/\(route)/\(own.did)").status == 200)
            let answer = try await caller.get("/v1/\(route)/\(SHA256Digest.hash([7]).hex)")
            #expect(answer.status == 404 && answer.body["code"]?.string == "unknown_identity")
        }
        #expect(node.stop() == 0)
    }

    @Test("C2-8: a node shows its key and peer id before it ever ran")
    func beforeTheFirstRun() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let made = try NodeProgram.run(["init", "--json", "--data-dir", path]).json()
            let shown = try NodeProgram.run(["id", "show", "--json", "--data-dir", path]).json()
            #expect(shown["key"] == made["node_id"] && shown["running"]?.bool == false)
            #expect(shown["peer_id"]?.string?.hasPrefix("12D3Koo") == true)
            #expect(shown["peer_id"] == made["peer_id"])
        }
    }

    @Test(
        "C2-8: status says who the node is, where, since when, in which network and on which disk"
    )
    func status() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let (_, node) = try CommandTests.founder(path, lab: "\(parent)/lab.json")
            let status = try node.call(["status"])
            #expect(status["node"]?["version"]?.string == NodeVersion.text)
            #expect(status["node"]?["peer_id"] == node.ready["peer_id"])
            #expect(status["node"]?["uptime_ms"]?.integer != nil)
            let hash = try NetworkDescription(path: "\(parent)/lab.json").hash?.hex
            #expect(status["network"]?["hash"]?.string == hash && hash != nil)
            #expect(status["gossip"]?["addresses"]?.elements?.isEmpty == false)
            #expect((status["log"]?["bytes_free"]?.integer ?? 0) > 0)
            let text = try NodeProgram.run(["status", "--data-dir", path]).output
            for line in [
                "version   \(NodeVersion.text), up", "clock     ", "reach     ", "address   ",
            ] {
                #expect(text.contains(line), "\(text)")
            }
            #expect(node.stop() == 0)
        }
    }

    @Test("C2-8: who ran without a network and heard nobody joins a described one, and is told so")
    func joinsLater() throws {
        try NodeProgram.withDirectory { parent in
            let path = try Self.initialised(parent, "node")
            let alone = try NodeProcess(path, errors: try Self.file("\(parent)/first"))
            _ = try alone.call(["request", "new", "--title", "said to nobody"])
            #expect(try Self.waitFor("without a description of a network", in: "\(parent)/first"))
            #expect(alone.stop() == 0)
            let lab = "\(parent)/lab.json"
            let other = try #require(NodeID(hex: Self.otherKey))
            try NetworkDescription(founders: [.init(node: other, score: .one)]).write(to: lab)
            let member = try NodeProcess(
                path,
                ["--genesis", lab],
                errors: try Self.file("\(parent)/second")
            )
            #expect(try Self.waitFor("heard nobody; it joins", in: "\(parent)/second"))
            #expect(member.stop() == 0)
        }
    }

    @Test(
        "C2-15, C4-6: empty and relative variables are none, and the first of a list is meant",
        arguments: [
            (["XDG_DATA_HOME": ""], "home/.local/share/valence"),
            (["XDG_DATA_HOME": "here"], "home/.local/share/valence"),
            (["XDG_DATA_HOME": "ROOT/data"], "data/valence"),
            (["VALENCE_DATA_DIR": "", "STATE_DIRECTORY": ""], "home/.local/share/valence"),
            (["STATE_DIRECTORY": "ROOT/a:ROOT/b"], "a"),
            (["VALENCE_DATA_DIR": "ROOT/own", "STATE_DIRECTORY": "ROOT/a"], "own"),
        ]
    )
    func places(variables: [String: String], expected: String) throws {
        try NodeProgram.withDirectory { parent in
            var environment = ["HOME": "\(parent)/home"]
            for (name, value) in variables {
                environment[name] = value.replacingOccurrences(of: "ROOT", with: parent)
            }
            let made = try NodeProgram.run(["init", "--json"], environment: environment).json()
            #expect(made["data_dir"]?.string == "\(parent)/\(expected)")
        }
        let outcome = try NodeProgram.run(["init", "--data-dir", ""])
        #expect(outcome.status == 2 && outcome.errors.contains("--data-dir"))
    }

    @Test("C2-5, R-05-096: a node that has caught up says so in its log, and may propose then")
    func caughtUp() throws {
        try NodeProgram.withDirectory { parent in
            let (file, text) = ("\(parent)/log", "\(parent)/text")
            try Data("why".utf8).write(to: URL(fileURLWithPath: text))
            let first = try NodeProcess(try Self.initialised(parent, "first"))
            let address = try #require(first.ready["listen"]?.elements?.first?.string)
            let path = try Self.initialised(parent, "second")
            let second = try NodeProcess(
                path,
                ["--bootstrap", address],
                errors: try Self.file(file)
            )
            #expect(try Self.waitFor("synced: it has what its peers have", in: file))
            let proposal = try NodeProgram.run([
                "proposal", "new", "--title", "t", "--file", text, "--json", "--data-dir", path,
            ])
            // Its score is what holds it back now.
            #expect(try proposal.json()["code"]?.string == "below_gate")
            #expect(first.stop() == 0 && second.stop() == 0)
        }
    }

    @Test("C2-5: the log tells who comes and goes, and why not")
    func log() throws {
        try NodeProgram.withDirectory { parent in
            let file = "\(parent)/log"
            let nobody = "/ip4/127.0.0.1/tcp/1"
            let first = try NodeProcess(
                try Self.initialised(parent, "first"),
                ["--bootstrap", nobody],
                errors: try Self.file(file)
            )
            let address = try #require(first.ready["listen"]?.elements?.first?.string)
            let second = try NodeProcess(
                try Self.initialised(parent, "second"),
                ["--bootstrap", address]
            )
            let id = try #require(second.ready["node_id"]?.string)
            #expect(try Self.waitFor("cannot reach \(nobody): connecting failed", in: file))
            #expect(try Self.waitFor("peer \(id) at ", in: file))
            #expect(try Self.waitFor("is up, 1 now", in: file))
            #expect(second.stop() == 0)
            #expect(try Self.waitFor("peer \(id) is gone, 0 left", in: file))
            #expect(first.stop() == 0)
        }
    }

    @Test("C3-4: both operators are told that another process runs with the node's key")
    func twin() throws {
        try NodeProgram.withDirectory { parent in
            let path = try Self.initialised(parent, "first")
            try FileManager.default.copyItem(atPath: path, toPath: "\(parent)/copy")
            let first = try NodeProcess(path, errors: try Self.file("\(parent)/log"))
            let listen = try #require(first.ready["listen"]?.elements?.first?.string)
            // A node never dials its own peer id.
            let address = try #require(listen.components(separatedBy: "/p2p/").first)
            let copy = try NodeProcess(
                "\(parent)/copy",
                ["--bootstrap", address],
                errors: try Self.file("\(parent)/copy.log")
            )
            let words = "another process runs with this node's key"
            #expect(try Self.waitFor("\(words) at \(address);", in: "\(parent)/copy.log"))
            #expect(try Self.waitFor("\(words), calling from /ip4/127.0.0.1/", in: "\(parent)/log"))
            #expect(copy.stop() == 0 && first.stop() == 0)
        }
    }

    @Test("C2-5: a refusal of an own message is in the log with its rule")
    func ownRefusal() throws {
        try NodeProgram.withDirectory { parent in
            let path = try Self.initialised(parent, "node")
            let node = try NodeProcess(path, errors: try Self.file("\(parent)/log"))
            let artefact = "\(parent)/artefact"
            try Data("a".utf8).write(to: URL(fileURLWithPath: artefact))
            let new = ["proposal", "new", "--title", "t", "--file", artefact, "--data-dir", path]
            #expect(try NodeProgram.run(new).status != 0)
            #expect(try Self.waitFor("was refused, below_gate: ", in: "\(parent)/log"))
            #expect(node.stop() == 0)
        }
    }

    @Test("C2-6: the peer list and the status name the step at which a bootstrap failed")
    func bootstrap() throws {
        try NodeProgram.withDirectory { parent in
            let first = try NodeProcess(try Self.initialised(parent, "first"))
            let listen = try #require(first.ready["listen"]?.elements?.first?.string)
            // Another key than the one that answers there.
            let address = try #require(listen.components(separatedBy: "/p2p/").first)
            let wrong = "\(address)/p2p/\(try #require(NodeID(hex: Self.otherKey)?.peerID))"
            let nobody = "/ip4/127.0.0.1/tcp/1"
            let path = try Self.initialised(parent, "second")
            let second = try NodeProcess(path, ["--bootstrap", nobody, "--bootstrap", wrong])
            var table = ""
            for _ in 0..<200
            where !table.contains("handshake") || !table.contains("nobody listens") {
                table = try NodeProgram.run(["peer", "list", "--data-dir", path]).output
                usleep(50_000)
            }
            #expect(table.contains("no answer \(nobody)") && table.contains("nobody listens there"))
            // By TLS or by Noise, as this machine's processor has it.
            #expect(table.contains("the encryption handshake ("), "\(table)")
            #expect(table.contains(") failed: expected"), "\(table)")
            let status = try NodeProgram.run(["status", "--data-dir", path]).output
            #expect(status.contains("no answer \(nobody)"), "\(status)")
            #expect(second.stop() == 0 && first.stop() == 0)
        }
    }

    /// The public key of the first test vector of RFC 8032.
    private static let otherKey =
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
}
