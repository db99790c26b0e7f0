import Simulation
import Testing

/// Those that take minutes in a debug build are played by the release: `scripts/stories --brief`.
@Suite("Stories: whole nodes in virtual time", .timeLimit(.minutes(5)))
struct StoryTests {
    @Test("D-55 D-58: a node that hears of votes after their deadlines decides as all others did")
    func latecomer() async throws { try await Story.latecomer.run() }

    @Test(
        "R-05-100: a node whose first peers are four liars and one honest node becomes synced, and whole"
    )
    func fourLiars() async throws { try await Story.fourLiars.run() }

    @Test("T22: a key that runs twice votes once, and one that is put back alone votes again")
    func copiedKey() async throws { try await Story.copiedKey.run() }

    @Test("D-63 D-66: in a market of eight every account balances at the end of every day")
    func marketInBrief() async throws { try await Story.marketInBrief.run() }
}

@Suite("The framework of stories")
struct StoryFrameworkTests {
    /// A story whose check looks for something that is not so.
    private static let untrue = Story("untrue", "Expects too much.", seed: 3, nodes: 2) { stage in
        stage.step("Nothing happens")
        await stage.wait(.seconds(60))
        try await stage.expect("phase", "frozen") { try await stage.phase(at: $0) }
        stage.step("Somebody hopes for more")
        try await stage.expect("phase", at: [1], "standard") { try await stage.phase(at: $0) }
    }

    @Test("a check that does not hold ends the story and names story, step, time, node and both")
    func falseExpectation() async throws {
        var lines: [StoryLine] = []
        let failure = await #expect(throws: StoryFailure.self) {
            try await Self.untrue.run { lines.append($0) }
        }
        #expect(
            failure?.description == """
                story untrue (seed 3) fails at day 0 00:01:00, step 2 “Somebody hopes for more”: \
                node 1, phase: expected standard, found frozen
                """
        )
        #expect(
            lines.map(\.text) == [
                "Nothing happens", "phase: frozen, on all nodes", "Somebody hopes for more",
            ]
        )
    }
}
