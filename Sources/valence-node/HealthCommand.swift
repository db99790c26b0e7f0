import ArgumentParser
import LocalAPI
import Primitives

/// The command `valence-node health`.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tell whether the running node serves; for monitors and containers.",
        discussion: """
            Ends with 0 when every condition is met, with 1 when one is not, with 3 when no node runs.

            Example: valence-node health
            """
    )

    @OptionGroup var common: CommonOptions
    @ArgumentParser.Flag(help: "Ask only whether the process is alive, and not about to stop.")
    var live = false

    func run() async throws {
        let client = try self.common.client()
        do {
            let answer = try await client.call(self.live ? Endpoints.health : Endpoints.readiness)
            if self.common.json { return Console.json(answer) }
            Self.show(answer["checks"])
        } catch let failure as CommandFailure {
            if !self.common.json { Self.show(failure.checks) }
            throw failure
        }
    }

    private static func show(_ checks: JSONValue?) {
        guard let checks = checks?.elements else { return }
        let rows = checks.map { check in
            [
                check["name"]?.string ?? "", check["ok"]?.bool == true ? "ok" : "failed",
                check["required"]?.string ?? "", check["current"]?.string ?? "",
            ]
        }
        Console.table(
            Table([.text("CONDITION"), .text("IS"), .text("REQUIRED"), .text("NOW")], rows: rows)
        )
    }
}
