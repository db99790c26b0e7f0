import ArgumentParser
import Node
import Primitives

/// The command `valence-node config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "See what a node runs with, and what may be set.",
        discussion: """
            Flags of `run` come first, then variables such as VALENCE_MAX_MEMORY, then config.toml in the \
            node's directory, then the profile, then what is built in. Lists in variables have commas \
            between their parts.

            Example: valence-node config show --origin
            """,
        subcommands: [Show.self, Schema.self]
    )

    /// The command `valence-node config show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print every setting as `run` would use it now, with the same flags.",
            discussion: """
                What is printed is a config.toml that says the same.

                Example: valence-node config show --origin --profile server
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var options: SettingOptions
        @ArgumentParser.Flag(help: "Say where each value is from.")
        var origin = false

        func run() async throws {
            let settings: Settings
            do {
                settings = try self.options.settings(of: self.common.directory)
                _ = try settings.configuration(of: self.common.directory)
            } catch {
                throw CommandFailure(.usage, "\(error)")
            }
            if self.common.json {
                return Console.json(
                    .object(settings.entries.map { ($0.setting.name, self.json($0)) })
                )
            }
            for entry in settings.entries where entry.origin != .unset || self.origin {
                Console.line(self.line(entry))
            }
        }

        private func line(_ entry: Settings.Entry) -> String {
            // What nobody set has no value to write; its line is a comment, so that all is a config.toml.
            guard entry.origin != .unset else {
                return "# \(entry.setting.name)  # \(entry.origin)"
            }
            let value = "\(entry.setting.name) = \(entry.setting.written(entry.words))"
            return self.origin ? "\(value)  # \(entry.origin)" : value
        }

        private func json(_ entry: Settings.Entry) -> JSONValue {
            let value = entry.setting.json(entry.words)
            guard self.origin else { return value }
            return .object([("value", value), ("origin", .string("\(entry.origin)"))])
        }
    }

    /// The command `valence-node config schema`.
    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schema",
            abstract: "Print the JSON Schema of config.toml, for editors.",
            discussion: """
                Example: valence-node config schema >config.schema.json
                """
        )

        @OptionGroup var common: CommonOptions

        func run() { Console.json(Setting.schema) }
    }
}

extension Settings.Origin: CustomStringConvertible {
    var description: String {
        switch self {
        case .flag: "flag"
        case .variable(let name): name
        case .file(let path): path
        case .profile(let profile): "profile \(profile.rawValue)"
        case .builtIn: "built in"
        case .unset: "not set: the node decides"
        }
    }
}
