import ArgumentParser
import Messages
import Node
import Primitives

extension ContentCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read this node's copy of an artefact, and say whether it is whole.",
            discussion: """
                A damaged copy is set aside, so that it can be fetched again. The answer tells as \
                well what flags make of the artefact: clean, deprioritised, withheld or condemned.

                Example: valence-node content verify <sha256>
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @Argument(help: "sha256 of the artefact, 64 hex characters.") var hash: ContentHash

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "verify_content",
                [("id", .string(self.hash.hex))]
            )
            let copy = answer["copy"]?.string ?? ""
            if self.common.json { Console.json(answer) } else { self.report(copy, answer) }
            switch copy {
            case "whole": break
            case "damaged":
                throw CommandFailure(
                    .failed,
                    "the copy was damaged and is set aside; fetch it again with "
                        + "`valence-node content get \(self.hash)`"
                )
            default:
                throw CommandFailure(
                    .failed,
                    "this node does not hold \(self.hash); fetch it with "
                        + "`valence-node content get \(self.hash)`"
                )
            }
        }

        private func report(_ copy: String, _ answer: JSONValue) {
            let size = answer["size"]?.integer.map { ", \($0) bytes" } ?? ""
            Console.line("copy      \(copy)\(size)")
            Console.line("standing  \(answer["standing"]?.string ?? "")")
        }
    }

    struct Flag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the network that something is wrong with an artefact.",
            discussion: """
                A flag costs reputation until it is decided: 0.005 for a dispute, 0.02 for what is illegal. \
                It comes back when a vote upholds the flag, or when there is none within 90 days; a vote \
                against an illegal flag costs 0.05 more. A dispute needs a score of 0.3, and an illegal flag \
                one of 0.5.

                Example: valence-node content flag <sha256> --severity dispute --category spam \
                --details 'the same text as in ten other artefacts'
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var acting: ActingOptions
        @OptionGroup var trial: DryRunOptions
        @Argument(help: "sha256 of the artefact, 64 hex characters.") var hash: ContentHash
        @Option(help: "dispute or illegal.") var severity: Messages.Flag.Severity
        @Option(help: "dmca, spam, malware, csam or other.") var category: Messages.Flag.Category
        @Option(help: "Evidence or reason; everybody can read it.") var details: String
        @Option(
            help: ArgumentHelp(
                "The entry of a hash database that lists the artefact.",
                valueName: "database:entry"
            )
        )
        var hashMatch: String?

        func run() async throws {
            let answer = try await self.common.client(self.acting).call(
                "flag_content",
                [
                    ("id", .string(self.hash.hex)), ("severity", .string(self.severity.rawValue)),
                    ("category", .string(self.category.rawValue)),
                    ("details", .string(self.details)),
                    ("hash_match", self.hashMatch.map { .string($0) }),
                ] + self.trial.arguments
            )
            Published.print(answer, self.common)
        }
    }
}

/// What flags and votes make of an artefact in a list.
enum StandingReport {
    static func print(_ standing: JSONValue?) {
        guard let word = standing?.string, word != ContentStanding.clean.rawValue else { return }
        Console.line("  by flags: \(word)")
    }
}
