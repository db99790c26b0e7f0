import LocalAPI
import Messages
import Primitives
import Simulation
import Testing

@Suite(
    "Faults of the simulated network happen, and in the same way each time",
    .timeLimit(.minutes(5))
)
struct NetworkFaultTests {
    /// What is planned, what is to be seen of it, and how.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let plan: @Sendable (inout FaultPlan) -> Void
        let count: @Sendable (FaultCount) -> UInt64

        var testDescription: String { self.name }

        static let all = [
            Fault(name: "lost") {
                $0.lossPerMille = 100
            } count: {
                $0.lost
            },
            Fault(name: "twice") {
                $0.duplicatesPerMille = 100
            } count: {
                $0.duplicated
            },
            Fault(name: "overtaken") {
                $0.overtakenPerMille = 100
            } count: {
                $0.overtaken
            },
        ]
    }

    private static func request(_ title: String) -> JSONValue {
        .object([
            ("title", .string(title)), ("body", .string("For a story.")), ("tags", .array([])),
        ])
    }

    /// Four nodes say ten things; returns what went wrong, and the trace.
    private static func run(_ plan: FaultPlan) async throws -> (FaultCount, Bytes32) {
        let world = try World(nodeCount: 4, seed: 3, faults: plan)
        await world.boot()
        await world.run(until: .seconds(60))
        for number in 0..<10 {
            let call = await world.call(number % 4, .publish(.request, Self.request("\(number)")))
            #expect(call?.status == 200)
            await world.run(until: world.elapsed + .seconds(5))
        }
        await world.run(until: world.elapsed + .seconds(120))
        for node in world.nodes.indices { #expect(world.logged(.request, at: node) == 10) }
        #expect(world.takeFaults().isEmpty)
        return (world.mishaps, world.traceHash)
    }

    @Test(
        "R-05-001: whatever a frame suffers, all is logged once; one seed gives one trace",
        arguments: Fault.all
    )
    func frames(_ fault: Fault) async throws {
        var plan = FaultPlan(lossPerMille: 0)
        let (calm, usual) = try await Self.run(plan)
        #expect(fault.count(calm) == 0)
        fault.plan(&plan)
        let (first, trace) = try await Self.run(plan)
        #expect(fault.count(first) > 10)
        #expect(trace != usual)
        let (second, again) = try await Self.run(plan)
        #expect(second == first)
        #expect(again == trace)
    }

    @Test("a node that is not heard hears the others; what it said arrives once it is heard again")
    func oneWay() async throws {
        let story = Story("one-way", "Node 0 is not heard.", seed: 4, nodes: 4) { stage in
            let world = stage.world
            stage.step("Four nodes meet; then nobody hears node 0")
            await stage.wait(.seconds(300))
            world.silence([0], for: [1, 2, 3])
            try await stage.send(.request, Self.request("Mute"), by: stage.node(0))
            try await stage.send(.request, Self.request("Heard"), by: stage.node(1))
            await stage.wait(.seconds(20))
            try await stage.expect("requests in the log", at: [0], 2) {
                world.logged(.request, at: $0)
            }
            try await stage.expect("requests in the log", at: [1, 2, 3], 1) {
                world.logged(.request, at: $0)
            }
            #expect(world.mishaps.cut > 0)
            stage.step("It is heard again")
            stage.heal()
            await stage.wait(.seconds(1_800))
            try await stage.expect("requests in the log", 2) { world.logged(.request, at: $0) }
        }
        let first = try await story.run()
        #expect(try await story.run() == first)
    }

    @Test("faults that begin later, and end, change nothing before and after")
    func laterFaults() async throws {
        let world = try World(nodeCount: 3, seed: 3, faults: FaultPlan(lossPerMille: 0))
        await world.boot()
        await world.run(until: .seconds(120))
        let calm = world.mishaps
        #expect(calm.lost == 0 && calm.duplicated == 0 && calm.overtaken == 0 && calm.cut == 0)
        var plan = FaultPlan(lossPerMille: 300)
        plan.duplicatesPerMille = 300
        world.begin(plan)
        await world.run(until: .seconds(600))
        let stormy = world.mishaps
        #expect(stormy.lost > 0 && stormy.duplicated > 0)
        world.endFaults()
        await world.run(until: .seconds(1_200))
        #expect(world.mishaps == stormy)
    }
}

@Suite("Evenness by the test of Kolmogorov and Smirnov")
struct UniformityTests {
    @Test(
        "even values pass, and values that are bunched, few or many, do not",
        arguments: [24, 200]
    )
    func verdicts(count: Int) {
        var random = SplitMix64(seed: 11)
        let even = (0..<count).map { _ in Int64(random.index(below: 300_001)) }
        #expect(Uniformity(of: even, upTo: 300_000).isLikely)
        #expect(
            !Uniformity(of: even.map { $0 * $0 / 300_000 * $0 / 300_000 }, upTo: 300_000).isLikely
        )
        #expect(!Uniformity(of: even.map { $0 / 2 }, upTo: 300_000).isLikely)
        #expect(!Uniformity(of: even.map { _ in 5_000 }, upTo: 300_000).isLikely)
    }

    @Test("the distance is that of the definition")
    func distance() {
        // Of 0.1, 0.2 and 0.9 the largest step is at the second value: 2/3 of them are up to 0.2.
        let found = Uniformity(of: [90, 10, 20], upTo: 100)
        #expect(found.distanceMillionths == 466_666)
        #expect(found.limitMillionths == 939_926)
    }
}
