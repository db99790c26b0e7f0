import ArgumentParser
import Messages
import Node
import Primitives
import Simulation

/// The command `valence-node simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the core loop, or a story, among simulated nodes in virtual time.",
        discussion: """
            The same seed gives the same trace hash on every run; another seed gives another one. \
            The network delays, loses and for a while splits.

            A story is a scenario with checks at every step; `--list-stories` names them. The \
            command ends with 1 at the first check that does not hold.
            """
    )

    @Option(help: "How many nodes, at least 4.") var nodes = 64
    @Option(help: "The seed of all random choices; default: 7, or the seed of the story.") var seed:
        UInt64?
    @Option(help: "Minutes of virtual time, at least 10.") var minutes = 30
    @Option(help: ArgumentHelp("Play this story instead.", valueName: "name")) var story: String?
    @ArgumentParser.Flag(help: "List the stories.") var listStories = false
    @ArgumentParser.Flag(help: "Print one JSON object; of a story, one for each line.")
    var json = false

    func validate() throws {
        guard (4...1_000).contains(self.nodes) else {
            throw ValidationError("--nodes must be within 4 and 1000")
        }
        guard (10...100_000).contains(self.minutes) else {
            throw ValidationError("--minutes must be within 10 and 100000")
        }
    }

    func run() async throws {
        if self.listStories { return StoryTeller.list(json: self.json) }
        if let story = self.story {
            return try await StoryTeller(json: self.json).tell(story, seed: self.seed)
        }
        try await self.runCoreLoop(seed: self.seed ?? 7)
    }

    private func runCoreLoop(seed: UInt64) async throws {
        let outcome: CoreLoop.Outcome
        do {
            outcome = try await CoreLoop.run(
                nodes: self.nodes,
                seed: seed,
                minutes: self.minutes
            )
        } catch {
            throw CommandFailure(.failed, "\(error); run it again with the same --seed")
        }
        let report = JSONValue.object([
            ("nodes", .integer(Int64(self.nodes))),
            ("seed", .string("\(seed)")),
            ("minutes", .integer(Int64(self.minutes))),
            ("ratified", .integer(Int64(outcome.ratified))),
            ("adoptions", .integer(Int64(outcome.adoptions))),
            ("author_before", .integer(outcome.scoreBefore)),
            ("author_after", .integer(outcome.scoreAfter)),
            ("events", .integer(Int64(clamping: outcome.events))),
            ("trace_hash", .string(outcome.traceHash.hex)),
            ("state_hash", .string(outcome.stateHash.hex)),
        ])
        if self.json { return Console.json(report) }
        Console.line(report.prettyText)
    }
}

/// The command `valence-node topology`.
struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Print who sends what to whom, as a Mermaid picture."
    )

    @ArgumentParser.Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        do {
            let picture = try TopologyPicture.mermaid()
            if self.json { return Console.json(.object([("mermaid", .string(picture))])) }
            Console.line(picture)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }
}
