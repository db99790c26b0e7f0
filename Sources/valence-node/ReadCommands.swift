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
        subcommands: [List.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List known peers.",
            discussion: "Example: valence-node peer list"
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await self.common.show("/v1/peers", for: self.report)
        }

        private func report(_ table: JSONValue) {
            BootstrapReport.print(table["bootstrap"])
            self.common.say(nothingIn: table["peers"]?.elements, "no peers yet")
            for peer in table["peers"]?.elements ?? [] {
                let isConnected = peer["connected"]?.bool ?? false
                let address = peer["addresses"]?.elements?.first?.string ?? "-"
                let state = isConnected ? (peer["direction"]?.string ?? "") : "known"
                let sync = peer["sync_status"]?.string ?? "-"
                let others =
                    peer["other_founders"]?.bool == true ? "  (other founders)" : ""
                let error =
                    peer["last_dial_error"]?.string.map { "  (\(PeerText.shown($0)))" } ?? ""
                Console.line(
                    "\(peer["node_id"]?.string ?? "")  \(state)  \(sync)  "
                        + "\(PeerText.shown(address))\(others)\(error)"
                )
            }
        }
    }
}
