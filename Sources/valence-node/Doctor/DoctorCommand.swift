import ArgumentParser
import LocalAPI
import Node
import Primitives

/// The command `valence-node doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what keeps the node from working, and name the step that fails.",
        discussion: """
            It looks at the machine, at the running node, and tries each address that leads into the \
            network as a stranger would: its name, TCP, encryption, identify, what is spoken there, and the \
            handshake with a proof of delay. While the node does not run it also asks each of them \
            whether the node's key signed anything that the own log lacks. It ends with 1 when \
            something has failed.

            Example: valence-node doctor --genesis network.json
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "An address to try; may be repeated. Default: those of the node's settings.")
    var bootstrap: [String] = []
    @Option(help: "The description of the network; default: that of the node's settings.")
    var genesis: String?
    @Option(
        help: ArgumentHelp(
            "A file of settings; default: $VALENCE_CONFIG, or config.toml in the node's directory.",
            valueName: "file"
        )
    )
    var config: String?

    func run() async throws {
        let plan = try DialPlan(
            self.common.directory,
            bootstrap: self.bootstrap,
            genesis: self.genesis,
            config: self.config
        )
        var findings = MachineCheckup(directory: self.common.directory, diskMax: plan.diskMax)
            .findings
        let node = await self.nodeFindings()
        findings += node.findings
        findings += await plan.findings(isRunning: node.isRunning, of: self.common.directory)
        self.show(findings)
        if findings.contains(where: { $0.state == .failed }) { throw ExitCode.failure }
    }

    private func nodeFindings() async -> (findings: [Finding], isRunning: Bool) {
        do {
            let client = try self.common.client()
            let checkup = NodeCheckup(
                status: try await client.call("brief_status"),
                readiness: try await Self.readiness(client),
                storage: try await client.call("storage")
            )
            return ([Finding("node", .ok, "it runs and answers")] + checkup.findings, true)
        } catch let failure as CommandFailure {
            let state: Finding.State = failure.code == .notRunning ? .warning : .failed
            return ([Finding("node", state, failure.detail)], failure.code != .notRunning)
        } catch {
            return ([Finding("node", .failed, "\(error)")], true)
        }
    }

    /// A node that is not ready says why in the same form.
    private static func readiness(_ client: APIClient) async throws -> JSONValue {
        do {
            return try await client.call(Endpoints.readiness)
        } catch let failure as CommandFailure {
            guard let checks = failure.checks else { throw failure }
            return .object([("checks", checks)])
        }
    }

    private func show(_ findings: [Finding]) {
        if self.common.json {
            return Console.json(.object([("findings", .array(findings.map(\.json)))]))
        }
        let rows = findings.map { [$0.state.rawValue, $0.subject, $0.detail] }
        Console.table(Table([.text("IS"), .text("SUBJECT"), .text("DETAIL")], rows: rows))
    }
}
