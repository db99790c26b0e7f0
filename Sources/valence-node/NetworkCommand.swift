import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node network`.
struct NetworkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Show the phase of the network's governance and what it lacks for the next one.",
        discussion: "Example: valence-node network"
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await self.common.show("network", for: Self.report)
    }

    private static func report(_ network: JSONValue) {
        let active = network["active_identities"]?.integer.map { "\($0)" } ?? "not known yet"
        Console.line("phase     \(network["phase"]?.string ?? "-")")
        Console.line("active    \(active)")
        Self.run("standard      ", network["standard"])
        Self.run("constitutional", network["constitutional"])
        if let end = network["cold_start_ends"]?.integer {
            Console.line("headcount decides votes until \(Moments.text(end))")
        }
        for change in network["protocol_changes"]?.elements ?? [] {
            Console.line(
                "change    \(change["proposal_id"]?.string ?? "") from "
                    + Moments.text(change["effective_at"]?.integer)
            )
        }
        for text in network["missing"]?.elements ?? [] {
            Console.line("so far    \(text.string ?? "")")
        }
    }

    private static func run(_ name: String, _ run: JSONValue?) {
        let hours = run?["hours"]?.integer ?? 0
        let needed = run?["hours_needed"]?.integer ?? 0
        let nodes = run?["nodes_needed"]?.integer ?? 0
        Console.line("\(name)  \(hours) of \(needed) hours in a row with \(nodes) nodes")
    }
}
