import ArgumentParser
import Messages
import Node
import Primitives

extension ProposalCommand {
    /// The command `valence-node proposal why`.
    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why a proposal stands where it stands.",
            discussion: """
                Which bar it has passed and which not, with their figures; whose votes count and whose do \
                not, by which rule; and what would change it.

                Example: valence-node proposal why <id>
                """
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The proposal's id.") var id: MessageID

        func run() async throws {
            try await self.common.show(
                "proposal_why",
                [("id", .string(self.id.hex))],
                for: ReasonReport.print
            )
        }
    }
}

/// Why a proposal stands where it stands, for people.
enum ReasonReport {
    static func print(_ reasons: JSONValue) {
        Console.line(PeerText.shown(reasons["title"]?.string ?? ""))
        Console.line("id        \(reasons["id"]?.string ?? "")")
        Console.line("state     \(reasons["state"]?.string ?? "")")
        Console.line(
            "          \(PeerText.shown(reasons["standing"]?.string ?? "", bytesMax: 500))"
        )
        if let moment = reasons["decided_at"]?.integer {
            Console.line("decided   by this node at \(Moments.text(moment))")
        }
        if let objection = reasons["objection"]?.string {
            Console.line("against   \(PeerText.shown(objection, bytesMax: 500))")
        }
        for bar in reasons["bars"]?.elements ?? [] {
            let mark = bar["passed"]?.bool == true ? "passed " : "not yet"
            Console.line("\(mark)   \(bar["sentence"]?.string ?? "")")
        }
        for vote in reasons["counted"]?.elements ?? [] { Self.counted(vote) }
        for vote in reasons["not_counted"]?.elements ?? [] { Self.uncounted(vote) }
        for text in (reasons["would_change"]?.elements ?? []).compactMap(\.string) {
            Console.line("change    \(PeerText.shown(text, bytesMax: 1_000))")
        }
    }

    private static func counted(_ vote: JSONValue) {
        Console.line(
            "counts    \(vote["identity"]?.string ?? "")  \(vote["stance"]?.string ?? "")  "
                + Score.text(vote["weight"]?.integer)
        )
    }

    private static func uncounted(_ vote: JSONValue) {
        let rule = vote["rule"]?.string.map { " (\($0))" } ?? ""
        let reason = PeerText.shown(vote["not_counted_because"]?.string ?? "", bytesMax: 500)
        Console.line(
            "does not  \(vote["identity"]?.string ?? "")  \(vote["stance"]?.string ?? "")  "
                + "\(reason)\(rule)"
        )
    }
}
