import Simulation
import Testing

/// The long ones are played by the release: `scripts/stories --brief`.
@Suite("§5, §12 Stories of nodes that come back", .timeLimit(.minutes(15)))
struct ReunionStoryTests {
    @Test("T12, R-05-082: nodes that return together wait for even times; live messages stay fast")
    func syncStorm() async throws {
        var figures: [StoryFigures] = []
        try await Story.syncStormInBrief.run { line in
            if let found = line.figures { figures.append(found) }
        }
        #expect(figures.count == 2)
    }

    @Test("T19, R-05-108: days of all kinds of faults, with governance going on, end in one state")
    func longRun() async throws {
        let first = try await Story.longRunInBrief.run()
        #expect(first.checks > 10)
    }
}
