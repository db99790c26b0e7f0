import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of the running node.",
        discussion: "Example: valence-node status --json"
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let status = try await APIClient(self.common.directory).get("/v1/status")
        if self.common.json { return Console.json(status) }
        Console.line("node      \(status["identity"]?["node_id"]?.string ?? "-")")
        Console.line("sync      \(status["sync"]?["state"]?.string ?? "-")")
        Console.line("peers     \(status["gossip"]?["connected_peers"]?.integer ?? 0)")
        Console.line("log       \(status["log"]?["last_sequence"]?.integer ?? 0) records")
        Console.line("proposals \(status["consensus"]?["proposals"]?.integer ?? 0)")
        Console.line("own score \(Score.text(status["reputation"]?["own_score"]?.integer))")
        Console.line("digest    \(status["digest"]?.string ?? "-")")
        if let others = status["peers"]?["other_founders"]?.integer, others > 0 {
            Console.line(
                "warning   \(others) peers run with another description of the network; compare "
                    + "`valence-node genesis show FILE` with theirs (`valence-node peer list`)"
            )
        }
        if let reason = status["identity"]?["signing_stopped_because"]?.string {
            Console.line("stopped   \(reason)")
        }
        for absent in status["absent"]?.elements ?? [] {
            Console.line("missing   \(absent.string ?? "") is not part of this node")
        }
    }
}

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
            let table = try await APIClient(self.common.directory).get("/v1/peers")
            if self.common.json { return Console.json(table) }
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
