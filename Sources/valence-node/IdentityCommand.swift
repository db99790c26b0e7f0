import ArgumentParser
import Cryptography
import Messages
import Node
import Primitives

/// The command `valence-node id`.
struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Look at an identity, and link, revoke, rotate, lock or recover its keys.",
        discussion: """
            One identity may act with several keys, one a device. Its root links a device after \
            the device consented.

            Example, on the device: valence-node id consent <root key>
            and then on the root:   valence-node id link <device key> <signature> --label laptop
            """,
        subcommands: [
            Show.self, Consent.self, Link.self, Revoke.self, Rotate.self, Lock.self, Unlock.self,
            Words.self, Recover.self,
        ]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which keys act for an identity.",
            discussion: "Example: valence-node id show"
        )

        @OptionGroup var common: CommonOptions
        @Argument(
            help: "A key: 64 hex characters, did:valence:… or 12D3Koo…; default: this node's."
        ) var key: NodeID?

        func run() async throws {
            let identity = try await self.identity()
            if self.common.json { return Console.json(identity) }
            let key = identity["key"]?.string ?? ""
            Console.line("key       \(key)")
            Console.line("peer id   \(NodeID(hex: key)?.peerID ?? "-")")
            Console.line("identity  \(identity["did"]?.string ?? "")")
            for key in (identity["keys"]?.elements ?? []).compactMap(\.string) {
                let label = identity["labels"]?[key]?.string.map { "  \(PeerText.shown($0))" }
                Console.line("signs     \(key)\(label ?? "")")
            }
            if let successor = identity["rotated_to"]?.string {
                Console.line("rotated   to \(successor)")
            }
            if let root = identity["revoked_by"]?.string {
                let from = Moments.text(identity["revoked_from"]?.integer)
                Console.line("revoked   by \(root), its messages are void from \(from)")
            }
            if identity["suspended"]?.bool == true {
                Console.line("suspended two rotations contradict each other; a vote decides")
            }
        }

        /// What the node knows; of its own key something is known before it ever ran.
        private func identity() async throws -> JSONValue {
            do {
                let client = try self.common.client()
                guard let key else { return try await client.call("own_identity") }
                return try await client.call("identity", [("id", .string(key.hex))])
            } catch let failure as CommandFailure
                where failure.code == .notRunning && self.common.asksOwnNode
            {
                guard self.key == nil else { throw failure }
                self.common.say("No node is running; this is what the data directory says.")
                return try IdentityCommand.offline(self.common.directory)
            }
        }
    }

    private static func offline(_ directory: DataDirectory) throws -> JSONValue {
        let node = NodeID(try OwnKey.reading { try directory.loadKey() }.publicKey)
        return .object([
            ("key", .string(node.hex)), ("did", .string(node.did)),
            ("peer_id", node.peerID.map { .string($0) } ?? .null), ("running", .bool(false)),
        ])
    }

    struct Consent: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign this node's consent to act for another key.",
            discussion: """
                Run it on the device that is to be linked. It gives the root full control over this key, \
                for ever: check the root's key twice. Give the printed signature to \
                `valence-node id link` on the root's node.

                Example: valence-node id consent <root key>
                """
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The root's key, 64 hex characters.") var root: NodeID

        func run() throws {
            let key = try OwnKey.load(self.common)
            let own = NodeID(key.publicKey)
            guard own != self.root else {
                throw CommandFailure(.refused, "a key cannot be linked to itself")
            }
            let signature = key.sign(self.root.array + own.array).hex
            if self.common.json {
                return Console.json(
                    .object([
                        ("root_key", .string(self.root.hex)), ("child_key", .string(own.hex)),
                        ("child_signature", .string(signature)),
                    ])
                )
            }
            Console.line(signature)
            self.common.say("Next, on the root: valence-node id link \(own.hex) <signature>")
        }
    }

    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let another key act for this node's identity.",
            discussion: "Example: valence-node id link <device key> <signature> --label laptop"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The key to link, 64 hex characters.") var child: NodeID
        @Argument(help: "Its consent, from `valence-node id consent`.") var signature: String
        @Option(help: "A name for the device.") var label: String?

        func run() async throws {
            let client = try self.common.client(self.acting)
            let answer = try await client.call(
                "link_key",
                [
                    ("root_key", try await OwnKey.node(client)),
                    ("child_key", .string(self.child.hex)),
                    ("child_signature", .string(self.signature)),
                    ("label", self.label.map { .string($0) }),
                ] + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a key out of this identity for ever.",
            discussion: "Example: valence-node id revoke <device key> --reason stolen"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The key, 64 hex characters.") var key: NodeID
        @Option(help: "Why.") var reason: String?
        @Option(help: "Unix milliseconds from which its messages are void, 30 days back at most.")
        var effectiveFrom: Int64?

        func run() async throws {
            let client = try self.common.client(self.acting)
            let answer = try await client.call(
                "revoke_key",
                [
                    ("root_key", try await OwnKey.node(client)),
                    ("revoked_key", .string(self.key.hex)),
                    ("reason", self.reason.map { .string($0) }),
                    ("effective_from", self.effectiveFrom.map { .integer($0) }),
                ] + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }
}

/// The key of the node that a command talks to.
enum OwnKey {
    static func load(_ common: CommonOptions) throws -> SigningKey {
        try self.reading { try common.directory.loadKey() }
    }

    /// Reads or changes key files.
    static func reading<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    static func node(_ client: APIClient) async throws -> JSONValue {
        try await client.call("own_identity")["key"] ?? .null
    }
}
