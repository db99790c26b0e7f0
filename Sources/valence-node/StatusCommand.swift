import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of the running node.",
        discussion: "Example: valence-node status --wait-synced"
    )

    @OptionGroup var common: CommonOptions
    @ArgumentParser.Flag(help: "Show how far the node is until it is synced, and end then.")
    var waitSynced = false

    func run() async throws {
        if self.waitSynced {
            var wait = CatchingUp(self.common)
            try await wait.untilSynced()
        }
        let status = try await self.common.client().call("status")
        if self.common.json { return Console.json(status) }
        Self.about(status)
        Self.neighbourhood(status)
        Self.state(status)
        if let reason = status["identity"]?["signing_stopped_because"]?.string {
            Console.line("stopped   \(reason)")
        }
        for absent in status["absent"]?.elements ?? [] {
            Console.line("missing   \(absent.string ?? "") is not part of this node")
        }
    }

    /// The node's keys, addresses and network.
    private static func about(_ status: JSONValue) {
        Console.line("node      \(status["identity"]?["node_id"]?.string ?? "-")")
        Console.line("peer id   \(status["node"]?["peer_id"]?.string ?? "-")")
        let uptime = Spans.text(status["node"]?["uptime_ms"]?.integer ?? 0)
        Console.line("version   \(status["node"]?["version"]?.string ?? "-"), up \(uptime)")
        if let hash = status["network"]?["hash"]?.string {
            Console.line("network   \(PeerText.shown(status["network"]?["name"]?.string ?? ""))")
            Console.line("          \(hash)")
        } else {
            Console.line("network   none: it runs without --genesis")
        }
        for address in status["gossip"]?["addresses"]?.elements ?? [] {
            Console.line("address   \(address.string ?? "")")
        }
        Console.line("reach     \(Self.reach(status["gossip"]?["reachable"]?.bool))")
    }

    private static func reach(_ isReachable: Bool?) -> String {
        switch isReachable {
        case true?: "others can dial this node"
        case false?: "others cannot dial this node; it is reached through relays"
        case nil: "not known yet; peers find out by trying"
        }
    }

    /// The peers of the node, and its clock.
    private static func neighbourhood(_ status: JSONValue) {
        let peers = status["peers"]
        Console.line("sync      \(status["sync"]?["state"]?.string ?? "-")")
        CatchingUp.bars(of: status["sync"]).forEach { Console.line("          \($0)") }
        Self.partition(status["sync"]?["partition"])
        Console.line(
            "peers     \(status["gossip"]?["connected_peers"]?.integer ?? 0) connected, "
                + "\(peers?["authenticated"]?.integer ?? 0) authenticated, "
                + "\(peers?["known"]?.integer ?? 0) known"
        )
        BootstrapReport.print(peers?["bootstrap"])
        if let others = peers?["other_founders"]?.integer, others > 0 {
            Console.line(
                "warning   \(others) peers run with another description of the network; compare "
                    + "`valence-node genesis show FILE` with theirs (`valence-node peer list`)"
            )
        }
        let verification = status["verification"]
        Console.line("clock     \(Self.clock(verification?["clock_offset_ms"]?.integer))")
        if let offset = verification?["ntp_offset_ms"]?.integer {
            Console.line("time      \(Self.distance(offset)) time servers")
        }
    }

    /// How this node differs from synced peers, if it does.
    private static func partition(_ report: JSONValue?) {
        guard let report, let severity = report["severity"]?.string else { return }
        let since = Timestamp(milliseconds: report["since"]?.integer ?? 0).text
        let peers = report["peers"]?.integer ?? 0
        Console.line("partition \(severity), with \(peers) synced peers since \(since)")
        if let advice = report["advice"]?.string { Console.line("          \(advice)") }
    }

    /// How far this node's clock is from those of its peers.
    private static func clock(_ offset: Int64?) -> String {
        guard let offset else { return "not compared with peers yet" }
        return "\(Self.distance(offset)) the peers'"
    }

    private static func distance(_ offset: Int64) -> String {
        let distance = Spans.text(offset.magnitude > UInt64(Int64.max) ? .max : abs(offset))
        return "\(distance) \(offset < 0 ? "behind" : "ahead of")"
    }

    /// What the node holds.
    private static func state(_ status: JSONValue) {
        let log = status["log"]
        let free = log?["bytes_free"]?.integer.map { ", \(Bytes.text($0)) free on the disk" } ?? ""
        Console.line(
            "log       \(log?["last_sequence"]?.integer ?? 0) records, "
                + "\(Bytes.text(log?["bytes_used"]?.integer ?? 0))\(free)"
        )
        if let reason = log?["stopped_because"]?.string { Console.line("warning   \(reason)") }
        Console.line("proposals \(status["consensus"]?["proposals"]?.integer ?? 0)")
        Console.line("own score \(Score.text(status["reputation"]?["own_score"]?.integer))")
        Console.line("digest    \(status["digest"]?.string ?? "-")")
    }
}

/// Spans of time as people read them.
enum Spans {
    static func text(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        if milliseconds < 10_000 { return "\(milliseconds) ms" }
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7_200 { return "\(seconds / 60) min" }
        return seconds < 172_800 ? "\(seconds / 3_600) h" : "\(seconds / 86_400) days"
    }
}

/// Amounts of storage as people read them.
enum Bytes {
    static func text(_ count: Int64) -> String {
        if count < 1_000_000 { return "\(count / 1_000) kB" }
        if count < 10_000_000_000 { return "\(count / 1_000_000) MB" }
        return "\(count / 1_000_000_000) GB"
    }
}
