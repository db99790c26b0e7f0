import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("Events of a running node", .serialized, .timeLimit(.minutes(2)))
struct EventProcessTests {
    /// The lines of `valence-node events`.
    private static func events(_ path: String, _ options: [String] = []) throws -> [JSONValue] {
        let told = try NodeProgram.run(["events", "--jsonl", "--data-dir", path] + options)
        guard told.status == 0 else { throw ProcessFailure(description: told.errors) }
        return try told.output.split(separator: "\n").map {
            try JSONDocument(scanning: Array($0.utf8)).root.value
        }
    }

    /// Looks again and again until something is there, for half a minute at most.
    private static func wait<T>(for what: String, _ look: () throws -> T?) throws -> T {
        for _ in 0..<60 {
            if let found = try look() { return found }
            Thread.sleep(forTimeInterval: 0.5)
        }
        throw ProcessFailure(description: "there was never \(what)")
    }

    /// Proposes a text, whose vote is open for a day at most.
    private static func propose(_ title: String, _ node: NodeProcess) throws -> String {
        let file = "\(node.dataDirectory).md"
        try Data(title.utf8).write(to: URL(fileURLWithPath: file))
        let made = try node.call([
            "proposal", "new", "--title", title, "--file", file, "--deadline-hours", "20",
        ])
        return try #require(made["id"]?.string)
    }

    /// A node that has told of a proposal, up to the moment at which it is killed.
    private static func firstLife(_ path: String, _ lab: String) throws
        -> (proposal: String, told: [JSONValue])
    {
        let node = try CommandTests.founder(path, lab: lab).process
        let request = try node.call(["request", "new", "--title", "wanted"])
        let proposal = try Self.propose("offered", node)
        let told = try Self.wait(for: "a deadline") {
            let events = try Self.events(path, ["--after", "0"])
            return events.contains { $0["type"]?.string == "deadline" } ? events : nil
        }
        #expect(told.contains { $0["message"] == request["id"] })
        node.crash()
        return (proposal, told)
    }

    @Test("after kill -9 a reader goes on from the last id: nothing is lost, nothing comes twice")
    func restart() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let lab = "\(parent)/lab.json"
            let before = try Self.firstLife(path, lab)
            let node = try NodeProcess(path, ["--genesis", lab])
            _ = try node.call(["proposal", "vote", before.proposal, "endorse"])
            let last = try #require(before.told.last?["sequence"]?.integer)
            let after = try Self.wait(for: "a vote") {
                let events = try Self.events(path, ["--after", "\(last)"])
                return events.contains { $0["type"]?.string == "vote" } ? events : nil
            }
            #expect(after.allSatisfy { ($0["sequence"]?.integer ?? 0) > last })
            let whole = try Self.events(path, ["--after", "0", "--limit", "1000"])
            #expect(Array(whole.prefix(before.told.count)) == before.told)
            let waiting = try Self.events(path, ["--after", "0", "--for", "votes"])
            #expect(waiting.map { $0["type"]?.string } == ["ballot", "deadline"])
            #expect(waiting.allSatisfy { $0["subject"]?.string == before.proposal })
            #expect(node.stop() == 0)
        }
    }

    @Test(
        "the inbox names what waits for a vote until it is given, and the news behind `seen` once"
    )
    func inbox() throws {
        try NodeProgram.withDirectory { parent in
            let node = try CommandTests.founder("\(parent)/node", lab: "\(parent)/lab.json").process
            let proposal = try Self.propose("offered", node)
            let inbox = try node.call(["inbox"])
            let votes = (inbox["items"]?.elements ?? []).filter { $0["kind"]?.string == "vote" }
            #expect(votes.compactMap { $0["id"]?.string } == [proposal])
            #expect(votes.first?["title"]?.string == "offered")
            #expect((votes.first?["weight"]?.integer ?? 0) > 0)
            _ = try node.call(["proposal", "vote", proposal, "endorse"])
            let later = try node.call(["inbox"])
            #expect(
                !(later["items"]?.elements ?? []).contains { $0["kind"]?.string == "vote" }
            )
            let seen = try Self.wait(for: "the score") {
                let news = try node.call(["inbox"])
                let kinds = (news["items"]?.elements ?? []).map { $0["event"]?["type"]?.string }
                return kinds.contains("score") ? news["seen"]?.integer : nil
            }
            let none = try node.call(["inbox", "--since", "\(seen)"])
            #expect(none["items"]?.elements?.isEmpty == true)
            #expect(node.stop() == 0)
        }
    }

    @Test("who has no vote is told why")
    func newcomer() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            let inbox = try node.call(["inbox"])
            #expect(inbox["no_vote_because"]?.string?.contains("voting needs 0.3") == true)
            #expect(node.stop() == 0)
        }
    }
}
