import ArgumentParser
import Foundation
import Messages
import Node
import Primitives

extension ProposalCommand {
    /// The command `valence-node proposal new`.
    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose an artefact.",
            discussion: """
                Artefacts up to 1 MiB travel inside the proposal. Larger ones are kept by this node \
                and fetched from it. A proposal that decides on more than its artefact needs a network \
                of 16 nodes; the artefact is then its text.

                Example: valence-node proposal new --title 'Release notes' --file skill.md
                """
        )

        @OptionGroup var common: CommonOptions
        @Option(help: "One line.") var title: String
        @Option(help: "The artefact.") var file: String
        @Option(help: "Markdown text.") var body = ""
        @Option(help: "At most 1 KiB: what it is and why one would want it.") var description:
            String?
        @Option(help: "A lower-case tag; may be repeated, at most 10.") var tag: [String] = []
        @Option(help: "MIME type of the artefact.") var contentType = "application/octet-stream"
        @Option(help: "The request that this answers.") var request: MessageID?
        @Option(help: "The proposal that this replaces.") var supersedes: MessageID?
        @Option(help: "A statement that others can check; may be repeated, at most 50.")
        var claim: [String] = []
        @OptionGroup(title: "What the vote decides") var resolution: ResolutionOptions
        @Option(help: "standard or constitutional.") var tier = Tier.standard
        @Option(help: "Hours to vote; default: 14 days, 90 for the constitution.")
        var deadlineHours: Int64?
        @Option(help: "Seconds to vote, for devnets.") var deadlineSeconds: Double?

        func validate() throws {
            guard self.deadlineHours == nil || self.deadlineSeconds == nil else {
                throw ValidationError(
                    "--deadline-hours and --deadline-seconds say the same; keep one of them"
                )
            }
        }

        func run() async throws {
            let artefact = try Artefact(file: self.file, contentType: self.contentType)
            let client = try APIClient(self.common.directory)
            try await artefact.shareUnlessInline(by: client)
            let payload = JSONValue.object(
                self.members(of: artefact, try self.resolution.members, deadline: try self.deadline)
            )
            Published.print(try await client.post("/v1/proposals", payload), self.common)
        }

        private var deadline: Int64 {
            get throws {
                if let deadlineSeconds { return try Hours.fromNow(seconds: deadlineSeconds) }
                let hours = self.tier.votingMilliseconds / 3_600_000
                return try Hours.fromNow(self.deadlineHours ?? hours)
            }
        }

        private static func claim(_ statement: String) -> JSONValue {
            .object([("statement", .string(statement)), ("verifiable", .bool(true))])
        }

        private func members(
            of artefact: Artefact,
            _ resolution: [(String, JSONValue)],
            deadline: Int64
        ) -> [(String, JSONValue)] {
            var members: [(String, JSONValue)] = [
                ("title", .string(self.title)),
                ("body", .string(self.body)),
                ("tags", .array(self.tag.map { .string($0) })),
                ("request_id", self.request.map { .string($0.hex) } ?? .null),
                ("supersedes", self.supersedes.map { .string($0.hex) } ?? .null),
                ("claims", .array(self.claim.map { Self.claim($0) })),
                ("tier", .string(self.tier.rawValue)),
                ("voting_deadline", .integer(deadline)),
            ]
            members += resolution
            if let description { members.append(("description", .string(description))) }
            return members + artefact.members
        }
    }
}
