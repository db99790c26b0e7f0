import ArgumentParser
import Messages
import Node
import Primitives

/// Scores as people read them.
enum Score {
    static func text(_ millionths: Int64?) -> String {
        guard let millionths else { return "-" }
        return FixedPoint(millionths: millionths).description
    }

    /// A gain or a loss, with its sign.
    static func change(_ millionths: Int64?) -> String {
        guard let millionths else { return "-" }
        return (millionths < 0 ? "-" : "+")
            + FixedPoint(millionths: abs(millionths)).description
    }
}

/// Configured addresses that lead to nobody, for people.
enum BootstrapReport {
    static func print(_ bootstrap: JSONValue?) {
        for entry in bootstrap?.elements ?? [] {
            guard let failure = entry["last_dial_error"]?.string else { continue }
            let address = PeerText.shown(entry["address"]?.string ?? "")
            Console.line("no answer \(address)")
            Console.line("          \(PeerText.shown(failure, bytesMax: 500))")
        }
    }
}

/// The command `valence-node peer`.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Look at peers.",
        subcommands: [List.self, Show.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one peer, and what came of the newest dials of its addresses.",
            discussion: """
                A configured address that leads to nobody is shown as well.

                Example: valence-node peer show <key or address>
                """
        )

        @OptionGroup var common: CommonOptions
        @Argument(
            help: "A key: 64 hex characters, did:valence:… or 12D3Koo…; or a configured address."
        )
        var peer: String

        func run() async throws {
            let table = try await self.common.client().call("peers")
            let answer = try PeerReport(of: self.peer, in: table)
            if self.common.json { Console.json(answer.json) } else { answer.print() }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List known peers.",
            discussion: "Example: valence-node peer list"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var stream: StreamOptions

        func run() async throws {
            let all = ListedOperation(name: "peers", member: "peers")
            try await self.common.show(all, self.stream, else: "no peers yet", for: Self.report)
        }

        /// Those with a connection first.
        private static func report(_ table: JSONValue) {
            BootstrapReport.print(table["bootstrap"])
            let peers = table["peers"]?.elements ?? []
            let connected = peers.filter { $0["connected"]?.bool == true }
            let others = peers.filter { $0["connected"]?.bool != true }
            Console.table(
                Table(
                    [.text("NODE"), .text("STATE"), .text("SYNC"), .text("ADDRESS")],
                    rows: (connected + others).map(Self.row)
                )
            )
        }

        private static func row(_ peer: JSONValue) -> [String] {
            let isConnected = peer["connected"]?.bool ?? false
            let notes = [
                peer["addresses"]?.elements?.first?.string ?? "-",
                peer["other_founders"]?.bool == true ? "(other founders)" : nil,
                peer["last_dial_error"]?.string.map { "(\($0))" },
            ]
            return [
                peer["node_id"]?.string ?? "",
                isConnected ? peer["direction"]?.string ?? "" : "known",
                peer["sync_status"]?.string ?? "-",
                notes.compactMap(\.self).joined(separator: "  "),
            ]
        }
    }
}
