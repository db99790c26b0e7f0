import ArgumentParser
import Node
import Primitives

/// The command `valence-node backup`.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Keep what brings a node back: its key, network, settings and lists.",
        discussion: """
            A backup is one file of the age format, locked with a passphrase: `age --decrypt FILE` opens it as well. \
            Log and artefacts are not in it, since other nodes have them.

            Example: valence-node backup create node.backup --genesis network.json
            """,
        subcommands: [Create.self, Verify.self, Restore.self]
    )

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a backup of this node, which may run meanwhile.",
            discussion: """
                The settings in it are those of config.toml in the node's directory, or of the file that --config or \
                $VALENCE_CONFIG names.

                Example: valence-node backup create node.backup --genesis network.json
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var lock: BackupLock
        @Argument(help: "The file to write; one that exists is never written over.") var file:
            String
        @Option(help: "The description of the network that the node is started with.")
        var genesis: String?
        @Option(
            help: ArgumentHelp(
                "The file of settings that the node is started with.",
                valueName: "file"
            )
        )
        var config: String?

        func run() throws {
            let directory = self.common.directory
            let path = CommonOptions.absolute(self.file)
            let backup = try OwnKey.reading {
                try directory.backup(
                    genesis: self.genesis.map(CommonOptions.absolute),
                    configuration: SettingsFile.named(self.config),
                    now: .now
                )
            }
            let passphrase = try self.lock.new()
            try OwnKey.reading { try backup.write(to: path, lockedBy: passphrase) }
            BackupReport.print(backup, path, self.common)
            self.common.say(
                "Keep it and its passphrase in two places, neither of which is this machine. Try it with "
                    + "`valence-node backup verify \(path)`."
            )
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a backup and say what is in it; nothing is changed.",
            discussion: "Example: valence-node backup verify node.backup"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var lock: BackupLock
        @Argument(help: "The backup.") var file: String

        func run() throws {
            let path = CommonOptions.absolute(self.file)
            BackupReport.print(try self.lock.open(path).backup, path, self.common)
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a data directory of a backup.",
            discussion: """
                The directory must have no key. A config.toml in it that says something else gets another name. A key that was locked is locked again, with the passphrase of the \
                backup. The node runs under its old name, and says nothing until it has read what the network knows \
                and noticed no other process with its key for twenty minutes.

                Example: valence-node backup restore node.backup --data-dir ./node
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var lock: BackupLock
        @Argument(help: "The backup.") var file: String

        func run() throws {
            let directory = self.common.directory
            let (backup, passphrase) = try self.lock.open(CommonOptions.absolute(self.file))
            let (node, displaced) = try OwnKey.reading {
                try directory.restore(backup, lockedBy: backup.isKeyLocked ? passphrase : nil)
            }
            PutBackReport.print(node, directory, self.common)
            if let displaced {
                Console.say("The config.toml that was there is \(displaced) now; compare the two.")
            }
            let genesis = directory.restoredDescription.map { " --genesis \($0)" } ?? ""
            self.common.say("Next: valence-node run --data-dir \(directory.path)\(genesis)")
        }
    }
}

/// What locks a backup.
struct BackupLock: ParsableArguments {
    private static let option = "--backup-passphrase-file"
    private static let what = "the backup"

    @Option(
        help: ArgumentHelp(
            "A file whose first line locks the backup, or unlocks it; without it, the passphrase is typed.",
            valueName: "file"
        )
    )
    var backupPassphraseFile: String?

    private var passphrase: Passphrase { Passphrase(named: self.backupPassphraseFile) }

    /// One for a backup that is to be made.
    func new() throws -> [UInt8] { try self.passphrase.new(of: Self.what, option: Self.option) }

    /// A backup, and what opened it.
    func open(_ path: String) throws -> (backup: Backup, passphrase: [UInt8]) {
        let passphrase = try self.passphrase.known(of: Self.what, option: Self.option)
        let backup = try OwnKey.reading { try Backup(path: path, passphrase: passphrase) }
        return (backup, passphrase)
    }
}

/// What is in a backup.
private enum BackupReport {
    static func print(_ backup: Backup, _ path: String, _ common: CommonOptions) {
        if common.json {
            return Console.json(
                .object([
                    ("file", .string(path)), ("node_id", .string(backup.node.hex)),
                    ("created_at", .integer(backup.createdAt.milliseconds)),
                    ("high_water", .integer(backup.highWater.milliseconds)),
                    ("key_locked", .bool(backup.isKeyLocked)),
                    ("network", backup.network.map { .string($0.hash) } ?? .null),
                    ("contents", .array(backup.contents.map { .string($0) })),
                ])
            )
        }
        Console.line("node      \(backup.node.hex)")
        Console.line("made      \(Moments.text(backup.createdAt.milliseconds))")
        Console.line("network   \(backup.network?.hash ?? "none yet")")
        Console.line("contents  \((["the key"] + backup.contents).joined(separator: ", "))")
    }
}
