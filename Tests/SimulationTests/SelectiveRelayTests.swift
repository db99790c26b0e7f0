import Messages
import Primitives
import Simulation
import Testing

@Suite("T19: relays that leave out what they dislike", .timeLimit(.minutes(5)))
struct SelectiveRelayTests {
    @Test(
        "T19: where a third of the mesh passes no votes on, all votes are everywhere in two cycles"
    )
    func votes() async throws {
        let story = Story(
            "selective relay",
            "Three of nine nodes drop votes of others.",
            seed: 3,
            nodes: 9,
            setting: .sound
        ) { stage in
            let (world, droppers) = (stage.world, 0..<3)
            let (left, right) = (3..<6, 6..<9)
            stage.step("Nine nodes meet; two threes of them know each other through the rest alone")
            for one in left { for other in right { world.estrange(one, other) } }
            world.dropCutConnections()
            await stage.wait(.seconds(120))
            let draft = Draft("A guide", voting: .seconds(86_400))
            let proposal = try await stage.propose(draft, by: stage.node(3))
            await stage.wait(.seconds(120))
            try await stage.expect("proposals in the log", 1) { world.logged(.propose, at: $0) }

            stage.step("The rest passes on everything but votes of others; six nodes vote")
            for node in droppers {
                let own = world.nodes[node]
                var tampering = Tampering()
                tampering.relays = { $0.type != .vote || $0.from == own }
                world.tamper(with: node, tampering)
            }
            for voter in 3..<9 {
                try await stage.vote(.endorse, on: proposal, by: stage.node(voter))
            }
            let voted = world.elapsed
            await stage.wait(.seconds(90))
            try await stage.expect("votes in the log", at: Array(left) + Array(right), 3) {
                world.logged(.vote, at: $0)
            }

            stage.step("Within half an hour incremental sync has closed the gap (R-05-108)")
            let isWhole = { stage.everyone.allSatisfy { world.logged(.vote, at: $0) == 6 } }
            while world.elapsed < voted + .seconds(1_800), !isWhole() {
                await stage.wait(.seconds(30))
            }
            try await stage.expect("votes in the log", 6) { world.logged(.vote, at: $0) }
            let votes = (3..<9).map { "node \($0): endorse" }
            try await stage.expect("votes that count", votes) {
                try await stage.votes(on: proposal, at: $0)
            }
        }
        _ = try await story.run()
    }
}
