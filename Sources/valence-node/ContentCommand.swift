import ArgumentParser
import Foundation
import Messages
import Node
import Primitives

/// The command `valence-node content`.
struct ContentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "content",
        abstract: "Share, find, get, check and flag artefacts.",
        subcommands: [
            Share.self, Find.self, Get.self, Replicate.self, Withdraw.self, Verify.self, Flag.self,
        ]
    )

    struct Share: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a file on this node and offer it to the network.",
            discussion: "Example: valence-node content share skill.md"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The file.") var file: String
        @Option(help: "MIME type.") var contentType = "application/octet-stream"
        @Option(help: "A lower-case tag; may be repeated.") var tag: [String] = []

        func run() async throws {
            let file = try LocalFile.open(self.file)
            let client = try self.common.client(self.acting)
            let answer = try await client.upload(
                "share_content",
                UploadTerms.arguments(self.file, tags: self.tag) + self.trial.arguments,
                .file(file),
                contentType: self.contentType
            )
            if DryRunReport.print(answer, self.common) { return }
            if self.common.json { return Console.json(answer) }
            Console.line(answer["content_hash"]?.string ?? "")
            guard answer["peers"]?.integer == 0 else { return }
            self.common.say(
                "Kept on this node. Nobody has heard of it yet, because no peer is connected; it is offered "
                    + "again when peers come (`valence-node peer list`)."
            )
        }
    }

    struct Replicate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a file on this node and ask others to keep copies, for rent.",
            discussion: """
                The rent is taken from this identity's reputation day by day, until the content is \
                withdrawn. It takes a score of 0.3.

                Example: valence-node content replicate manual.pdf --copies 3
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The file.") var file: String
        @Option(help: "MIME type.") var contentType = "application/octet-stream"
        @Option(help: "A lower-case tag; may be repeated.") var tag: [String] = []
        @Option(help: "Copies wanted, 1 to 5.") var copies = 3
        @Option(
            help: ArgumentHelp(
                "Reputation that is declared to be there for rent; default: one day's.",
                valueName: "0.001"
            )
        )
        var stake: String?

        func validate() throws {
            let most = WireLimits.copyCount.upperBound
            guard WireLimits.copyCount.contains(Int64(self.copies)) else {
                throw ValidationError("--copies is a number from 1 to \(most)")
            }
            guard self.stake.map({ FixedPoint(decimal: $0) != nil }) ?? true else {
                throw ValidationError("--stake is a decimal such as 0.001")
            }
        }

        func run() async throws {
            let file = try LocalFile.open(self.file)
            let terms: [(String, JSONValue?)] =
                [
                    ("copies", .integer(Int64(self.copies))),
                    ("stake", self.stake.map { .string($0) }),
                ] + self.trial.arguments
            let answer = try await self.common.client(self.acting).upload(
                "replicate_content",
                UploadTerms.arguments(self.file, tags: self.tag) + terms,
                .file(file),
                contentType: self.contentType
            )
            if DryRunReport.print(answer, self.common) { return }
            Console.warn(of: answer)
            if self.common.json { return Console.json(answer) }
            Console.line(answer["content_hash"]?.string ?? "")
            self.common.say(self.outcome(heardBy: answer["peers"]?.integer))
        }

        private func outcome(heardBy peers: Int64?) -> String {
            let copies = self.copies == 1 ? "1 copy" : "\(self.copies) copies"
            guard peers != 0 else {
                return
                    "The request for \(copies) is stored on this node. Nobody has heard it yet, because "
                    + "no peer is connected; it goes out when peers come (`valence-node peer list`)."
            }
            return "Asked for \(copies). Providers accept within 48 hours; see "
                + "`valence-node storage status`."
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take replicated content back a day from now; no rent is due after that.",
            discussion: "Example: valence-node content withdraw <sha256> --reason outdated"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "sha256 of the artefact, 64 hex characters.") var hash: ContentHash
        @Option(help: "Why, for people.") var reason: String?

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "withdraw_content",
                [("id", .string(self.hash.hex)), ("reason", self.reason.map { .string($0) })]
                    + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch an artefact by its hash and verify it.",
            discussion: "Example: valence-node content get <sha256>"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "sha256 of the artefact, 64 hex characters.") var hash: ContentHash
        @Option(name: .shortAndLong, help: "Also write it here.") var output: String?

        func run() async throws {
            let download = ContentDownload(
                client: try self.common.client(),
                hash: self.hash,
                isShown: Console.isTalkOnTerminal && !self.common.json && !self.common.quiet
            )
            let answer = try await download.run()
            let path = answer["path"]?.string ?? ""
            if let output { try self.copy(path, to: CommonOptions.absolute(output)) }
            if self.common.json { return Console.json(answer) }
            Console.line(self.output ?? path)
        }

        /// Copies the artefact; it has its name only once all of it was written and has its hash.
        private func copy(_ path: String, to output: String) throws {
            let file = try LocalFile.open(path)
            var hasher = SHA256Hasher()
            try LocalFile.writing(to: output) { write in
                while let piece = try LocalFile.reading({ () throws(NodeError) in try file.next() })
                {
                    hasher.update(piece)
                    try write(piece)
                }
                guard ContentHash(hasher.finalize()) == self.hash else {
                    throw CommandFailure(
                        .failed,
                        "\(path) changed since the node read it; get it again"
                    )
                }
            }
        }
    }
}

/// What is said of an upload.
enum UploadTerms {
    static func arguments(_ file: String, tags: [String]) -> [(String, JSONValue?)] {
        let name = URL(fileURLWithPath: file).lastPathComponent
        return [("filename", .string(name)), ("tags", .array(tags.map { .string($0) }))]
    }
}

extension ContentCommand {
    struct Find: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for artefacts that this node has heard of.",
            discussion: """
                Words are looked for in names, descriptions and tags, which were written by whoever \
                offers the artefact. Example: valence-node content find release notes --tag skill
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var list: ListOptions
        @Argument(help: "Words, or how they begin; default: everything.") var text: [String] = []
        @Option(help: "A tag that it must have; may be repeated.") var tag: [String] = []

        func run() async throws {
            let wanted = ListedOperation(
                name: "find_content",
                member: "content",
                arguments: [
                    ("query", .string(self.text.joined(separator: " "))),
                    ("tag", .array(self.tag.map { .string($0) })),
                ]
            )
            try await self.common.show(wanted, self.list, else: "nothing found") { answer in
                for content in answer["content"]?.elements ?? [] { Self.print(content) }
            }
        }

        /// Two lines: what it is called by the network, and by people.
        private static func print(_ content: JSONValue) {
            let size = Sizes.text(content["content_size"]?.integer ?? 0)
            let type = PeerText.shown(content["content_type"]?.string ?? "", bytesMax: 40)
            let hosts = Hosts.text(content["hosts"]?.integer ?? 0)
            let here = content["may_go"]?.bool == true ? "here, may go" : "here"
            let place = content["held"]?.bool == true ? here : hosts
            Console.line("\(content["content_hash"]?.string ?? "")  \(size)  \(place)  \(type)")
            let texts = [content["filename"]?.string, content["description"]?.string]
            let tags = (content["tags"]?.elements ?? []).compactMap(\.string).map { "#\($0)" }
            let words = (texts.compactMap(\.self) + tags).joined(separator: "  ")
            if !words.isEmpty { Console.line("  \(PeerText.shown(words))") }
            StandingReport.print(content["standing"])
        }
    }
}
