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

            Verbs that ask a node find it through --data-dir, or else through VALENCE_SERVER_URL and \
            VALENCE_TOKEN, or else through $VALENCE_DATA_DIR.

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no node is running, 4 refused by a rule \
            or a limit, or because this node does not know what is named, 5 timed out.
            """,
        version: NodeVersion.text,
        subcommands: [
            InitCommand.self, RunCommand.self, StatusCommand.self, HealthCommand.self,
            DoctorCommand.self, ConfigCommand.self, DashboardCommand.self, IdentityCommand.self,
            BackupCommand.self, CompactCommand.self, NetworkCommand.self, PeerCommand.self,
            RequestCommand.self,
            ProposalCommand.self, ContentCommand.self, StorageCommand.self, ReputationCommand.self,
            InboxCommand.self, EventsCommand.self, WatchCommand.self, ExplainCommand.self,
            SkillCommand.self, GenesisCommand.self, ExportCommand.self, ImportCommand.self,
            DevnetCommand.self, SimulateCommand.self, CallCommand.self, MCPCommand.self,
            PluginCommand.self, TokenCommand.self, TopologyCommand.self,
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
            self.end(with: failure)
        } catch let code as ExitCode {
            // The command has said all that there is to say.
            Glibc.exit(code.rawValue)
        } catch {
            self.end(with: error)
        }
    }

    /// Whether a program reads what is printed.
    ///
    /// Looked up by hand, since arguments that cannot be parsed are a failure of their own.
    private static var printsJSON: Bool { self.isGiven("--json") }

    private static func isGiven(_ flag: String) -> Bool {
        CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains(flag)
    }

    private static func end(with failure: CommandFailure) -> Never {
        // Who reads a stream of entries must not take this for one of them.
        if self.isGiven("--jsonl") {
            Console.failure(failure)
            Glibc.exit(failure.code.rawValue)
        }
        if self.printsJSON { Console.json(failure.json) }
        Console.failure(failure.text)
        Glibc.exit(failure.code.rawValue)
    }

    /// What the argument parser throws: help and version, or wrong usage.
    private static func end(with error: any Error) -> Never {
        let code = self.exitCode(for: error)
        let text = self.fullMessage(for: error)
        if code == .success {
            Console.line(text)
            Glibc.exit(0)
        }
        let exit = code == .validationFailure ? ExitStatus.usage : .failed
        if self.printsJSON { Console.json(CommandFailure(exit, self.message(for: error)).json) }
        Console.failure(text)
        Glibc.exit(exit.rawValue)
    }
}
