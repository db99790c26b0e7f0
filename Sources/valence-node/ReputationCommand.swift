import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node rep`.
struct ReputationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rep",
        abstract: "Look at reputation.",
        subcommands: [List.self, Show.self, Explain.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List known scores, the highest first.",
            discussion: "Example: valence-node rep list"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var stream: StreamOptions

        func run() async throws {
            let all = ListedOperation(name: "reputations", member: "scores")
            try await self.common.show(all, self.stream, else: "no scores yet") { answer in
                let scores = (answer["scores"]?.elements ?? []).sorted(by: Self.isHigher)
                let rows = scores.map { entry in
                    [entry["identity"]?.string ?? "", Score.text(entry["overall"]?.integer)]
                }
                Console.table(Table([.text("IDENTITY"), .number("SCORE")], rows: rows))
            }
        }

        private static func isHigher(_ left: JSONValue, _ right: JSONValue) -> Bool {
            let scores = (left["overall"]?.integer ?? 0, right["overall"]?.integer ?? 0)
            guard scores.0 == scores.1 else { return scores.0 > scores.1 }
            return (left["identity"]?.string ?? "") < (right["identity"]?.string ?? "")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one score, what it rests on, and what it permits next.",
            discussion: "Example: valence-node rep show"
        )

        @OptionGroup var common: CommonOptions
        @Argument(
            help: "An identity: 64 hex characters, did:valence:… or 12D3Koo…; default: this node's."
        )
        var identity: NodeID?

        func run() async throws {
            let history = try await ReputationReport.fetch(self.identity, self.common)
            guard self.common.json else { return ReputationReport.print(history) }
            let members = (history.members ?? []).filter { $0.key != "entries" }
            Console.json(.object(members.map { ($0.key, $0.value) }))
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every entry that made a score, and what would raise it.",
            discussion: "Example: valence-node rep explain <identity>"
        )

        @OptionGroup var common: CommonOptions
        @Argument(
            help: "An identity: 64 hex characters, did:valence:… or 12D3Koo…; default: this node's."
        )
        var identity: NodeID?

        func run() async throws {
            let history = try await ReputationReport.fetch(self.identity, self.common)
            if self.common.json { return Console.json(history) }
            ReputationReport.print(history)
            Console.line("start     \(Self.start(history["start"]))")
            let entries = history["entries"]?.elements ?? []
            if entries.isEmpty { Console.line("entries   none; nothing has moved it since") }
            for entry in entries {
                Console.line(
                    "\(Moments.text(entry["at"]?.integer))  "
                        + "\(Score.change(entry["change"]?.integer))  to "
                        + "\(Score.text(entry["after"]?.integer))  "
                        + PeerText.shown(entry["cause"]?.string ?? "")
                )
            }
        }

        /// Where the score began, and why there.
        private static func start(_ start: JSONValue?) -> String {
            let origin =
                start?["founder"]?.bool == true
                ? "what the description of the network gives this founder"
                : "where every newcomer begins"
            return "\(Score.text(start?["score"]?.integer)), \(origin)"
        }
    }
}

/// One score for people.
enum ReputationReport {
    /// Asks the node for a score; nil means that of its own identity.
    static func fetch(_ identity: NodeID?, _ common: CommonOptions) async throws -> JSONValue {
        let client = try common.client()
        if let identity {
            return try await client.call("reputation", [("id", .string(identity.hex))])
        }
        let own = try await client.call("own_identity")["identity"]
        return try await client.call("reputation", [("id", own)])
    }

    static func print(_ history: JSONValue) {
        Console.line("overall   \(Score.text(history["overall"]?.integer))")
        Console.line("direct    \(Score.text(history["direct"]?.integer))")
        if let basis = history["basis"], basis != .null {
            Console.line(
                "own view  weighs \(Score.text(basis["own_weight"]?.integer)), from "
                    + "\(basis["observations"]?.integer ?? 0) observations"
            )
            Console.line(
                "others    \(Score.text(basis["peer_average"]?.integer)), "
                    + "\(basis["assessors"]?.integer ?? 0) assessors in "
                    + "\(basis["assessor_networks"]?.integer ?? 0) networks"
            )
        }
        if let gate = history["next_gate"], gate != .null {
            let permits = (gate["permits"]?.elements ?? []).compactMap(\.string)
            Console.line(
                "next gate \(Score.text(gate["score"]?.integer)), missing "
                    + "\(Score.text(gate["missing"]?.integer)): "
                    + permits.joined(separator: ", ")
            )
        }
        for text in history["earns"]?.elements ?? [] {
            Console.line("earns     \(text.string ?? "")")
        }
        for text in history["warnings"]?.elements ?? [] {
            Console.line("warning   \(PeerText.shown(text.string ?? ""))")
        }
    }
}
