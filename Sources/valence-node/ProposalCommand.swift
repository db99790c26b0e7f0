import ArgumentParser
import Messages
import Node
import Primitives

/// The command `valence-node proposal`.
struct ProposalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proposal",
        abstract: "Propose, vote and adopt.",
        subcommands: [
            New.self, List.self, Show.self, VoteOn.self, AdoptIt.self, WithdrawIt.self,
            CommentOn.self,
        ]
    )

    struct VoteOn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "vote",
            abstract: "Vote on a proposal.",
            discussion: "Example: valence-node proposal vote <id> endorse"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The proposal's id.") var id: MessageID
        @Argument(help: "endorse, reject or abstain.") var stance: Stance
        @Option(help: "Why.") var reason: String?

        func run() async throws {
            var members = [("stance", JSONValue.string(self.stance.rawValue))]
            if let reason { members.append(("reason", .string(reason))) }
            let client = try APIClient(self.common.directory)
            let path = "/v1/proposals/\(self.id.hex)/vote"
            Published.print(try await client.post(path, .object(members)), self.common)
        }
    }

    struct AdoptIt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "adopt",
            abstract: "Fetch, verify and keep the artefact of a ratified proposal.",
            discussion: "Example: valence-node proposal adopt <id>"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The proposal's id.") var id: MessageID

        func run() async throws {
            let client = try APIClient(self.common.directory)
            let answer = try await client.post("/v1/proposals/\(self.id.hex)/adopt")
            if self.common.json { return Console.json(answer) }
            Console.line(answer["path"]?.string ?? "")
            self.common.say("Verified against sha256 \(answer["sha256"]?.string ?? "").")
        }
    }

    struct WithdrawIt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "withdraw",
            abstract: "Take an own proposal back.",
            discussion: "Example: valence-node proposal withdraw <id> --reason superseded"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The proposal's id.") var id: MessageID
        @Option(help: "Why.") var reason: String?

        func run() async throws {
            let members = self.reason.map { [("reason", JSONValue.string($0))] } ?? []
            let client = try APIClient(self.common.directory)
            let path = "/v1/proposals/\(self.id.hex)/withdraw"
            Published.print(try await client.post(path, .object(members)), self.common)
        }
    }

    struct CommentOn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "comment",
            abstract: "Comment on a proposal or request.",
            discussion: "Example: valence-node proposal comment <id> 'I have tried it; it works.'"
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The id of the proposal or request.") var id: MessageID
        @Argument(help: "Markdown text.") var text: String
        @Option(help: "The comment that this one answers.") var parent: MessageID?

        func run() async throws {
            let payload = JSONValue.object([
                ("body", .string(self.text)),
                ("parent_comment_id", self.parent.map { .string($0.hex) } ?? .null),
            ])
            let client = try APIClient(self.common.directory)
            let path = "/v1/proposals/\(self.id.hex)/comment"
            Published.print(try await client.post(path, payload), self.common)
        }
    }
}
