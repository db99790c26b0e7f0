import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node genesis`.
struct GenesisCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "genesis",
        abstract: "Make and check the description of a network.",
        discussion: """
            The description names the founders, their scores and where to meet. Every node of the \
            network runs with the same one: `valence-node run --genesis FILE`.

            Example: valence-node genesis new --name lab --founder <node id>=0.5 lab.json
            """,
        subcommands: [New.self, Show.self, Verify.self]
    )

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Describe a new network.",
            discussion:
                "Example: valence-node genesis new --name lab --founder <node id>=0.5 lab.json"
        )

        @Option(help: "What people call the network.") var name: String
        @Option(
            help: "A founder as node id, or node id=score; may be repeated. Default score: 0.5."
        )
        var founder: [String] = []
        @Option(help: "A multiaddr to start from, best with /p2p/…; may be repeated.")
        var bootstrap: [String] = []
        @Option(
            help: "A domain with more of them, in TXT records below _valence-bootstrap._tcp."
        )
        var bootstrapDomain: String?
        @Option(
            help: """
                A file that says which autonomous system announces which addresses: a prefix and \
                a number a line. The description holds its SHA-256; keep both side by side.
                """
        )
        var asnTable: String?
        @Option(
            help: """
                A number of the rules that this network sets for itself, as name=decimal; may be \
                repeated. Names: \(NetworkParameter.allCases.map(\.rawValue).joined(separator: ", ")).
                """
        )
        var parameter: [String] = []
        @Argument(help: "The file to write.") var file: String
        @ArgumentParser.Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            let line = self.name.unicodeScalars.map(\.properties)
            let isOneLine = !self.name.contains(where: \.isNewline)
            guard isOneLine, line.contains(where: { !$0.isWhitespace }) else {
                throw ValidationError("--name is one line of text, such as lab")
            }
        }

        func run() throws {
            let founders = try Self.founders(self.founder)
            let parameters = try Self.parameters(self.parameter)
            do {
                let path = CommonOptions.absolute(self.file)
                let network = NetworkDescription(
                    name: self.name,
                    founders: founders,
                    bootstrap: self.bootstrap,
                    bootstrapDomain: self.bootstrapDomain,
                    operators: try self.asnTable.map {
                        try NetworkDescription.operators(CommonOptions.absolute($0), for: path)
                    },
                    parameters: parameters
                )
                try network.write(to: path)
                NetworkReport.print(network, asJSON: self.json)
            } catch {
                throw CommandFailure(.failed, "\(error)")
            }
            if founders.count < Self.foundersMin {
                Console.say(
                    "Fewer than \(Self.foundersMin) founders ratify nothing; name more before others join."
                )
            }
        }

        /// As many as have to vote on anything.
        ///
        /// Source: D-36.
        private static let foundersMin = 3

        private static func founders(_ texts: [String]) throws -> [NetworkDescription.Founder] {
            let founders = try texts.map { try Self.founder($0) }
            guard !founders.isEmpty else {
                throw CommandFailure(
                    .usage,
                    "nobody founds this network; name \(Self.foundersMin) nodes or more with --founder"
                )
            }
            if let twice = founders.map(\.node).firstRepeated {
                throw CommandFailure(.usage, "--founder names \(twice.hex) more than once")
            }
            return founders
        }

        private static func founder(_ text: String) throws -> NetworkDescription.Founder {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map(String.init)
            let score = FixedPoint(decimal: parts.count == 2 ? parts[1] : "0.5")
            guard let node = parts.first.flatMap({ NodeID(anyForm: $0) }), let score,
                NetworkDescription.Founder.scores.contains(score)
            else {
                throw CommandFailure(
                    .usage,
                    "`\(text)` is not a founder; write 64 hex characters, or these with =0.5 or "
                        + "another score from 0.1 to 1"
                )
            }
            return NetworkDescription.Founder(node: node, score: score)
        }

        private static func parameters(_ texts: [String]) throws -> NetworkParameters {
            var parameters = NetworkParameters()
            let names = texts.map { $0.prefix { $0 != "=" } }
            if let twice = names.firstRepeated {
                throw CommandFailure(.usage, "--parameter sets \(twice) more than once")
            }
            for text in texts {
                let (parameter, value) = try NetworkParameter.parse(text)
                parameters.set(parameter, value)
            }
            return parameters
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a network and its hash.",
            discussion: "Example: valence-node genesis show lab.json"
        )

        @Argument(help: "The file.") var file: String
        @ArgumentParser.Flag(help: "Print one JSON object.") var json = false

        func run() throws {
            NetworkReport.print(try NetworkReport.read(self.file), asJSON: self.json)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a description, and that it is the one that others have.",
            discussion: "Example: valence-node genesis verify lab.json --hash <hash>"
        )

        @Argument(help: "The file.") var file: String
        @Option(help: "The hash that another member of the network shows.") var hash: ContentHash?
        @ArgumentParser.Flag(help: "Print one JSON object.") var json = false

        func run() throws {
            let network = try NetworkReport.read(self.file)
            if let hash, hash.bytes != network.hash {
                throw CommandFailure(
                    .refused,
                    "\(self.file) has the hash \(network.hash?.hex ?? "of no network"), not "
                        + "\(hash.hex); get the same file as the other nodes"
                )
            }
            NetworkReport.print(network, asJSON: self.json)
        }
    }
}

/// A network's description for people and programs.
enum NetworkReport {
    static func read(_ file: String) throws -> NetworkDescription {
        do {
            return try NetworkDescription(path: CommonOptions.absolute(file))
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    static func print(_ network: NetworkDescription, asJSON: Bool) {
        let hash = network.hash.map { JSONValue.string($0.hex) } ?? .null
        if asJSON {
            let prefixes = network.operators.map { JSONValue.integer(Int64($0.count)) }
            return Console.json(
                .object([
                    ("hash", hash), ("network", network.json),
                    ("asn_prefixes", prefixes ?? .null),
                ])
            )
        }
        Console.line("name      \(PeerText.shown(network.name))")
        Console.line("hash      \(network.hash?.hex ?? "- (no founders)")")
        for founder in network.founders {
            Console.line("founder   \(founder.node)  \(founder.score)")
        }
        for (parameter, value) in network.parameters.stated {
            Console.line("parameter \(parameter.rawValue)  \(value)")
        }
        if let operators = network.operators {
            Console.line("asn table \(operators.place)  \(operators.count) prefixes")
            Console.line("          sha256 \(operators.hash.hex)")
        }
        for address in network.bootstrap { Console.line("bootstrap \(PeerText.shown(address))") }
        if let domain = network.bootstrapDomain {
            Console.line("domain    \(PeerText.shown(domain))")
        }
    }
}

extension Array where Element: Hashable {
    /// The first element that was there before.
    fileprivate var firstRepeated: Element? {
        var seen: Set<Element> = []
        return self.first { !seen.insert($0).inserted }
    }
}

extension OperatorTable {
    /// Where the prefixes stand, for people.
    fileprivate var place: String {
        switch self.source {
        case .file(let file): PeerText.shown(file)
        case .inline: "in the description"
        }
    }
}
