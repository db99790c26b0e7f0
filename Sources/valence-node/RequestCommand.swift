import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node request`.
struct RequestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Ask the network for something.",
        subcommands: [New.self, List.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Broadcast a request.",
            discussion: "Example: valence-node request new --title 'A skill for release notes'"
        )

        @OptionGroup var common: CommonOptions
        @Option(help: "One line: what is needed.") var title: String
        @Option(help: "Markdown text.") var body = ""
        @Option(help: "A lower-case tag; may be repeated.") var tag: [String] = []
        @Option(help: "Hours until the request expires; default: never.") var expiresIn: Int64?

        func run() async throws {
            let expires = try self.expiresIn.map { try Hours.fromNow($0) }
            let payload = JSONValue.object([
                ("title", .string(self.title)),
                ("body", .string(self.body)),
                ("tags", .array(self.tag.map { .string($0) })),
                ("expires", expires.map { .integer($0) } ?? .null),
            ])
            let answer = try await APIClient(self.common.directory).post("/v1/requests", payload)
            Published.print(answer, self.common)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List requests, newest first.",
            discussion: "Example: valence-node request list --limit 20"
        )

        @OptionGroup var common: CommonOptions
        @Option(help: "Most entries, 1 to 1000.") var limit = 100

        func run() async throws {
            let client = try APIClient(self.common.directory)
            let list = try await client.get("/v1/requests?limit=\(self.limit)")
            if self.common.json { return Console.json(list) }
            for request in list["requests"]?.elements ?? [] {
                let title = request["payload"]?["title"]?.string ?? ""
                Console.line("\(request["id"]?.string ?? "")  \(PeerText.shown(title))")
            }
        }
    }
}

/// The answer to a broadcast.
enum Published {
    static func print(_ answer: JSONValue, _ common: CommonOptions) {
        if common.json { return Console.json(answer) }
        Console.line(answer["id"]?.string ?? "")
        common.say("Accepted: stored on this node and sent to its peers.")
    }
}
