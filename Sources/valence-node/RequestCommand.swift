import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node request`.
struct RequestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Ask the network for something.",
        subcommands: [New.self, List.self, Show.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Broadcast a request.",
            discussion: "Example: valence-node request new --title 'A skill for release notes'"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Option(help: "One line: what is needed.") var title: String
        @Option(help: "Markdown text.") var body = ""
        @Option(help: "A lower-case tag; may be repeated.") var tag: [String] = []
        @Option(help: "Hours until the request expires; default: never.") var expiresIn: Int64?

        func run() async throws {
            let expires = try self.expiresIn.map { try Hours.fromNow($0) }
            let answer = try await self.common.client(self.acting).call(
                "new_request",
                [
                    ("title", .string(self.title)), ("body", .string(self.body)),
                    ("tags", .array(self.tag.map { .string($0) })),
                    ("expires", expires.map { .integer($0) } ?? .null),
                ] + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List requests, newest first.",
            discussion: "Example: valence-node request list --limit 20"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var list: ListOptions

        func run() async throws {
            let all = ListedOperation(name: "requests", member: "requests")
            try await self.common.show(all, self.list, else: "no requests yet") { list in
                let rows = (list["requests"]?.elements ?? []).map { request in
                    [request["id"]?.string ?? "", request["payload"]?["title"]?.string ?? ""]
                }
                Console.table(Table([.text("ID"), .text("TITLE")], rows: rows))
            }
        }
    }
}

extension RequestCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one request with its comments and the proposals that answer it.",
            discussion: "Example: valence-node request show <id>"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The request's id.") var id: MessageID

        func run() async throws {
            try await self.common.show("request", [("id", .string(self.id.hex))], for: Self.report)
        }

        private static func report(_ request: JSONValue) {
            let payload = request["payload"]
            Console.line(PeerText.shown(payload?["title"]?.string ?? ""))
            Console.line("id        \(request["id"]?.string ?? "")")
            Console.line("author    \(request["identity"]?.string ?? "")")
            Console.line("posted    \(Moments.text(request["timestamp"]?.integer))")
            if let end = payload?["expires"]?.integer {
                let isExpired = request["expired"]?.bool == true
                Console.line("expires   \(Moments.text(end))\(isExpired ? " (over)" : "")")
            }
            TagReport.print(payload?["tags"])
            for proposal in (request["proposals"]?.elements ?? []).compactMap(\.string) {
                Console.line("answered  by proposal \(proposal)")
            }
            CommentReport.print(request["comments"])
            BodyReport.print(payload?["body"]?.string)
        }
    }
}

/// The answer to a broadcast.
enum Published {
    static func print(_ answer: JSONValue, _ common: CommonOptions) {
        if DryRunReport.print(answer, common) { return }
        Console.warn(of: answer)
        if common.json { return Console.json(answer) }
        Console.line(answer["id"]?.string ?? "")
        switch answer["peers"]?.integer {
        case nil: common.say("Accepted: stored on this node.")
        case 0:
            common.say(
                "Accepted: stored on this node. Nobody has heard it yet, because no peer is "
                    + "connected; it goes out when peers come (`valence-node peer list`)."
            )
        case 1: common.say("Accepted: stored on this node and sent to its one peer.")
        case let peers?: common.say("Accepted: stored on this node and sent to \(peers) peers.")
        }
    }
}
