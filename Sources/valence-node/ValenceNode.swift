import ArgumentParser
import Glibc
import Node

/// The command line of a Valence node.
struct ValenceNode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "valence-node",
        abstract: "Runs a node of the Valence Network and talks to it.",
        discussion: """
            Start with `valence-node init`, then `valence-node run`. To see the whole loop on one \
            machine: `valence-node devnet`.

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no node is running, 4 refused by a rule \
            of the protocol, 5 timed out.
            """,
        version: NodeVersion.text,
        subcommands: [
            InitCommand.self, RunCommand.self, StatusCommand.self, IdentityCommand.self,
            NetworkCommand.self, PeerCommand.self,
            RequestCommand.self, ProposalCommand.self, ContentCommand.self,
            ReputationCommand.self, GenesisCommand.self, DevnetCommand.self, SimulateCommand.self,
            TopologyCommand.self,
        ]
    )
}

extension ValenceNode {
    /// Parses the arguments, runs the command and ends the process with its exit code.
    static func execute() async {
        do {
            let command = try self.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                var synchronous = command
                try synchronous.run()
            }
        } catch let failure as CommandFailure {
            Console.failure(failure.detail)
            Glibc.exit(failure.code.rawValue)
        } catch {
            self.end(with: error)
        }
    }

    /// What the argument parser throws: help and version, or wrong usage.
    private static func end(with error: any Error) -> Never {
        let code = self.exitCode(for: error)
        let text = self.fullMessage(for: error)
        if code == .success {
            Console.line(text)
            Glibc.exit(0)
        }
        Console.failure(text)
        let isUsage = code == .validationFailure
        Glibc.exit(isUsage ? ExitStatus.usage.rawValue : ExitStatus.failed.rawValue)
    }
}
