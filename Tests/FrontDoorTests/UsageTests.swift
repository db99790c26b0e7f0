import ArgumentParser
import Logging
import Messages
import Node
import Primitives
import Testing

@testable import valence_node

@Suite("Usage of the command line")
struct UsageTests {
    private static let hex = Parsed.hex

    @Test(
        "every command that does something says what, how, and with what example",
        arguments: Parsed.leaves
    )
    func help(words: [String]) throws {
        let type = try #require(Parsed.all.first { $0.words == words }?.type)
        let abstract = type.configuration.abstract
        #expect(abstract.first?.isUppercase == true && abstract.hasSuffix("."), "\(words)")
        let text = Parsed.flat(ValenceNode.helpMessage(for: type))
        #expect(text.contains(Parsed.flat(abstract)))
        #expect(text.contains("USAGE: valence-node \(words.joined(separator: " "))"))
        #expect(text.contains("--json"), "\(words) has no object for programs")
        // Two have nothing to fill in, and one names its stories.
        if !["topology", "simulate"].contains(words[0]) {
            let example = "valence-node \(words.joined(separator: " "))"
            #expect(type.configuration.discussion.contains(example), "\(words)")
            #expect(type.configuration.discussion.contains("Example"), "\(words)")
        }
    }

    @Test("the help of the program lists its commands, the exit codes and where to begin")
    func rootHelp() throws {
        let help = ValenceNode.helpMessage()
        for words in Parsed.all.map(\.words) where words.count == 1 {
            #expect(help.contains("  \(words[0]) "), "\(words)")
        }
        for code in [
            "0 done", "1 failed", "2 wrong usage", "3 no node", "4 refused", "5 timed out",
        ] {
            #expect(Parsed.flat(help).contains(code), "\(code)")
        }
        #expect(Parsed.flat(help).contains("valence-node init"))
        let version = try #require(Parsed.refusal(["--version"]))
        #expect(version.code == 0 && !version.text.isEmpty)
    }

    @Test("options that every command takes mean the same everywhere", arguments: Parsed.leaves)
    func commonOptions(words: [String]) throws {
        let without: Set = ["genesis", "devnet", "simulate", "topology", "skill"]
        if !without.contains(words[0]) {
            let text = try #require(Parsed.refusal(words + ["--data-dir", ""])).text
            // Some miss an argument first; all others say what is wrong with the empty name.
            let isTold = text.contains("--data-dir names no directory")
            #expect(isTold || text.contains("Missing expected"))
        }
    }

    /// Lines that are refused, and what the refusal must name.
    private static let refused: [([String], String)] = [
        (["nonsense"], "nonsense"), (["status", "surplus"], "surplus"),
        (["status", "--nonsense"], "--nonsense"), (["status", "--data-dir"], "--data-dir"),
        (["status", "--data-dir", ""], "leave it out"),
        (["run", "--api-port", "65536"], "up to 65535"), (["run", "--api-port=-1"], "up to 65535"),
        (["run", "--api-port", "http"], "'http'"), (["run", "--reach", "maybe"], "'maybe'"),
        (["run", "--profile", "wide"], "'wide'"), (["run", "--log-level", "loud"], "'loud'"),
        (["run", "--listen"], "--listen"),
        (["id", "consent"], "<root>"), (["id", "consent", "xyz"], "'xyz'"),
        (["id", "consent", String(hex.dropLast())], "invalid"),
        (["id", "show", "did:valence:xyz"], "did:valence:xyz"),
        (["id", "link", hex], "<signature>"),
        (["id", "revoke"], "<key>"), (["id", "revoke", hex, "--effective-from", "now"], "'now'"),
        (["id", "rotate", "--contest=yes"], "--contest"),
        (["rep", "show", hex.uppercased()], "invalid"), (["rep", "explain", hex, hex], hex),
        (["request", "new"], "--title"), (["request", "list", "--limit", "0"], "from 1 to 1000"),
        (["request", "list", "--limit", "1001"], "from 1 to 1000"),
        (["proposal", "list", "--limit=-5"], "from 1 to 1000"),
        (["proposal", "list", "--limit", "many"], "'many'"),
        (["request", "show", "1"], "'1'"),
        (["request", "new", "--title", "t", "--expires-in", "x"], "'x'"),
        (["proposal", "new", "--title", "t"], "--file"),
        (["proposal", "new", "--file", "f"], "--title"),
        (["proposal", "new", "--title", "t", "--file", "f", "--tier", "high"], "'high'"),
        (["proposal", "new", "--title", "t", "--file", "f", "--request", "r"], "'r'"),
        (
            [
                "proposal", "new", "--title", "t", "--file", "f", "--deadline-hours", "1",
                "--deadline-seconds", "1",
            ], "keep one of them"
        ),
        (["proposal", "vote", hex], "<stance>"), (["proposal", "vote", hex, "maybe"], "'maybe'"),
        (["proposal", "adopt"], "<id>"), (["proposal", "comment", hex], "<text>"),
        (["proposal", "comment", hex, "t", "--parent", "p"], "'p'"),
        (["content", "get", "00"], "'00'"), (["content", "share"], "<file>"),
        (["genesis", "new", "--founder", hex, "f"], "--name"),
        (["genesis", "new", "--name", " ", "f"], "one line of text"),
        (["genesis", "new", "--name", "a\nb", "f"], "one line of text"),
        (["genesis", "show"], "<file>"),
        (["devnet", "--nodes", "2"], "within 3 and 32"),
        (["devnet", "--nodes", "33"], "within 3 and 32"),
        (["devnet", "--voting-seconds", "1.9"], "at least 2"),
        (["simulate", "--nodes", "3"], "within 4 and 1000"),
        (["simulate", "--nodes", "1001"], "within 4 and 1000"),
        (["simulate", "--minutes", "9"], "within 10 and 100000"),
        (["simulate", "--minutes", "100001"], "within 10 and 100000"),
        (["simulate", "--seed=-1"], "'-1'"),
    ]

