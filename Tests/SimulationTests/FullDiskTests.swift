import LocalAPI
import Messages
import Primitives
import Simulation
import Testing

@Suite("ADR 0045: what is accepted is logged, or the node begins anew", .timeLimit(.minutes(5)))
struct FullDiskTests {
    private static func wish(_ number: Int) -> JSONValue {
        .object([
            ("title", .string("Wish \(number)")), ("body", .string("For a story.")),
            ("tags", .array([])),
        ])
    }

    /// Whether a node that lives has the state that its log gives.
    private static func isReplay(_ stage: Stage, _ node: Int) async throws -> Bool {
        let live = await stage.world.state(of: node, about: stage.world.nodes)
        return try await stage.world.replayedState(of: node, about: stage.world.nodes) == live
    }

    @Test("an entry that is dropped after its judge applied it ends this life, not the node")
    func dropped() async throws {
        let story = Story(
            "dropped",
            "A judge applies what the log cannot take.",
            seed: 4,
            nodes: 3,
            absentFounders: ["alice"],
            setting: .mortal
        ) { stage in
            let world = stage.world
            let alice = try stage.player("alice", at: 1)
            stage.step("The disk of node 1 is full, and all waits that may wait")
            await stage.wait(.seconds(120))
            await world.fillDisk(of: 1, true)
            await world.crowdDisk(of: 1)
            #expect(world.faults.isEmpty)

            stage.step("Its judge applies one message more")
            try await stage.send(.request, Self.wish(1), by: alice)
            let faults = world.takeFaults()
            #expect(faults.map(\.node) == [1] && faults.first?.isEnd == false)
            #expect(faults.first?.cause.contains("takes its state from there") == true)
            #expect(world.isAlive(1))
            #expect(try await Self.isReplay(stage, 1))

            stage.step("There is room again, and all have the same")
            await world.fillDisk(of: 1, false)
            await stage.wait(.seconds(900))
            let wishes = world.log(of: 0, .request)
            try await stage.expect("requests in the log", wishes) { world.log(of: $0, .request) }
            #expect(try await Self.isReplay(stage, 1))
        }
        try await story.run()
    }

    @Test("on a full disk messages are refused before a judge applies them; that is no fault")
    func refused() async throws {
        let story = Story(
            "refused",
            "A disk is full for half an hour.",
            seed: 5,
            nodes: 3,
            setting: .mortal
        ) { stage in
            let world = stage.world
            stage.step("The disk of node 1 is full, and others go on")
            await stage.wait(.seconds(120))
            await world.fillDisk(of: 1, true)
            for number in 0..<20 {
                try await stage.send(.request, Self.wish(number), by: stage.node(0))
                await stage.wait(.seconds(90))
            }
            #expect(world.logged(.request, at: 2) == 20)
            #expect(world.logged(.request, at: 1) == 0)
            #expect(try await Self.isReplay(stage, 1))
            let own = await stage.call(1, .publish(.request, Self.wish(20)))
            guard case .failure(let objection) = own else {
                Issue.record("an own message was signed that cannot be kept")
                return
            }
            #expect(objection.code == "storage_stopped")

            stage.step("There is room again, and node 1 takes in what it missed")
            await world.fillDisk(of: 1, false)
            await stage.wait(.seconds(900))
            try await stage.expect("requests in the log", 20) { world.logged(.request, at: $0) }
            #expect(try await Self.isReplay(stage, 1))
        }
        try await story.run()
    }
}
