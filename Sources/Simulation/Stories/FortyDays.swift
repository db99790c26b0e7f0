import Messages
import Node
import Primitives
import Sync

extension Story {
    /// §12: two halves of a network decide for forty days without each other, and count again together.
    public static let fortyDays = Story(
        "forty-days",
        "Two halves decide without each other for forty days; healed, all count the same.",
        nodes: 8,
        setting: .patient
    ) { stage in
        let split = SplitNetwork(stage)
        try await split.meets()
        try await split.decidesApart()
        try await split.healsAndAgrees()
    }
}

/// The scenes of ``Story/fortyDays``.
private final class SplitNetwork {
    private let stage: Stage
    private let (left, right) = ([0, 1, 2, 3], [4, 5, 6, 7])
    /// What all knew before, and each half decides otherwise.
    private var shared: MessageID?
    /// What each half proposed and decided alone.
    private var own: [MessageID] = []
    private static let day = Duration.seconds(86_400)

    init(_ stage: Stage) { self.stage = stage }

    func meets() async throws {
        self.stage.step("Eight founders meet and hear of a plan that may be voted on for 25 days")
        await self.stage.wait(untilDay: 0, hour: 2)
        let draft = Draft("A plan for all", voting: Self.day * 25)
        self.shared = try await self.stage.propose(draft, by: self.stage.node(0))
        await self.stage.wait(.seconds(600))
        try await self.expectState("open", of: self.shared, at: self.stage.everyone)
    }

    func decidesApart() async throws {
        self.stage.step("The network splits; the left half likes the plan, the right half does not")
        self.stage.partition(self.left)
        await self.stage.wait(.seconds(60))
        self.stage.world.dropCutConnections()
        for (half, stance) in [(self.left, Vote.Stance.endorse), (self.right, .reject)] {
            for node in half { try await self.vote(stance, on: self.shared, by: node) }
        }
        self.stage.step("On day 20 each half proposes a guide of its own, and ratifies it")
        await self.stage.wait(untilDay: 20)
        for half in [self.left, self.right] {
            let draft = Draft("A guide of node \(half[1])", voting: Self.day * 2)
            let guide = try await self.stage.propose(draft, by: self.stage.node(half[1]))
            self.own.append(guide)
            await self.stage.wait(.seconds(600))
            for node in half { try await self.vote(.endorse, on: guide, by: node) }
        }
        await self.stage.wait(untilDay: 23)
        for (half, guide) in zip([self.left, self.right], self.own) {
            try await self.expectState("ratified", of: guide, at: half)
            for node in half.prefix(2) {
                try await self.stage.adopt(guide, by: self.stage.node(node))
            }
        }
        self.stage.step("On day 40 the plan is ratified on the left and rejected on the right")
        await self.stage.wait(untilDay: 40)
        try await self.expectState("ratified", of: self.shared, at: self.left)
        try await self.expectState("rejected", of: self.shared, at: self.right)
        try await self.stage.expect("proposals in the log", 2) {
            self.stage.world.logged(.propose, at: $0)
        }
    }

    func healsAndAgrees() async throws {
        self.stage.step(
            "They hear each other again; within two cycles of sync all have all messages"
        )
        self.stage.heal()
        let cycle = self.stage.story.setting.pace.sync.incrementalMilliseconds
        await self.stage.wait(.milliseconds(cycle * 2))
        for (type, count) in [(MessageType.propose, 3), (.vote, 16), (.adopt, 4)] {
            try await self.stage.expect("\(type.rawValue) in the log", count) {
                self.stage.world.logged(type, at: $0)
            }
        }
        self.stage.step("The plan is counted again: half for it and half against it is too little")
        let end = self.stage.world.elapsed + .seconds(7_200)
        while self.stage.world.elapsed < end, try await !self.areAllDecided() {
            await self.stage.wait(.seconds(300))
        }
        try await self.expectState("rejected", of: self.shared, at: self.stage.everyone)
        for guide in self.own {
            try await self.expectState("ratified", of: guide, at: self.stage.everyone)
        }
        self.stage.step("All nodes agree on everything")
        try await self.stage.healAndConverge(mayDiffer: .weights)
    }

    // MARK: Helpers

    private func areAllDecided() async throws -> Bool {
        for proposal in self.own + [self.shared].compactMap(\.self) {
            for node in self.stage.everyone {
                let state = try await self.stage.state(of: proposal, at: node)
                let expected = proposal == self.shared ? "rejected" : "ratified"
                guard state == expected else { return false }
            }
        }
        return true
    }

    private func vote(_ stance: Vote.Stance, on proposal: MessageID?, by node: Int) async throws {
        guard let proposal else { return }
        try await self.stage.vote(stance, on: proposal, by: self.stage.node(node))
    }

    private func expectState(_ state: String, of proposal: MessageID?, at nodes: [Int])
        async throws
    {
        guard let proposal else { return }
        try await self.stage.expect("state of \(proposal.hex.prefix(8))", at: nodes, state) {
            try await self.stage.state(of: proposal, at: $0)
        }
    }
}
