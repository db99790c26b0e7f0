import ArgumentParser
import LocalAPI
import Messages
import Node
import Primitives
import SwarmTransport

/// The command `valence-node doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what keeps the node from working, and name the step that fails.",
        discussion: """
            It looks at the machine, at the running node, and tries each address that leads into the \
            network as a stranger would: its name, TCP, Noise, identify, and what is spoken there. It \
            ends with 1 when something has failed.

            Example: valence-node doctor --genesis network.json
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "An address to try; may be repeated.")
    var bootstrap: [String] = []
    @Option(help: "The description of the network, whose addresses are tried.")
    var genesis: String?

    func run() async throws {
        let addresses = try self.addresses
        var findings = MachineCheckup(directory: self.common.directory).findings
        findings += await self.nodeFindings()
        for address in addresses { findings += await Self.findings(at: address) }
        self.show(findings)
        if findings.contains(where: { $0.state == .failed }) { throw ExitCode.failure }
    }

    private var addresses: [String] {
        get throws {
            guard let genesis else { return self.bootstrap }
            do {
                let description = try NetworkDescription(path: CommonOptions.absolute(genesis))
                return self.bootstrap + description.bootstrap
            } catch {
                throw CommandFailure(.failed, "\(error)")
            }
        }
    }

    private func nodeFindings() async -> [Finding] {
        do {
            let client = try self.common.client()
            let checkup = NodeCheckup(
                status: try await client.call("brief_status"),
                readiness: try await Self.readiness(client),
                storage: try await client.call("storage")
            )
            return [Finding("node", .ok, "it runs and answers")] + checkup.findings
        } catch let failure as CommandFailure {
            let state: Finding.State = failure.code == .notRunning ? .warning : .failed
            return [Finding("node", state, failure.detail)]
        } catch {
            return [Finding("node", .failed, "\(error)")]
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

    private static func findings(at address: String) async -> [Finding] {
        await AddressProbe().steps(to: address).map { step in
            Finding("\(address): \(step.name)", step.isGood ? .ok : .failed, step.detail)
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
