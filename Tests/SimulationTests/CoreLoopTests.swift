import Primitives
import Simulation
import Testing

@Suite("§7 Simulation: the core loop on one seed", .timeLimit(.minutes(5)))
struct CoreLoopTests {
    private static func run(seed: UInt64, faults: FaultPlan? = nil) async throws
        -> CoreLoop.Outcome
    {
        try await CoreLoop.run(nodes: 8, seed: seed, minutes: 12, faults: faults)
    }

    @Test("R-07-027: all nodes adopt and all hear of it; one seed gives one run, bit for bit")
    func determinism() async throws {
        async let first = Self.run(seed: 7)
        async let second = Self.run(seed: 7)
        let (one, other) = try await (first, second)
        #expect(one == other)
        #expect(one.ratified == 8)
        #expect(one.adoptions == 8)
        #expect(one.heard == 8)
        #expect(one.scoreBefore == 500_000)
        #expect(one.scoreAfter > one.scoreBefore)
        #expect(one.events > 1_000)
        let changed = try await Self.run(seed: 8)
        #expect(changed.traceHash != one.traceHash)
        #expect(changed.stateHash != one.stateHash)
        #expect(changed.adoptions == 8)
    }

    @Test("the loop also closes on a slow network that loses frames, and after a partition")
    func faults() async throws {
        let plan = FaultPlan(
            latencyLeast: .milliseconds(100),
            latencyMost: .seconds(1),
            lossPerMille: 30,
            partitions: [FaultPlan.Partition(from: .seconds(75), until: .seconds(105))]
        )
        let outcome = try await Self.run(seed: 7, faults: plan)
        #expect(outcome.ratified == 8)
        #expect(outcome.adoptions == 8)
        #expect(outcome.scoreAfter > outcome.scoreBefore)
    }

    @Test("too few nodes or minutes are refused with the reason")
    func refusals() async {
        await #expect(throws: CoreLoop.Failure.self) {
            try await CoreLoop.run(nodes: 3, seed: 1, minutes: 12)
        }
        await #expect(throws: CoreLoop.Failure.self) {
            try await CoreLoop.run(nodes: 8, seed: 1, minutes: 9)
        }
    }
}
