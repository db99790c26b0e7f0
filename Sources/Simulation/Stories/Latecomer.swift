import Messages
import Primitives

extension Story {
    /// §8: a node that hears of a vote after its deadline waits for the votes, and decides as all
    /// others did.
    public static let latecomer = Story(
        "latecomer",
        "A node that hears of three votes after their deadlines decides as all others did.",
        nodes: 6,
        founders: 4
    ) { stage in
        let (present, latecomer) = ([0, 1, 2, 3, 4], 5)

        stage.step("Node 5 is cut off; the others meet and propose a guide, a joke and a riddle")
        stage.partition([latecomer])
        await stage.wait(.seconds(600))
        var proposals: [MessageID] = []
        for (author, title) in ["A guide", "A joke", "A riddle"].enumerated() {
            let draft = Draft(title, voting: .seconds(3_600))
            proposals.append(try await stage.propose(draft, by: stage.node(author)))
        }
        await stage.wait(.seconds(60))

        stage.step("Four founders like the guide, nobody likes the joke, the riddle is forgotten")
        for (proposal, stance) in zip(proposals, [Vote.Stance.endorse, .reject]) {
            for voter in 0..<4 { try await stage.vote(stance, on: proposal, by: stage.node(voter)) }
        }
        await stage.wait(.seconds(3_600))
        let outcomes = ["ratified", "rejected", "rejected"]
        for (proposal, outcome) in zip(proposals, outcomes) {
            try await stage.expect("state of \(proposal.hex.prefix(8))", at: present, outcome) {
                try await stage.state(of: proposal, at: $0)
            }
        }
        try await stage.expect("proposals in the log", at: [latecomer], 0) {
            stage.world.logged(.propose, at: $0)
        }

        stage.step(
            "Node 5 is connected after all; it fetches proposals and votes and decides nothing"
        )
        stage.heal()
        let end = stage.world.elapsed + .seconds(3_600)
        while stage.world.logged(.vote, at: latecomer) < 8, stage.world.elapsed < end {
            await stage.wait(.seconds(10))
        }
        try await stage.expect("votes in the log", at: [latecomer], 8) {
            stage.world.logged(.vote, at: $0)
        }
        for (proposal, state) in zip(proposals, ["converging", "open", "open"]) {
            try await stage.expect("state of \(proposal.hex.prefix(8))", at: [latecomer], state) {
                try await stage.state(of: proposal, at: $0)
            }
        }

        stage.step("Five minutes later it has heard everybody, and decides as they did")
        await stage.wait(.seconds(360))
        for (proposal, outcome) in zip(proposals, outcomes) {
            try await stage.expect("state of \(proposal.hex.prefix(8))", outcome) {
                try await stage.state(of: proposal, at: $0)
            }
        }
        stage.step("All nodes agree; each counted the network when it decided")
        try await stage.healAndConverge(mayDiffer: .weights)
    }
}
