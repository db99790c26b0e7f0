import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node inbox`.
struct InboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox",
        abstract: "Show what waits for you: votes, requests, and what happened to what is yours.",
        discussion: """
            The answer has a `seen`; give it as --since next time to get the news since then.

            Example: valence-node inbox --tag swift --json
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Requests with this tag; may be repeated.") var tag: [String] = []
    @Option(help: "News behind this `seen` of an earlier answer.") var since: UInt64 = 0
    @Option(help: "Most items, 1 to 1000; default: what fits into 8 KiB.") var limit: Int?
    @Option(help: "The `next_cursor` of the page before.") var cursor: String?

    func validate() throws {
        try ListOptions.check(self.limit)
    }

    func run() async throws {
        let arguments: [(String, JSONValue?)] = [
            ("tags", .array(self.tag.map { .string($0) })),
            ("since", .integer(Int64(clamping: self.since))),
            ("limit", self.limit.map { .integer(Int64($0)) }),
            ("cursor", self.cursor.map { .string($0) }),
        ]
        try await self.common.show("inbox", arguments, for: self.report)
    }

    private func report(_ inbox: JSONValue) {
        if let objection = inbox["no_vote_because"]?.string {
            self.common.say("You have no vote now: \(objection)")
        }
        for part in (inbox["missing"]?.elements ?? []).compactMap(\.string) {
            self.common.say("The node could not tell the \(part) now; ask again.")
        }
        self.common.say(nothingIn: inbox["items"]?.elements, "nothing waits")
        for item in inbox["items"]?.elements ?? [] {
            let kind = TextWidth.padded(item["kind"]?.string ?? "", to: 8)
            let end = item["deadline"]?.integer.map { "  until \(Moments.text($0))" } ?? ""
            Console.line("\(kind)  \(item["id"]?.string ?? "-")\(end)")
            if let title = item["title"]?.string {
                Console.line("          \(PeerText.shown(title))")
            }
            Console.line("          \(PeerText.shown(item["reason"]?.string ?? ""))")
        }
        if let cursor = inbox["next_cursor"]?.string { self.common.say("More: --cursor \(cursor)") }
        self.common.say("Next time: --since \(inbox["seen"]?.integer ?? 0)")
    }
}
