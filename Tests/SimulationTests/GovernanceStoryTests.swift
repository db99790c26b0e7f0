import Messages
import Simulation
import Testing

@Suite("§8, §9 Stories of power", .timeLimit(.minutes(15)))
struct GovernanceStoryTests {
    @Test("R-01-044, R-08-004: fifty linked and fifty unlinked keys have one vote")
    func voteBrigade() async throws {
        let outcome = try await Story.voteBrigade.run()
        #expect(outcome.checks > 5)
    }
}

@Suite("Fleets of light identities", .timeLimit(.minutes(5)))
struct FleetTests {
    private static let story: Story = {
        var setting = StorySetting()
        setting.fleet = StorySetting.FleetPlan(members: 20, founders: 0, carriers: 2)
        return Story("fleet", "A fleet announces itself.", nodes: 4, setting: setting) { stage in
            stage.step("A fleet connects and announces itself")
            await stage.wait(.seconds(120))
            try stage.fleet.connect()
            await stage.wait(.seconds(30))
            try await stage.announceAll()
            try await stage.expect("announcements in the log", "20 at least") {
                stage.world.logged(.peerAnnounce, at: $0)
            } where: {
                $0 >= 20
            }
        }
    }()

    @Test("R-08-016: members of a fleet reach every node; one seed gives one run, bit for bit")
    func determinism() async throws {
        let first = try await Self.story.run()
        let second = try await Self.story.run()
        #expect(first == second)
        let other = try await Self.story.run(seed: 2)
        #expect(other.traceHash != first.traceHash)
    }
}
