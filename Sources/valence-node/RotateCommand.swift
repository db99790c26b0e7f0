import ArgumentParser
import Cryptography
import Messages
import Node
import Primitives

extension IdentityCommand {
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace this node's key by a fresh one.",
            discussion: """
                The new key is made in the data directory and announced by the old one. Restart the \
                node afterwards: it then runs under the new key, with the same log. The old key \
                stays beside it as node.key.retired and signs for one more hour only. A rotation \
                that was cut short is finished by asking for it again. If somebody else rotated \
                this key, --contest signs a rival rotation within the hour: both successors are \
                suspended then, until a vote names the right one.

                Example: valence-node id rotate
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @ArgumentParser.Flag(help: "Contradict a rotation that somebody else made with this key.")
        var contest = false

        func run() async throws {
            let client = try self.common.client(self.acting)
            let old = try OwnKey.load(self.common)
            let identity = try await client.call("own_identity")
            try self.check(identity, runsAs: NodeID(old.publicKey))
            if let successor = try RotatedKey.successor(in: identity) {
                let prepared = try OwnKey.reading { try self.common.directory.preparedNode() }
                if prepared == successor { return try self.finish(successor) }
                guard self.contest else { throw self.foreign(successor) }
            }
            let new = try OwnKey.reading { try self.common.directory.prepareRotation() }
            let answer = try await client.call("rotate_key", Self.payload(old, new))
            try OwnKey.reading { try self.common.directory.completeRotation() }
            Published.print(answer, self.common)
            self.common.say(Self.nextStep(NodeID(new.publicKey)))
        }

        /// The key in the data directory is the node's from its next start on, and a key rotates
        /// itself alone.
        private func check(_ identity: JSONValue, runsAs own: NodeID) throws {
            let running = identity["key"]?.string ?? ""
            guard running != own.hex else { return }
            throw CommandFailure(
                .refused,
                "the node still runs as \(running), while its directory holds the key \(own.hex); "
                    + "restart the node first, then rotate again"
            )
        }

        /// An earlier command ended after the node took the rotation in, and before the key was in
        /// its place.
        private func finish(_ successor: NodeID) throws {
            try OwnKey.reading { try self.common.directory.completeRotation() }
            if self.common.json {
                return Console.json(
                    .object([
                        ("new_key", .string(successor.hex)), ("already_rotated", .bool(true)),
                    ])
                )
            }
            Console.line(successor.hex)
            self.common.say("The node recorded this rotation before; its new key is in place now.")
            self.common.say(Self.nextStep(successor))
        }

        private func foreign(_ successor: NodeID) -> CommandFailure {
            CommandFailure(
                .refused,
                "this node's key was rotated to \(successor) before, whose key is not here. If it is "
                    + "yours, put its key file at \(self.common.directory.nextKeyPath) and rotate "
                    + "again. If somebody stole this key, `valence-node id rotate --contest` "
                    + "contradicts that rotation within an hour of it"
            )
        }

        private static func payload(_ old: SigningKey, _ new: SigningKey)
            -> [(String, JSONValue?)]
        {
            let (oldNode, newNode) = (NodeID(old.publicKey), NodeID(new.publicKey))
            let consent = KeyRotate.consentBytes(oldKey: oldNode, newKey: newNode)
            return [
                ("old_key", .string(oldNode.hex)), ("new_key", .string(newNode.hex)),
                ("new_key_signature", .string(new.sign(consent).hex)),
            ]
        }

        private static func nextStep(_ node: NodeID) -> String {
            "Now restart the node; it will run as \(node.hex)."
        }
    }
}

/// The key of a node that was rotated, as the node and its directory know it.
enum RotatedKey {
    /// The key that took the place of the node's; nil while the node's is in use.
    static func successor(in identity: JSONValue) throws -> NodeID? {
        guard let text = identity["rotated_to"]?.string else { return nil }
        guard let node = NodeID(hex: text) else {
            throw CommandFailure(.failed, "the node names a successor that is not a key: `\(text)`")
        }
        return node
    }

    /// What to tell the operator of a running node whose rotation was cut short; nil if none was.
    static func warning(_ directory: DataDirectory) async -> String? {
        guard let prepared = try? directory.preparedNode(),
            let client = try? APIClient(directory),
            let identity = try? await client.call("own_identity"),
            let successor = try? Self.successor(in: identity), successor == prepared
        else { return nil }
        return "Warning: this node's key was rotated to \(successor), and the new key is not in "
            + "its place yet. Finish with `valence-node id rotate --data-dir \(directory.path)`, then "
            + "restart the node; the old key signs for one hour only."
    }
}
