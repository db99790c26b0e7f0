import Foundation
import FoundationNetworking
import Messages
import Primitives
import Testing

@testable import Node

@Suite("What people can read", .serialized, .timeLimit(.minutes(3)))
struct ReadingTests {
    /// Harmless to look at, unless a terminal takes its word for it.
    private static let harmful = "red \u{1B}[31m, turned \u{202E}, cleared \u{9B}2J"
    private static let artefact = String(repeating: "a line\n", count: 2_000) + harmful

    private static func propose(_ process: NodeProcess, _ parent: String, _ more: [String] = [])
        throws -> String
    {
        let file = "\(parent)/artefact.md"
        try Data(Self.artefact.utf8).write(to: URL(fileURLWithPath: file))
        let made = try process.call(["proposal", "new", "--title", "t", "--file", file] + more)
        return try #require(made["id"]?.string)
    }

    private static func read(_ id: String, _ path: String) throws -> String {
        try NodeProgram.run(["proposal", "show", id, "--artifact", "--data-dir", path]).output
    }

    @Test(
        "C2-1: voters read what they vote on: from the proposal, by its hash, and after a restart"
    )
    func artefact() throws {
        try NodeProgram.withDirectory { parent in
            let (path, lab) = ("\(parent)/node", "\(parent)/lab.json")
            let (_, process) = try CommandTests.founder(path, lab: lab)
            let id = try Self.propose(process, parent)
            #expect(try Self.read(id, path) == Self.artefact)
            process.crash()

            let again = try NodeProcess(path, ["--genesis", lab])
            #expect(try Self.read(id, path) == Self.artefact)
            let copy = "\(parent)/copy"
            let written = try again.call(["proposal", "show", id, "--artifact", "-o", copy])
            #expect(try String(contentsOfFile: copy, encoding: .utf8) == Self.artefact)
            let hash = try #require(again.call(["proposal", "show", id])["content_hash"]?.string)
            #expect(written["sha256"]?.string == hash)
            let got = try again.call(["content", "get", hash])
            let kept = try String(
                contentsOfFile: try #require(got["path"]?.string),
                encoding: .utf8
            )
            #expect(kept == Self.artefact)
            #expect(again.stop() == 0)
        }
    }