    @Test("what is wrong with a line is named, and it ends as wrong usage", arguments: refused)
    func refusal(arguments: [String], named: String) throws {
        let refusal = try #require(Parsed.refusal(arguments), "\(arguments) is taken")
        #expect(refusal.code == ExitCode.validationFailure.rawValue, "\(refusal.text)")
        #expect(refusal.text.contains(named), "\(refusal.text)")
    }

    @Test(
        "bounds belong to what is allowed",
        arguments: [
            ["run", "--api-port", "0"], ["run", "--api-port", "65535"],
            ["request", "list", "--limit", "1"], ["proposal", "list", "--limit", "1000"],
            ["devnet", "--nodes", "3", "--voting-seconds", "2"], ["devnet", "--nodes", "32"],
            ["simulate", "--nodes", "4", "--minutes", "10"],
            [
                "simulate", "--nodes", "1000", "--minutes", "100000", "--seed",
                "18446744073709551615",
            ],
            ["genesis", "new", "--name", "x", "f"],
        ]
    )
    func bounds(arguments: [String]) {
        #expect(Parsed.refusal(arguments)?.text == nil)
    }
}

@Suite("What a line of arguments says")
struct ArgumentTests {
    @Test("a node runs with what the README promises unless it is told otherwise")
    func runDefaults() throws {
        let run = try Parsed.command(RunCommand.self, ["run"])
        let directory = DataDirectory(path: "/nowhere")
        let settings = try run.options.settings(of: directory, [:])
        let node = try settings.configuration(of: directory)
        #expect(node.listen == ["/ip4/0.0.0.0/tcp/9090"] && node.external.isEmpty)
        #expect(node.findsLocalPeers == nil && node.reach == .auto && node.servesAsRelay)
        #expect(node.apiPort == 0 && node.bootstrap.isEmpty && node.genesisPath == nil)
        #expect(node.profile == .standard && !node.isGenesisNode && node.policy == LocalPolicy())
        #expect(node.timeServers == ["pool.ntp.org"] && node.calendar == .standard)
        #expect(!run.onlyInstance && !run.untilInputEnds && settings.level.level == .notice)
        #expect(!run.common.json && !run.common.quiet && run.common.dataDir == nil)
        for name in ["--only-instance", "--accept-own-history"] {
            #expect(try Parsed.command(RunCommand.self, ["run", name]).onlyInstance, "\(name)")
        }
    }

    @Test("options that may be repeated keep their order, and flags mean what they say")
    func runOptions() throws {
        let run = try Parsed.command(
            RunCommand.self,
            [
                "run", "--listen", "/ip4/1.2.3.4/tcp/1", "--listen", "/ip4/1.2.3.4/tcp/2",
                "--bootstrap", "b", "--direct-peer", "d", "--external-address", "e", "--no-mdns",
                "--reach", "unreachable", "--no-relay", "--profile", "local", "--log-level",
                "trace",
                "--genesis", "g", "--genesis-node", "--admit-undescribed", "--quiet",
            ]
        )
        let directory = DataDirectory(path: "/nowhere")
        let settings = try run.options.settings(of: directory, [:])
        let node = try settings.configuration(of: directory)
        #expect(node.listen == ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2"])
        #expect(node.bootstrap == ["b"] && node.direct == ["d"] && node.external == ["e"])
        #expect(node.findsLocalPeers == false && node.reach == .unreachable && !node.servesAsRelay)
        #expect(node.profile == .local && node.genesisPath?.hasSuffix("/g") == true)
        #expect(node.isGenesisNode && node.policy.admitsUndescribed && node.timeServers == [])
        #expect(settings.level.level == .trace && run.common.quiet)
    }

    @Test("a key is taken in every form that the node prints, and all forms are one key")
    func keys() throws {
        let shown = try Parsed.command(IdentityCommand.Show.self, ["id", "show", Parsed.hex])
        let key = try #require(shown.key)
        let did = try Parsed.command(IdentityCommand.Show.self, ["id", "show", key.did])
        #expect(did.key == key)
        #expect(try Parsed.command(IdentityCommand.Show.self, ["id", "show"]).key == nil)
    }

    @Test("all stances, tiers and levels are words, and no other word is one")
    func words() {
        #expect(Stance.allCases.map(\.rawValue) == ["endorse", "reject", "abstain"])
        #expect(Propose.Tier.allCases.map(\.rawValue) == ["standard", "constitutional"])
        #expect(Stance(argument: "Endorse") == nil && Propose.Tier(argument: "") == nil)
        for level in LogLevel.allCases { #expect("\(level.level)" == level.rawValue) }
    }

    @Test("R-08-037: a constitutional vote takes its 90 days and an hour, another one 14 days")
    func votingTime() {
        let day: Int64 = 86_400_000
        #expect(Propose.Tier.standard.defaultVotingMilliseconds == 14 * day)
        #expect(Propose.Tier.constitutional.defaultVotingMilliseconds == 90 * day + 3_600_000)
    }
}
