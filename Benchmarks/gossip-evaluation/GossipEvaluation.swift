import ArgumentParser
import Foundation

/// `gossip-evaluation`: honest routers among Sybils, the attacks of the GossipSub report.
@main
struct GossipEvaluation: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gossip-evaluation",
        abstract: "Measures delivery among honest GossipSub routers under nine attacks.",
        discussion: """
            Every honest node is the router that ships, on a virtual clock. Prints one JSON object \
            a run. Example: gossip-evaluation --attack covert-flash --honest 200 --sybils 800
            """
    )

    @Option(help: "An attack by name, 'none', or 'all'.")
    var attack = "all"
    @Option(help: "Honest nodes.")
    var honest = 1_000
    @Option(help: "Sybils.")
    var sybils = 4_000
    @Option(help: "Messages a second, of 2 KiB.")
    var rate = 10
    @Option(help: "Seconds after the first minute, which warms up.")
    var seconds = 120
    @Option(help: "Where all chance comes from.")
    var seed: UInt64 = 7

    func validate() throws {
        guard self.honest > 20, self.sybils >= 0, (1...100).contains(self.rate), self.seconds > 0
        else {
            throw ValidationError("give more than 20 honest nodes, 1 to 100 messages a second")
        }
        guard self.attack == "all" || Attack(rawValue: self.attack) != nil else {
            let names = Attack.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("no attack is called '\(self.attack)'; there are all, \(names)")
        }
    }

    func run() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        for attack in Attack.allCases where [attack.rawValue, "all"].contains(self.attack) {
            var arena = try Arena(self.settings(attack))
            let line = try encoder.encode(arena.run())
            FileHandle.standardOutput.write(line + Data("\n".utf8))
        }
    }

    private func settings(_ attack: Attack) -> Arena.Settings {
        var settings = Arena.Settings(attack: attack)
        settings.honest = self.honest
        settings.sybils = self.sybils
        settings.publishers = max(1, self.honest / 10)
        settings.sybilDegree = max(1, self.honest / 10)
        settings.rate = self.rate
        settings.seconds = self.seconds
        settings.seed = self.seed
        return settings
    }
}
