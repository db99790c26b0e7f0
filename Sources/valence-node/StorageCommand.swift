import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node storage`.
struct StorageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage",
        abstract: "Keep copies for others, and see what becomes of one's own.",
        subcommands: [Status.self, Offer.self, Challenges.self, Transfer.self, Rent.self]
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what this node offers, what it keeps for whom, and what is at risk.",
            discussion: "Example: valence-node storage status"
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await self.common.show("storage") { dealings in
                StorageReport.print(offer: dealings)
                self.common.say(nothingIn: dealings["contracts"]?.elements, "no contracts")
                for contract in dealings["contracts"]?.elements ?? [] {
                    StorageReport.print(contract: contract)
                }
            }
        }
    }

    struct Offer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set how much of the disk is given to copies of others' content.",
            discussion: """
                Copies that are kept or promised already are kept on. 0 accepts nothing more.

                Example: valence-node storage offer 2000000000 --type 'text/*' --type image/png
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @Argument(help: "Bytes.") var bytes: Int64
        @Option(help: "A media type that is taken, or a kind such as text/*; default: all.")
        var type: [String] = []
        @Option(help: "Bytes a second that copies may be fetched with.") var bandwidth: Int64?

        func validate() throws {
            guard self.bytes >= 0, self.bandwidth ?? 1 > 0 else {
                throw ValidationError("bytes and --bandwidth cannot be negative")
            }
        }

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "offer_storage",
                [
                    ("allocated_bytes", .integer(self.bytes)),
                    ("content_types", .array(self.type.map { .string($0) })),
                    ("bytes_per_second", self.bandwidth.map { .integer($0) }),
                ]
            )
            if self.common.json { return Console.json(answer) }
            StorageReport.print(offer: .object([("offer", answer)]))
        }
    }

    struct Challenges: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what this node's challenges of others' copies found.",
            discussion: """
                Below them stand pairs of nodes whose challenges look arranged: one never fails with \
                the other, or is challenged by hardly anybody else. It is a reason to look, no proof.

                Example: valence-node storage challenges
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var stream: StreamOptions

        func run() async throws {
            let copies = ListedOperation(name: "storage", member: "challenges")
            let none = "no copies to challenge"
            try await self.common.show(copies, self.stream, else: none) { dealings in
                for copy in dealings["challenges"]?.elements ?? [] {
                    StorageReport.print(challenge: copy)
                }
                for pair in dealings["suspicious_pairs"]?.elements ?? [] {
                    StorageReport.print(suspicious: pair)
                }
            }
        }
    }

    struct Transfer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand a copy over to another provider, for a small fee.",
            discussion: """
                This node keeps its copy until the other one has it and has passed a challenge.

                Example: valence-node storage transfer <sha256> --to <node>
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "sha256 of the artefact, 64 hex characters.") var hash: ContentHash
        @Option(help: "Who takes over: 64 hex characters, did:valence:… or 12D3Koo….")
        var to: NodeID

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "transfer_copy",
                [("id", .string(self.hash.hex)), ("to", .string(self.to.hex))]
                    + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }

    struct Rent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what rent this identity earned and paid, by this node's books.",
            discussion: "Example: valence-node storage rent"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var stream: StreamOptions

        func run() async throws {
            try self.stream.check(self.common)
            let history = try await ReputationReport.fetch(nil, self.common)
            let rents = (history["entries"]?.elements ?? []).filter(StorageReport.isOfStorage)
            if self.stream.jsonl { return rents.forEach(Console.json) }
            if self.common.json {
                return Console.json(.object([("entries", .array(rents))]))
            }
            self.common.say(nothingIn: rents, "no rent was earned or paid yet")
            let rows = rents.map { entry in
                [
                    Moments.text(entry["at"]?.integer), Score.change(entry["change"]?.integer),
                    entry["cause"]?.string ?? "",
                ]
            }
            Console.table(Table([.text("WHEN"), .number("CHANGE"), .text("CAUSE")], rows: rows))
        }
    }
}

/// The storage market for people.
enum StorageReport {
    /// Whether an entry of a score comes from the storage market.
    static func isOfStorage(_ entry: JSONValue) -> Bool {
        LedgerCause(of: entry["cause"]?.string ?? "")?.isOfStorage ?? false
    }

    static func print(offer dealings: JSONValue) {
        let offer = dealings["offer"]
        let types = (offer?["content_types"]?.elements ?? []).compactMap(\.string)
        Console.line("offers    \(offer?["allocated_bytes"]?.integer ?? 0) bytes")
        if !types.isEmpty { Console.line("takes     \(types.joined(separator: ", "))") }
        guard let free = dealings["available_bytes"]?.integer else { return }
        Console.line("free      \(free) bytes")
        Console.line("keeps     \(dealings["copies"]?.integer ?? 0) copies for others")
    }

    static func print(contract: JSONValue) {
        let name = contract["filename"]?.string.map { "  \(PeerText.shown($0))" } ?? ""
        Console.line("\(contract["content_hash"]?.string ?? "")\(name)")
        let until = contract["until"]?.integer.map { " until \(Moments.text($0))" } ?? ""
        let holders = contract["holders"]?.elements?.count ?? 0
        Console.line(
            "  \(contract["part"]?.string ?? "")  \(contract["state"]?.string ?? "")\(until)  "
                + "\(holders) of \(contract["copy_count"]?.integer ?? 0) copies  "
                + "\(contract["content_size"]?.integer ?? 0) bytes"
        )
        Console.line(
            "  for \(contract["uploader"]?.string ?? ""), "
                + "\(Score.text(contract["daily_rent"]?.integer)) a day"
        )
        if let risk = contract["risk"]?.string { Console.line("  at risk: \(risk)") }
        StandingReport.print(contract["standing"])
    }

    static func print(suspicious pair: JSONValue) {
        Console.line(
            "suspicious: \(pair["validator"]?.string ?? "") challenges "
                + "\(pair["provider"]?.string ?? "")"
        )
    }

    static func print(challenge copy: JSONValue) {
        let last = copy["last_result"]?.string ?? "none"
        let at = copy["last_at"]?.integer.map { " \(Moments.text($0))" } ?? ""
        let failures = copy["failures"]?.integer ?? 0
        let row = failures > 0 ? ", \(failures) failures in a row" : ""
        Console.line(
            "\(copy["content_hash"]?.string ?? "")  \(copy["provider"]?.string ?? "")  "
                + "\(last)\(at)\(row)"
        )
        if copy["seems_fetched"]?.bool == true {
            Console.line("  its proofs come as late as if it fetched the bytes from others")
        }
    }
}
