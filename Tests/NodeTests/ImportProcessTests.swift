import Foundation
import Primitives
import Testing

@testable import Node

@Suite("ADR 0065: a node starts from a file", .serialized, .timeLimit(.minutes(4)))
struct ImportProcessTests {
    /// A stopped node of a network of its own, and the file with its log.
    private struct Exported {
        let path: String
        let lab: String
        let file: String
        let request: String
        let proposal: String

        /// The lines of the file, the first one apart.
        func lines() throws -> (heading: String, messages: [String]) {
            try ImportProcessTests.lines(of: self.file)
        }
    }

    private static func lines(of file: String) throws -> (heading: String, messages: [String]) {
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        return (String(try #require(lines.first)), lines.dropFirst().map { String($0) })
    }

    /// A node that asks, proposes, votes and comments, and then is stopped and exported.
    private static func export(in parent: String) throws -> Exported {
        let (path, lab) = ("\(parent)/origin", "\(parent)/lab.json")
        let (_, process) = try CommandTests.founder(path, lab: lab)
        let request = try process.call(["request", "new", "--title", "who knows?"])["id"]?.string
        let text = "\(parent)/text.md"
        try Data("an answer".utf8).write(to: URL(fileURLWithPath: text))
        let made = try process.call(["proposal", "new", "--title", "an answer", "--file", text])
        let proposal = try #require(made["id"]?.string)
        _ = try process.call(["proposal", "vote", proposal, "endorse"])
        _ = try process.call(["content", "share", text])
        #expect(process.stop() == 0)
        let file = "\(parent)/log.jsonl"
        let summary = try Self.run(["export", file], path)
        let messages = try Self.lines(of: file).messages
        #expect(summary["messages"]?.integer == Int64(messages.count) && messages.count >= 4)
        return Exported(
            path: path,
            lab: lab,
            file: file,
            request: try #require(request),
            proposal: proposal
        )
    }

    /// Runs a command that has to succeed, and returns what it prints.
    private static func run(_ arguments: [String], _ path: String) throws -> JSONValue {
        let outcome = try NodeProgram.run(arguments + ["--json", "--data-dir", path])
        guard outcome.status == 0 else {
            throw ProcessFailure(description: "\(arguments): \(outcome.errors)\(outcome.output)")
        }
        return try outcome.json()
    }

    private static func makeNode(_ parent: String, _ name: String) throws -> String {
        let path = "\(parent)/\(name)"
        _ = try DataDirectory(path: path).initialise()
        return path
    }

    private static func refusals(_ summary: JSONValue) -> [String: Int64] {
        let members = summary["refused"]?.members ?? []
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.integer ?? 0) })
    }

    @Test("a new node has what the file holds, message by message, and takes nothing twice")
    func roundTrip() throws {
        try NodeProgram.withDirectory { parent in
            let origin = try Self.export(in: parent)
            let path = try Self.makeNode(parent, "copy")
            let count = Int64(try origin.lines().messages.count)
            let arguments = ["import", origin.file, "--genesis", origin.lab]
            let summary = try Self.run(arguments, path)
            #expect(summary["accepted"]?.integer == count && Self.refusals(summary).isEmpty)
            let again = try Self.run(arguments, path)
            #expect(again["known"]?.integer == count && again["accepted"]?.integer == 0)

            let back = "\(parent)/back.jsonl"
            _ = try Self.run(["export", back], path)
            let (one, other) = (try origin.lines(), try Self.lines(of: back))
            #expect(one.heading == other.heading)
            #expect(one.messages.sorted() == other.messages.sorted())

            let node = try NodeProcess(path, ["--genesis", origin.lab])
            let shown = try node.call(["proposal", "show", origin.proposal])
            #expect(shown["votes"]?.elements?.count == 1)
            let requests = try node.call(["request", "list"])["requests"]?.elements ?? []
            #expect(requests.map { $0["id"]?.string } == [origin.request])
            #expect(node.stop() == 0)
        }
    }

    @Test("a line that was changed, or is none, is named and left out; the rest is taken")
    func tampered() throws {
        try NodeProgram.withDirectory { parent in
            let origin = try Self.export(in: parent)
            let (heading, messages) = try origin.lines()
            let place = try #require(messages.firstIndex { $0.contains("who knows?") })
            var lines = [heading] + messages
            lines[place + 1] = messages[place].replacingOccurrences(
                of: "who knows?",
                with: "who knew?"
            )
            lines += ["", "not JSON", "{\"id\":1}"]
            let file = "\(parent)/tampered.jsonl"
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: file))

            let path = try Self.makeNode(parent, "copy")
            let summary = try Self.run(["import", file, "--genesis", origin.lab], path)
            #expect(summary["accepted"]?.integer == Int64(messages.count - 1))
            #expect(Self.refusals(summary) == ["wrong_id": 1, "malformed": 2])
            let named = summary["lines"]?.elements?.map { $0["line"]?.integer }
            // The empty line counts, as it does in an editor.
            #expect(named == [place + 2, messages.count + 3, messages.count + 4].map(Int64.init))

            // The whole file brings what was left out.
            let rest = try Self.run(["import", origin.file, "--genesis", origin.lab], path)
            #expect(rest["accepted"]?.integer == 1)
        }
    }

    @Test("a signature that does not hold is refused, although the identifier is right")
    func forged() throws {
        try NodeProgram.withDirectory { parent in
            let origin = try Self.export(in: parent)
            let (heading, messages) = try origin.lines()
            let pattern = /"signature":"([0-9a-f]{128})"/
            let signatures = try messages.map { try #require($0.firstMatch(of: pattern)?.output.1) }
            let forged = messages[0].replacingOccurrences(of: signatures[0], with: signatures[1])
            let file = "\(parent)/forged.jsonl"
            try Data("\(heading)\n\(forged)\n".utf8).write(to: URL(fileURLWithPath: file))
            let path = try Self.makeNode(parent, "copy")
            let summary = try Self.run(["import", file, "--genesis", origin.lab], path)
            #expect(Self.refusals(summary) == ["bad_signature": 1])
            #expect(summary["accepted"]?.integer == 0)
        }
    }

    @Test("a file of another network is refused as a whole, and so is what is no log")
    func foreign() throws {
        try NodeProgram.withDirectory { parent in
            let origin = try Self.export(in: parent)
            let (path, lab) = ("\(parent)/other", "\(parent)/other.json")
            let (_, process) = try CommandTests.founder(path, lab: lab)
            #expect(process.stop() == 0)
            let before = try Self.exported(path, to: "\(parent)/before")
            for genesis in [["--genesis", lab], []] {
                let target = genesis.isEmpty ? try Self.makeNode(parent, "plain") : path
                let outcome = try NodeProgram.run(
                    ["import", origin.file, "--data-dir", target] + genesis
                )
                #expect(outcome.status == 4, "\(outcome.errors)")
                #expect(outcome.errors.contains("holds the log of one in the network"))
            }
            #expect(try Self.exported(path, to: "\(parent)/after") == before)

            let (_, messages) = try origin.lines()
            let headless = "\(parent)/headless"
            try Data(messages.joined(separator: "\n").utf8)
                .write(to: URL(fileURLWithPath: headless))
            for file in [headless, lab, parent, "\(parent)/missing"] {
                let outcome = try NodeProgram.run(
                    ["import", file, "--data-dir", path, "--genesis", lab]
                )
                #expect(outcome.status == 1, "\(file): \(outcome.errors)")
            }
        }
    }

    private static func exported(_ path: String, to file: String) throws -> String {
        _ = try Self.run(["export", file], path)
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    @Test("while a node runs, both say that it must be stopped")
    func running() throws {
        try NodeProgram.withDirectory { parent in
            let (path, lab) = ("\(parent)/node", "\(parent)/lab.json")
            let (_, process) = try CommandTests.founder(path, lab: lab)
            let file = "\(parent)/file"
            for arguments in [["export", file], ["import", file, "--genesis", lab]] {
                _ = FileManager.default.createFile(atPath: file, contents: nil)
                let outcome = try NodeProgram.run(arguments + ["--data-dir", path])
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("stop it, then \(arguments[0]) again"))
                #expect(outcome.errors.contains("pid \(process.processID)"))
            }
            #expect(process.stop() == 0)
        }
    }

    @Test("both speak to pipes: standard output and standard input")
    func pipes() throws {
        try NodeProgram.withDirectory { parent in
            let origin = try Self.export(in: parent)
            let printed = try NodeProgram.run(["export", "-", "--quiet", "--data-dir", origin.path])
            #expect(printed.output == (try String(contentsOfFile: origin.file, encoding: .utf8)))
            #expect(printed.errors.isEmpty)
            let path = try Self.makeNode(parent, "copy")
            let outcome = try NodeProgram.run(
                ["import", "-", "--genesis", origin.lab, "--json", "--data-dir", path],
                prefix: "exec <'\(origin.file)';"
            )
            let count = Int64(try origin.lines().messages.count)
            #expect(try outcome.json()["accepted"]?.integer == count)
        }
    }
}
