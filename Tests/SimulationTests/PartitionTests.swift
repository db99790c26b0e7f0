import Messages
import Primitives
import Simulation
import Testing

@Suite("ADR 0035: what was parted comes together", .timeLimit(.minutes(5)))
struct PartitionTests {
    /// How long nodes may take to agree: two cycles of incremental sync (R-05-108).
    private static let twoCycles = Duration.seconds(1_800)

    /// What is different from one break to another.
    struct Break: Sendable, CustomTestStringConvertible {
        var apart: Duration
        /// The node that was cut off starts anew before the others hear it again.
        var restarts = false
        /// Nodes 0 and 2 never meet: what one has goes through node 1.
        var isLine = false

        var testDescription: String {
            "\(self.apart) apart" + (self.restarts ? ", with a restart" : "")
                + (self.isLine ? ", in a line" : "")
        }
    }

    @Test(
        "C3-1: requests and votes of a time apart reach everybody within two sync cycles",
        arguments: [
            Break(apart: .seconds(240)),
            Break(apart: .seconds(2_400)),
            Break(apart: .seconds(240), restarts: true),
            Break(apart: .seconds(2_400), restarts: true),
            Break(apart: .seconds(240), isLine: true),
            Break(apart: .seconds(2_400), isLine: true),
        ]
    )
    func reunion(_ kind: Break) async throws {
        let story = Story("reunion", "Node 2 is cut off for a while.", seed: 5, nodes: 3) { stage in
            let world = stage.world
            stage.step("Three nodes meet and hear of a proposal")
            if kind.isLine {
                world.estrange(0, 2)
                world.dropCutConnections()
            }
            await stage.wait(.seconds(900))
            let draft = Draft("A guide", voting: .seconds(86_400))
            let proposal = try await stage.propose(draft, by: stage.node(0))
            await stage.wait(.seconds(60))

            stage.step("Node 2 is cut off; on both sides there are thirty requests and a vote")
            stage.partition([2])
            await stage.wait(.seconds(30))
            world.dropCutConnections()
            for number in 0..<30 {
                for author in [0, 2] {
                    try await stage.send(
                        .request,
                        Self.request("\(author) wants \(number)"),
                        by: stage.node(author)
                    )
                }
            }
            for voter in 1...2 {
                try await stage.vote(.endorse, on: proposal, by: stage.node(voter))
            }
            await stage.wait(kind.apart - .seconds(30))

            stage.step("They hear each other again")
            if kind.restarts { try await world.restart(2) }
            stage.heal()
            let end = world.elapsed + Self.twoCycles
            while world.elapsed < end, !Self.agree(in: world) { await stage.wait(.seconds(30)) }
            for type in [MessageType.request, .propose, .vote] {
                let all = [MessageType.request: 60, .propose: 1, .vote: 2][type] ?? 0
                try await stage.expect("\(type.rawValue) in the log", all) {
                    world.logged(type, at: $0)
                }
            }
        }
        _ = try await story.run()
    }

    private static func agree(in world: World) -> Bool {
        [(MessageType.request, 60), (.vote, 2)].allSatisfy { type, count in
            world.nodes.indices.allSatisfy { world.logged(type, at: $0) == count }
        }
    }

    private static func request(_ title: String) -> JSONValue {
        .object([
            ("title", .string(title)), ("body", .string("For a story.")), ("tags", .array([])),
        ])
    }
}

@Suite("C4-2: a message right after the start", .timeLimit(.minutes(5)))
struct FirstMessageTests {
    @Test("C4-2: what a node says the moment it has started reaches all peers within seconds")
    func rightAfterStart() async throws {
        let story = Story("first word", "A node speaks at once.", seed: 9, nodes: 4) { stage in
            stage.step("Four nodes meet, and one starts anew")
            await stage.wait(.seconds(120))
            try await stage.world.restart(3)
            stage.step("It has a request half a second later")
            await stage.wait(.milliseconds(500))
            let payload = JSONValue.object([
                ("title", .string("First")), ("body", .string("For a story.")),
                ("tags", .array([])),
            ])
            try await stage.send(.request, payload, by: stage.node(3))
            await stage.wait(.seconds(20))
            try await stage.expect("requests in the log", 1) {
                stage.world.logged(.request, at: $0)
            }
        }
        _ = try await story.run()
    }
}
