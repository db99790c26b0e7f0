import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of the running node."
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
}

/// The command `valence-node peer`.
struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Look at peers.",
        subcommands: [List.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List known peers.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let table = try await APIClient(self.common.directory).get("/v1/peers")
            if self.common.json { return Console.json(table) }
            for peer in table["peers"]?.elements ?? [] {
                let isConnected = peer["connected"]?.bool ?? false
                let address = peer["addresses"]?.elements?.first?.string ?? "-"
                let state = isConnected ? (peer["direction"]?.string ?? "") : "known"
                let sync = peer["sync_status"]?.string ?? "-"
                let error =
                    peer["last_dial_error"]?.string.map { "  (\(PeerText.shown($0)))" } ?? ""
                Console.line(
                    "\(peer["node_id"]?.string ?? "")  \(state)  \(sync)  "
                        + "\(PeerText.shown(address))\(error)"
                )
            }
        }
    }
}

/// The command `valence-node rep`.
struct ReputationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rep",
        abstract: "Look at reputation.",
        subcommands: [List.self, Explain.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List known scores.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let scores = try await APIClient(self.common.directory).get("/v1/reputation")
            if self.common.json { return Console.json(scores) }
            for entry in scores["scores"]?.elements ?? [] {
                Console.line(
                    "\(entry["identity"]?.string ?? "")  \(Score.text(entry["overall"]?.integer))"
                )
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every entry that made a score."
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The identity, 64 hex characters.") var identity: NodeID

        func run() async throws {
            let client = try APIClient(self.common.directory)
            let history = try await client.get("/v1/reputation/\(self.identity.hex)")
            if self.common.json { return Console.json(history) }
            Self.summary(history)
            for entry in history["entries"]?.elements ?? [] {
                Console.line(
                    "\(entry["at"]?.integer ?? 0)  \(entry["change"]?.integer ?? 0)  "
                        + PeerText.shown(entry["cause"]?.string ?? "")
                )
            }
        }

        private static func summary(_ history: JSONValue) {
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
}
