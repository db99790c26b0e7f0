import ArgumentParser
import Messages
import Node
import Primitives

// Looking at proposals.
extension ProposalCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List proposals, newest first.",
            discussion: """
                Example: valence-node proposal list --limit 20
                and for programs: valence-node proposal list --jsonl
                """
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var list: ListOptions

        func run() async throws {
            let all = ListedOperation(name: "proposals", member: "proposals")
            try await self.common.show(all, self.list, else: "no proposals yet") { list in
                let rows = (list["proposals"]?.elements ?? []).map { proposal in
                    [
                        proposal["id"]?.string ?? "", ProposalReport.state(proposal),
                        proposal["title"]?.string ?? "",
                    ]
                }
                Console.table(Table([.text("ID"), .text("STATE"), .text("TITLE")], rows: rows))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one proposal: text, tally, who counted, and what is missing.",
            discussion: """
                With --artifact it writes what is proposed, so that voters can read it before it is \
                ratified: as it is into a file or another program, and with its control characters \
                made visible on a terminal.

                Example: valence-node proposal show <id>
                and then: valence-node proposal show <id> --artifact
                """
        )

        @OptionGroup var common: CommonOptions
        @Argument(help: "The proposal's id.") var id: MessageID
        @ArgumentParser.Flag(help: "Write the artefact in the place of the report.")
        var artifact = false
        @Option(name: .shortAndLong, help: "Write the artefact here.") var output: String?

        func run() async throws {
            if self.artifact || self.output != nil { return try await self.write() }
            try await self.common.show(
                "proposal",
                [("id", .string(self.id.hex))],
                for: ProposalReport.print
            )
        }

        private func write() async throws {
            let bytes = try await self.common.client().bytes(
                "proposal_artifact",
                [("id", .string(self.id.hex))]
            )
            let hash = SHA256Digest.hash(bytes).hex
            var members: [(String, JSONValue)] = [
                ("sha256", .string(hash)), ("size", .integer(Int64(bytes.count))),
            ]
            if let output {
                try LocalFile.writing(to: CommonOptions.absolute(output)) { try $0(bytes) }
                members.append(("path", .string(CommonOptions.absolute(output))))
            } else {
                members.append(("base64", .string(Base64.encode(bytes))))
            }
            if self.common.json { return Console.json(.object(members)) }
            if self.output == nil { try self.show(bytes) }
            self.common.say("\(bytes.count) bytes, sha256 \(hash).")
        }

        private func show(_ bytes: [UInt8]) throws {
            guard Console.isTerminal else { return try Console.raw(bytes) }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return self.common.say("It is no text; write it to a file with --output FILE.")
            }
            Console.line(text)
        }
    }
}
