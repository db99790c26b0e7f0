import ArgumentParser
import Doors
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
                Artefacts up to 1 MiB travel inside the proposal. Of larger ones others have to keep \
                copies first (`valence-node content replicate`). A proposal that decides on more than \
                its artefact needs a network of 16 nodes; the artefact is then its text.

                Example: valence-node proposal new --title 'Release notes' --file skill.md
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
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
        @Option(help: "standard or constitutional.") var tier = Propose.Tier.standard
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
            let client = try self.common.client(self.acting)
            let resolution = try self.resolution.members
            let members = self.members(of: artefact, resolution, deadline: try self.deadline)
            let given = members.map { ($0.0, Optional($0.1)) }
            if !artefact.isInline, !self.trial.dryRun {
                try await Self.refuseEarly(given, client)
                try await artefact.shareUnlessInline(by: client)
            }
            let answer = try await client.call("propose", given + self.trial.arguments)
            Published.print(answer, self.common)
        }

        /// What the node would refuse is told before a large artefact is shared for nothing.
        private static func refuseEarly(_ given: [(String, JSONValue?)], _ client: APIClient)
            async throws
        {
            let asked = given + [(Operation.dryRun.name, .bool(true))]
            guard let refusal = try await client.call("propose", asked)["refusal"] else { return }
            throw CommandFailure(
                .refused,
                refusal["detail"]?.string ?? "the node would refuse it",
                cause: refusal["code"]?.string
            )
        }

        /// When voting ends; the node has a default.
        private var deadline: Int64? {
            get throws {
                if let deadlineSeconds { return try Hours.fromNow(seconds: deadlineSeconds) }
                return try self.deadlineHours.map { try Hours.fromNow($0) }
            }
        }

        private static func claim(_ statement: String) -> JSONValue {
            .object([("statement", .string(statement)), ("verifiable", .bool(true))])
        }

        private func members(
            of artefact: Artefact,
            _ resolution: [(String, JSONValue)],
            deadline: Int64?
        ) -> [(String, JSONValue)] {
            var members: [(String, JSONValue)] = [
                ("title", .string(self.title)),
                ("body", .string(self.body)),
                ("tags", .array(self.tag.map { .string($0) })),
                ("request_id", self.request.map { .string($0.hex) } ?? .null),
                ("supersedes", self.supersedes.map { .string($0.hex) } ?? .null),
                ("claims", .array(self.claim.map { Self.claim($0) })),
                ("tier", .string(self.tier.rawValue)),
                ("voting_deadline", deadline.map { .integer($0) } ?? .null),
            ]
            members += resolution
            if let description { members.append(("description", .string(description))) }
            return members + artefact.members
        }
    }
}
