import ArgumentParser
import Foundation
import Messages
import Node
import Primitives

/// The command `valence-node content`.
struct ContentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "content",
        abstract: "Share and get artefacts.",
        subcommands: [Share.self, Get.self]
    )

    struct Share: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a file on this node and offer it to the network.",
            discussion: "Example: valence-node content share skill.md"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The file.") var file: String
        @Option(help: "MIME type.") var contentType = "application/octet-stream"
        @Option(help: "A lower-case tag; may be repeated.") var tag: [String] = []

        func run() async throws {
            let file = try LocalFile.open(self.file)
            let name = URL(fileURLWithPath: self.file).lastPathComponent
            var query = URLComponents()
            query.queryItems = [
                URLQueryItem(name: "filename", value: name),
                URLQueryItem(name: "tags", value: self.tag.joined(separator: ",")),
            ]
            let path = "/v1/content?\(query.percentEncodedQuery ?? "")"
            let client = try APIClient(self.common.directory)
            let answer = try await client.upload(
                path,
                .file(file),
                contentType: self.contentType
            )
            if self.common.json { return Console.json(answer) }
            Console.line(answer["content_hash"]?.string ?? "")
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
            let client = try APIClient(self.common.directory)
            let answer = try await client.fetch("/v1/content/\(self.hash.hex)")
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
