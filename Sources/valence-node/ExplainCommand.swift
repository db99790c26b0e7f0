import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node explain`.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what became of a message, by which rule, and what would help.",
        discussion: """
            It knows every message that this node took, and for a day those that it refused, as long as it \
            runs. A command that is refused names the message that it had signed.

            Example: valence-node explain <message id>
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The message's id.") var id: MessageID

    func run() async throws {
        try await self.common.show("explain", [("id", .string(self.id.hex))], for: Self.report)
    }

    private static func report(_ answer: JSONValue) {
        let outcome = (answer["outcome"]?.string ?? "").split(separator: "_").joined(separator: " ")
        let type = answer["type"]?.string.map { "  \(PeerText.shown($0, bytesMax: 40))" } ?? ""
        Console.line("message   \(answer["id"]?.string ?? "")\(type)")
        if let signer = answer["from"]?.string {
            Console.line("signed    by \(signer), \(Moments.text(answer["timestamp"]?.integer))")
        }
        if let target = answer["about"]?.string { Console.line("about     \(target)") }
        let code = answer["code"]?.string.map { " (\($0))" } ?? ""
        let moment = answer["refused_at"]?.integer.map { ", at \(Moments.text($0))" } ?? ""
        Console.line("outcome   \(outcome)\(code)\(moment)")
        Console.line(
            "because   \(PeerText.shown(answer["because"]?.string ?? "", bytesMax: 1_024))"
        )
        if let rule = answer["rule"]?.string { Console.line("rule      \(rule)") }
        if let moment = answer["retry_at"]?.integer {
            Console.line("again     from \(Moments.text(moment)) on")
        }
        if let remedy = answer["remedy"]?.string { Console.line("help      \(remedy)") }
    }
}
