import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a key and a data directory for a new node.",
        discussion: "Example: valence-node init --data-dir ./node"
    )

    @OptionGroup var common: CommonOptions
    @ArgumentParser.Flag(help: "Lock the key with a passphrase, which every start then needs.")
    var lock = false

    func run() throws {
        let directory = self.common.directory
        let passphrase = try self.lock ? self.common.passphrase.new() : nil
        let node: NodeID
        do {
            node = try directory.initialise(lockedBy: passphrase)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        if self.common.json {
            Console.json(
                .object([
                    ("node_id", .string(node.hex)), ("data_dir", .string(directory.path)),
                    ("peer_id", node.peerID.map { .string($0) } ?? .null),
                ])
            )
            return
        }
        Console.line(node.hex)
        self.common.say("There is a node in \(directory.path). Keep node.key to yourself.")
        if let peerID = node.peerID {
            self.common.say("Others reach it at /ip4/<its address>/tcp/9090/p2p/\(peerID).")
        }
        self.common.say(
            "Next: valence-node run --data-dir \(directory.path) --genesis <description of the network>"
        )
    }
}
