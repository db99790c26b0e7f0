import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("What a newcomer reads", .serialized, .timeLimit(.minutes(3)))
struct PlainWordsTests {
    private static let unknown = String(repeating: "0", count: 64)

    /// Runs a founder's node for the time of a test.
    private static func withNode(_ body: (NodeProcess, String) throws -> Void) throws {
        try NodeProgram.withDirectory { parent in
            let (_, node) = try CommandTests.founder("\(parent)/node", lab: "\(parent)/lab.json")
            try body(node, parent)
            #expect(node.stop() == 0)
        }
    }

    private static func run(_ command: [String], on node: NodeProcess) throws
        -> NodeProgram.Outcome
    {
        try NodeProgram.run(command + ["--data-dir", node.dataDirectory])
    }

    @Test("C2-18: an unknown proposal is unknown with one code and exit status in every command")
    func unknownProposal() throws {
        try Self.withNode { node, _ in
            for command in [
                ["show"], ["show", "--artifact"], ["adopt"], ["vote", "endorse"], ["withdraw"],
                ["comment", "text"],
            ] {
                let (verb, more) = (command[0], command.dropFirst())
                let outcome = try Self.run(
                    ["proposal", verb, Self.unknown, "--json"] + more,
                    on: node
                )
                #expect(outcome.status == 4, "\(command): \(outcome.errors)")
                #expect(try outcome.json()["code"]?.string == "unknown_proposal", "\(command)")
            }
            let request = try Self.run(["request", "show", Self.unknown, "--json"], on: node)
            #expect(request.status == 4)
            #expect(try NodeProgram.run(["--help"]).output.contains("does not know what is named"))
        }
    }

    @Test("C2-10: limits and deadlines that say nothing are refused, by the API as by the command")
    func usage() throws {
        let deadlines = ["--deadline-hours", "1", "--deadline-seconds", "1"]
        for command in [
            ["proposal", "list", "--limit", "0"], ["request", "list", "--limit", "1001"],
            ["request", "list", "--limit=-5"],
            ["proposal", "new", "--title", "t", "--file", "f"] + deadlines,
            ["genesis", "new", "--name", "", "--founder", Self.unknown, "f"],
            ["genesis", "new", "--name", "a\nb", "--founder", Self.unknown, "f"],
        ] {
            #expect(try NodeProgram.run(command).status == 2, "\(command)")
        }
    }

    @Test("C2-10: a limit that is none is refused over HTTP")
    func limits() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let node = try NodeProcess(path)
        let caller = try Caller(node)
        for list in ["requests", "proposals"] {
            for limit in ["abc", "-5", "0", "1001", ""] {
                let answer = try await caller.get("/v1/\(list)?limit=\(limit)")
                #expect(answer.status == 400, "\(list) \(limit)")
                #expect(answer.body["detail"]?.string?.contains("from 1 to 1000") == true)
            }
            #expect(try await caller.get("/v1/\(list)?limit=1000").status == 200)
        }
        #expect(node.stop() == 0)
    }

    @Test("C2-13: a report says nothing twice, ends with one line end, and an empty list says so")
    func reports() throws {
        try Self.withNode { node, parent in
            for (command, text) in [
                ("request", "no requests yet"), ("proposal", "no proposals yet"),
            ] {
                let listed = try Self.run([command, "list"], on: node)
                #expect(listed.output.isEmpty && listed.errors.contains(text))
            }
            let file = "\(parent)/artefact"
            try Data("a".utf8).write(to: URL(fileURLWithPath: file))
            for body in ["", "text\n\n"] {
                let new = ["proposal", "new", "--title", "t", "--file", file, "--body", body]
                let id = try #require(try node.call(new)["id"]?.string)
                for isWithdrawn in [false, true] {
                    if isWithdrawn { _ = try node.call(["proposal", "withdraw", id]) }
                    let text = try Self.run(["proposal", "show", id], on: node).output
                    #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"), "\(text)")
                    #expect(!text.contains("lacks     "), "\(text)")
                }
            }
        }
    }

    @Test("C2-13: a socket that nobody listens at is told as a node that does not run")
    func staleSocket() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            node.crash()
            let outcome = try NodeProgram.run(["status", "--data-dir", path])
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("no node runs in \(path); start one with"))
            #expect(!outcome.errors.contains("errno"), "\(outcome.errors)")
        }
    }

    @Test("C2-13: a node that hangs is given up after seconds, and its process is named")
    func hung() throws {
        try NodeProgram.withDirectory { parent in
            let (_, node) = try CommandTests.founder("\(parent)/node", lab: "\(parent)/lab.json")
            defer { node.crash() }
            kill(node.processID, SIGSTOP)
            let start = ContinuousClock.now
            let outcome = try Self.run(["status", "--json"], on: node)
            #expect(ContinuousClock.now - start < .seconds(40))
            #expect(outcome.status == 5, "\(outcome.errors)")
            let next = try outcome.json()["next"]?.string ?? ""
            #expect(next.contains("LOCK") && next.contains("log") && !next.contains("status"))
        }
    }

    @Test("C2-13: init on a file names that place and the way out, and no temporary file")
    func initOnFile() throws {
        try NodeProgram.withDirectory { parent in
            let file = "\(parent)/file"
            try Data("a".utf8).write(to: URL(fileURLWithPath: file))
            for place in [file, "\(file)/below", "/proc/none"] {
                let outcome = try NodeProgram.run(["init", "--data-dir", place])
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("\(place) cannot hold a node"), "\(outcome.errors)")
                #expect(outcome.errors.contains("; choose another place with --data-dir"))
                #expect(!outcome.errors.contains(".tmp"))
            }
        }
    }

    @Test(
        "C2-13: who ran without a description reads that in words, and what removing the file does"
    )
    func otherNetwork() throws {
        let error = NodeError.otherNetwork(path: "/d/network.hash", joined: "none", described: "ab")
        let text = "\(error)"
        #expect(text.contains("ran without a description of a network so far"))
        #expect(!text.contains("`none`") && text.contains("remove /d/network.hash: "))
        #expect(text.contains("keeps its key and its log"))
        let back = NodeError.otherNetwork(path: "/d/network.hash", joined: "ab", described: "none")
        #expect("\(back)".contains("run without --genesis"))
    }
}
