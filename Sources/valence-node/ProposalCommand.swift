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
            New.self, List.self, Show.self, Why.self, VoteOn.self, AdoptIt.self, WithdrawIt.self,
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
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The proposal's id.") var id: MessageID
        @Argument(help: "endorse, reject or abstain.") var stance: Stance
        @Option(help: "Why.") var reason: String?

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "vote",
                [
                    ("id", .string(self.id.hex)), ("stance", .string(self.stance.rawValue)),
                    ("reason", self.reason.map { .string($0) }),
                ] + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }

    struct AdoptIt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "adopt",
            abstract: "Fetch, verify and keep the artefact of a ratified proposal.",
            discussion: "Example: valence-node proposal adopt <id>"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The proposal's id.") var id: MessageID

        func run() async throws {
            let client = try self.common.client(self.acting)
            let answer = try await client.call(
                "adopt",
                [("id", .string(self.id.hex))] + self.trial.arguments
            )
            if DryRunReport.print(answer, self.common) { return }
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
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The proposal's id.") var id: MessageID
        @Option(help: "Why.") var reason: String?

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "withdraw_proposal",
                [("id", .string(self.id.hex)), ("reason", self.reason.map { .string($0) })]
                    + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }

    struct CommentOn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "comment",
            abstract: "Comment on a proposal or request.",
            discussion: "Example: valence-node proposal comment <id> 'I have tried it; it works.'"
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "The id of the proposal or request.") var id: MessageID
        @Argument(help: "Markdown text.") var text: String
        @Option(help: "The comment that this one answers.") var parent: MessageID?

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "comment",
                [
                    ("id", .string(self.id.hex)), ("body", .string(self.text)),
                    ("parent_comment_id", self.parent.map { .string($0.hex) }),
                ] + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }
}
