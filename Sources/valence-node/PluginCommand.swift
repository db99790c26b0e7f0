import ArgumentParser
import Doors
import Messages
import Node
import Primitives

/// The command `valence-node plugin`.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Add subsystems that are programs of their own, and see how they do.",
        discussion: """
            Plug-ins are programs that speak with the node on their standard streams. They run as this \
            user: --scope says what they may ask of the node, and not what they may do on this machine.
            """,
        subcommands: [List.self, Add.self, Remove.self, Logs.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the plug-ins, and what those of the running node use.",
            discussion: "Example: valence-node plugin list"
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let added = try PluginCommand.added(self.common.directory)
            let running = await self.running()
            let rows = added.map { plugin in
                running.first { $0["name"]?.string == plugin.name } ?? Self.idle(plugin)
            }
            let removed = running.filter { row in
                !added.contains { $0.name == row["name"]?.string }
            }
            if self.common.json {
                return Console.json(.object([("plugins", .array(rows + removed))]))
            }
            self.common.say(nothingIn: rows + removed, "no plug-ins")
            for row in rows + removed { Self.print(row) }
        }

        /// What the running node says; nothing when none runs, or when it was started without plug-ins.
        private func running() async -> [JSONValue] {
            guard let client = try? APIClient(self.common.directory),
                let answer = try? await client.call(Plugins.operation)
            else { return [] }
            return answer["plugins"]?.elements ?? []
        }

        private static func idle(_ plugin: PluginRegistration) -> JSONValue {
            .object([
                ("name", .string(plugin.name)), ("version", .string(plugin.manifest.version)),
                ("scope", .string(plugin.scope.rawValue)),
                ("state", .string("runs from the next start of the node")),
            ])
        }

        private static func print(_ row: JSONValue) {
            Console.line(
                "\(row["name"]?.string ?? "") \(PeerText.shown(row["version"]?.string ?? ""))  "
                    + "\(row["scope"]?.string ?? "")  \(row["state"]?.string ?? "")"
            )
            guard let starts = row["starts"]?.integer else { return }
            Console.line(
                "  \(row["memory_bytes"]?.integer ?? 0) bytes, \(row["cpu_ms"]?.integer ?? 0) ms of "
                    + "processor time, started \(starts) times"
            )
            if let problem = row["last_problem"]?.string {
                Console.line("  last problem: \(PeerText.shown(problem))")
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a program to this node; it runs from the next start on.",
            discussion: """
                The program is run once and asked what it is. What it says then is what it may be: one \
                that says something else later is not run.

                Example: valence-node plugin add ./verifier.py --scope act
                """
        )

        @OptionGroup var common: CommonOptions
        @Option(help: "read; or act, to let it send messages in the name of this node.")
        var scope = PluginScope.read
        @Argument(help: "The program.") var path: String
        @Argument(parsing: .postTerminator, help: "What follows its name, behind `--`.")
        var arguments: [String] = []

        func run() throws {
            let directory = self.common.directory
            guard (try? directory.loadKey()) != nil else {
                throw CommandFailure(.failed, "\(NodeError.notInitialised(path: directory.path))")
            }
            let plugin: PluginRegistration
            do {
                plugin = try directory.addPlugin(
                    CommonOptions.absolute(self.path),
                    self.arguments,
                    scope: self.scope.scope
                )
            } catch {
                throw CommandFailure(.refused, error.description)
            }
            if self.common.json {
                return Console.json(
                    .object([
                        ("name", .string(plugin.name)), ("manifest", plugin.manifestJSON),
                        ("scope", .string(plugin.scope.rawValue)),
                    ])
                )
            }
            Console.line(plugin.name)
            self.common.say("It runs from the next start of the node on.")
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a plug-in off this node; it ends with the node.",
            discussion: """
                What it kept stays in the data directory.

                Example: valence-node plugin remove verifier
                """
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "Its name.") var name: String

        func run() throws {
            do {
                guard try self.common.directory.removePlugin(self.name) else {
                    throw CommandFailure(.refused, "there is no plug-in `\(self.name)`")
                }
            } catch let error as NodeError {
                throw CommandFailure(.failed, "\(error)")
            }
            if self.common.json { return Console.json(.object([("name", .string(self.name))])) }
            self.common.say("It does not run from the next start of the node on.")
        }
    }

    struct Logs: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a plug-in said on its standard error, and the node of it.",
            discussion: "Example: valence-node plugin logs verifier"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "Most lines, the newest.") var lines = 200

        func run() throws {
            let plugins = try PluginCommand.added(self.common.directory)
            guard plugins.contains(where: { $0.name == self.name }) else {
                throw CommandFailure(.refused, "there is no plug-in `\(self.name)`")
            }
            let bytes: [UInt8]
            do {
                bytes = try self.common.directory.readPluginLog(self.name) ?? []
            } catch {
                throw CommandFailure(.failed, "\(error)")
            }
            let texts = bytes.split(separator: 0x0a).suffix(max(0, self.lines)).map {
                String(decoding: $0, as: UTF8.self)
            }
            if self.common.json {
                return Console.json(.object([("lines", .array(texts.map { .string($0) }))]))
            }
            for text in texts { Console.line(PeerText.shown(text)) }
        }
    }

    /// The plug-ins that were added.
    fileprivate static func added(_ directory: DataDirectory) throws -> [PluginRegistration] {
        do {
            return try directory.loadPlugins()
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }
}

/// What the operator lets a plug-in do.
enum PluginScope: String, ExpressibleByArgument, CaseIterable {
    case read
    case act

    var scope: Doors.Operation.Scope { self == .act ? .act : .read }
}
