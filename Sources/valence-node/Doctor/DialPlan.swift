import Foundation
import Messages
import Node
import Primitives
import SwarmTransport

/// Which addresses the doctor tries, and as part of which network: what the node itself would begin with.
struct DialPlan {
    private let addresses: [String]
    private let domain: String?
    private let network: NetworkMark?
    /// Most bytes of log and artefacts; nil for the whole disk.
    let diskMax: Int64?

    /// Reads the settings of a node.
    ///
    /// - Throws: ``CommandFailure`` for settings, or a description, that the node could not use either.
    init(_ directory: DataDirectory, bootstrap: [String], genesis: String?, config: String?) throws
    {
        do {
            let settings = try Settings(
                given: ["bootstrap": bootstrap, "genesis": genesis.map { [$0] } ?? []]
                    .filter { !$0.value.isEmpty },
                environment: ProcessInfo.processInfo.environment,
                file: try SettingsFile.ofNode(in: directory, named: config)
            )
            let configuration = try settings.configuration(of: directory)
            let description = try configuration.genesisPath.map { try NetworkDescription(path: $0) }
            self.addresses =
                configuration.bootstrap + configuration.direct + (description?.bootstrap ?? [])
            self.domain = configuration.bootstrapDomain ?? description?.bootstrapDomain
            self.network = description?.mark
            self.diskMax = configuration.caps.diskBytes
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    /// Tries all of them, each address once.
    func findings(isRunning: Bool, of directory: DataDirectory) async -> [Finding] {
        let (own, about) = Self.ownRecord(of: directory, isRunning: isRunning)
        let probe = AddressProbe(network: self.network, own: own)
        var steps: [AddressProbe.Step] = []
        var tried: Set<String> = []
        for address in self.addresses where tried.insert(address).inserted {
            steps += await probe.steps(to: address)
        }
        if let domain { steps += await probe.steps(below: "\(Self.service).\(domain)") }
        let nowhere = Finding(
            "bootstrap",
            .warning,
            "no address leads into the network; name one in `bootstrap` of config.toml"
        )
        return about + (steps.isEmpty ? [nowhere] : steps.map(Self.finding))
    }

    /// Where a domain has records of nodes (R-04-005).
    private static let service = "_valence-bootstrap._tcp"

    /// What others may have of the node that the own log lacks; a running node looks for it by itself.
    private static func ownRecord(of directory: DataDirectory, isRunning: Bool)
        -> (AddressProbe.OwnRecord?, [Finding])
    {
        guard !isRunning else { return (nil, []) }
        do {
            let (node, newest) = try directory.ownRecord()
            return (AddressProbe.OwnRecord(node: node, newest: newest), [])
        } catch {
            let detail = "not looked for elsewhere: \(error)"
            return (nil, [Finding("own record", .warning, detail)])
        }
    }

    private static func finding(_ step: AddressProbe.Step) -> Finding {
        let state: Finding.State =
            switch step.outcome {
            case .good: .ok
            case .doubtful: .warning
            case .bad: .failed
            }
        return Finding(
            "\(step.address): \(step.name)",
            state,
            step.detail,
            of: (step.address, step.name)
        )
    }
}
