import ArgumentParser
import Node
import Primitives

extension IdentityCommand {
    struct Lock: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lock this node's key with a passphrase, or with another one.",
            discussion: """
                The key file becomes one of the age format, so that `age --decrypt node.key` opens it as \
                well. Every start of the node needs the passphrase from then on. Without it the key is \
                lost, and with it the identity.

                Example: valence-node id lock
                """
        )

        @OptionGroup var common: CommonOptions
        @Option(
            help: ArgumentHelp(
                "A file whose first line is the new passphrase; without it, it is typed.",
                valueName: "file"
            )
        )
        var newPassphraseFile: String?

        func run() throws {
            let directory = self.common.directory
            // That of a locked key is asked for first: whoever does not know it changes nothing.
            _ = try OwnKey.load(self.common)
            let new = try Passphrase(named: self.newPassphraseFile).new()
            let node = try OwnKey.reading { try directory.relock(with: new) }
            LockReport.print(node, isLocked: true, self.common)
        }
    }

    struct Unlock: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the passphrase off this node's key.",
            discussion: """
                Whoever can read the file can act for the node then.

                Example: valence-node id unlock
                """
        )

        @OptionGroup var common: CommonOptions

        func run() throws {
            let directory = self.common.directory
            let node = try OwnKey.reading { try directory.relock(with: nil) }
            LockReport.print(node, isLocked: false, self.common)
        }
    }
}

/// What became of a key.
private enum LockReport {
    static func print(_ node: NodeID, isLocked: Bool, _ common: CommonOptions) {
        if common.json {
            return Console.json(
                .object([("node_id", .string(node.hex)), ("locked", .bool(isLocked))])
            )
        }
        Console.line(node.hex)
        common.say(
            isLocked ? "Its key is locked." : "Its key is open to whoever can read the file."
        )
    }
}