    @Test("C2-1: a terminal shows what would take it over, a program gets it as it is")
    func terminal() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let (_, process) = try CommandTests.founder(path, lab: "\(parent)/lab.json")
            let id = try Self.propose(process, parent)
            let show = ["proposal", "show", id, "--artifact", "--data-dir", path]
            let shown = try Terminal.run(show)
            #expect(shown.contains("red \\u{1B}[31m, turned \\u{202E}, cleared \\u{9B}2J"))
            #expect(shown.contains("a line\r\na line"))
            #expect(
                !shown.unicodeScalars.contains { ["\u{1B}", "\u{202E}", "\u{9B}"].contains($0) }
            )
            #expect(process.stop() == 0)
        }
    }

    @Test("C2-1: over HTTP the artefact is bytes to be saved, whatever type its author claims")
    func http() async throws {
        let parent = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let (_, process) = try CommandTests.founder("\(parent)/node", lab: "\(parent)/lab.json")
        let id = try Self.propose(process, parent, ["--content-type", "text/html"])
        let caller = try Caller(process)
        let (head, bytes) = try await caller.bytes("/v1/proposals/\(id)/artifact")
        #expect(head.statusCode == 200 && bytes == Array(Self.artefact.utf8))
        #expect(head.value(forHTTPHeaderField: "Content-Type") == "application/octet-stream")
        #expect(head.value(forHTTPHeaderField: "X-Content-Type-Options") == "nosniff")
        let hash = Base64.encode(SHA256Digest.hash(bytes).array)
        #expect(head.value(forHTTPHeaderField: "Repr-Digest") == "sha-256=:\(hash):")
        let unknown = String(repeating: "0", count: 64)
        #expect(try await caller.get("/v1/proposals/\(unknown)/artifact").status == 404)
        #expect(try await caller.get("/v1/requests/\(unknown)").status == 404)
        #expect(process.stop() == 0)
    }

    @Test("C2-11: a request is shown with its comments, a proposal with all that was said about it")
    func reports() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let (_, process) = try CommandTests.founder(path, lab: "\(parent)/lab.json")
            func text(_ arguments: [String]) throws -> String {
                try NodeProgram.run(arguments + ["--data-dir", path]).output
            }
            let asked = try process.call([
                "request", "new", "--title", "wanted", "--body", "# One\n\ntwo", "--tag", "skill",
            ])
            let request = try #require(asked["id"]?.string)
            _ = try process.call(["proposal", "comment", request, "me\ntoo"])
            let first = try Self.propose(process, parent)
            let second = try Self.propose(
                process,
                parent,
                [
                    "--request", request, "--supersedes", first, "--description", "what it is",
                    "--tag", "notes",
                ]
            )
            _ = try process.call(["proposal", "vote", second, "reject", "--reason", "too long"])

            let shown = try text(["request", "show", request])
            #expect(shown.contains("\n  # One\n\n  two"), "lines stay lines: \(shown)")
            #expect(shown.contains("  me\n  too") && shown.contains("tags      skill"))
            #expect(shown.contains("answered  by proposal \(second)"))
            let proposal = try text(["proposal", "show", second])
            #expect(
                proposal.contains("about     what it is") && proposal.contains("tags      notes")
            )
            #expect(proposal.contains("answers   \(request)"))
            #expect(proposal.contains("replaces  \(first)") && proposal.contains("  too long"))
            let listed = try process.call(["request", "list"])["requests"]?.elements?.first
            #expect(listed?["payload"]?["title"]?.string == "wanted")
            #expect(listed?["payload"]?["body"] == nil, "lists carry no bodies")
            #expect(process.stop() == 0)
        }
    }

    @Test("C2-13: without peers nobody is told that a message was sent")
    func alone() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let process = try NodeProcess(path)
            let arguments = ["request", "new", "--title", "t", "--data-dir", path]
            let said = try NodeProgram.run(arguments).errors
            #expect(said.contains("Nobody has heard it yet"), "\(said)")
            #expect(!said.contains("sent to"))
            #expect(process.stop() == 0)
        }
    }

    @Test("C2-17: a title is cut by its bytes, and turns or clears no terminal")
    func titles() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let process = try NodeProcess(path)
            // As much as our own API takes; a stranger's title may have a million marks.
            let marks = "e" + String(repeating: "\u{301}", count: 255)
            _ = try process.call(["request", "new", "--title", marks])
            _ = try process.call(["request", "new", "--title", Self.harmful])
            let listed = try NodeProgram.run(["request", "list", "--data-dir", path]).output
            #expect(listed.split(separator: "\n").allSatisfy { $0.utf8.count < 400 })
            #expect(listed.contains("\\u{1B}[31m") && listed.contains("\\u{202E}"))
            let json = try NodeProgram.run(["request", "list", "--json", "--data-dir", path])
            for output in [listed, json.output] {
                #expect(
                    !output.unicodeScalars.contains {
                        ["\u{1B}", "\u{202E}", "\u{9B}"].contains($0)
                    }
                )
            }
            let titles = (try json.json()["requests"]?.elements ?? [])
                .compactMap { $0["payload"]?["title"]?.string }
            #expect(titles.contains(Self.harmful), "JSON says the same")
            #expect(process.stop() == 0)
        }
    }

    @Test("a list fits the terminal that shows it; a pipe gets everything, and no escape sequence")
    func listsOnATerminal() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let process = try NodeProcess(path)
            let title = String(repeating: "\u{6587}\u{5B57} and ", count: 12)
            let id = try #require(
                try process.call(["request", "new", "--title", title])["id"]?.string
            )
            let list = ["request", "list", "--data-dir", path]
            let colours = ["TERM": "xterm", "NO_COLOR": ""]
            let wide = try Terminal.run(list, columns: 100, environment: colours)
                .split(whereSeparator: \.isNewline).map(String.init)
            #expect(wide.count == 2 && wide[0].hasPrefix("\u{1B}[1mID"))
            #expect(wide[0].hasSuffix("TITLE\u{1B}[0m"), "\(wide[0].debugDescription)")
            #expect(wide[1].hasPrefix("\(id)  \u{6587}\u{5B57} and") && wide[1].hasSuffix("…"))
            let narrow = try Terminal.run(list, columns: 70, environment: colours)
                .split(whereSeparator: \.isNewline)
            #expect(narrow.count == 3 && narrow[1] == id && narrow[2].hasPrefix("  \u{6587}"))
            for setting in [["NO_COLOR": "1", "TERM": "xterm"], ["TERM": "dumb", "NO_COLOR": ""]] {
                let plain = try Terminal.run(list, columns: 100, environment: setting)
                #expect(plain.hasPrefix("ID ") && !plain.contains("\u{1B}"), "\(setting)")
            }
            let piped = try NodeProgram.run(list, environment: colours).output
            #expect(piped == "\(id)  \(title.dropLast())\n")
            #expect(process.stop() == 0)
        }
    }

    @Test("a stream of entries is one object a line, and its failure is no entry")
    func streams() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let list = ["request", "list", "--jsonl", "--data-dir", path]
            let absent = try NodeProgram.run(list)
            #expect(absent.status == 3 && absent.output.isEmpty)
            let failure = try JSONDocument(scanning: Array(absent.errors.utf8)).root.value
            #expect(failure["code"]?.string == "not_running")
            let process = try NodeProcess(path)
            for number in 0..<3 {
                _ = try process.call(["request", "new", "--title", "\(number)"])
            }
            let lines = try NodeProgram.run(list).output.split(separator: "\n")
            let titles = try lines.map { line in
                let entry = try JSONDocument(scanning: Array(line.utf8)).root.value
                return entry["payload"]?["title"]?.string
            }
            #expect(Set(titles) == ["0", "1", "2"] && titles.count == 3)
            #expect(process.stop() == 0)
        }
    }
}
