import LocalAPI
import Messages
import Node
import Primitives
import Sync

extension Story {
    /// §12: founders who never met found one network twice; each half grows by itself until they meet.
    public static let twoNetworks = Story(
        "two-networks",
        "Founders never met; each half grew and decided alone; they merge into one network.",
        nodes: 10,
        founders: 6,
        absentFounders: ["alice"],
        setting: .patient
    ) { stage in
        let merge = try Merge(stage)
        try await merge.begin()
        try await merge.grow()
        try await merge.decide()
        try await merge.linkAndRevoke()
        try await merge.meet()
    }
}

/// The scenes of ``Story/twoNetworks``.
private final class Merge {
    private let stage: Stage
    // By parity: each half has a node whose address the others are told at the start.
    private let founders = [[0, 2, 4], [1, 3, 5]]
    private let halves = [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    private let alice: Player
    private let phone: Player
    private var decided: [MessageID] = []
    /// What a phone voted on that was revoked elsewhere.
    private var voted: MessageID?
    private static let day = Duration.seconds(86_400)

    init(_ stage: Stage) throws {
        self.stage = stage
        self.alice = try stage.player("alice", at: 0)
        self.phone = try stage.player("alice's phone", at: 0)
    }

    func begin() async throws {
        self.stage.step("Three founders meet, and three others do; neither half hears of the other")
        let newcomers = (6..<10).map { [$0] }
        self.stage.world.divide(into: self.founders + newcomers)
        await self.stage.wait(Self.day)
        try await self.expectPeers(2, at: self.founders.flatMap(\.self))
    }

    func grow() async throws {
        self.stage.step("Two nodes join each half")
        self.stage.world.divide(into: self.halves)
        await self.stage.wait(Self.day)
        try await self.expectPeers(4, at: self.stage.everyone)
    }

    func decide() async throws {
        self.stage.step("Each half ratifies a guide of its own, and one that both happen to write")
        for half in self.halves {
            for title in ["A guide of node \(half[0])", "A guide that both write"] {
                let draft = Draft(title, voting: Self.day)
                let guide = try await self.stage.propose(draft, by: self.stage.node(half[0]))
                self.decided.append(guide)
                await self.stage.wait(.seconds(3_600))
                for node in half.prefix(3) {
                    try await self.stage.vote(.endorse, on: guide, by: self.stage.node(node))
                }
            }
        }
        await self.stage.wait(Self.day * 2)
        for (place, guide) in self.decided.enumerated() {
            let half = self.halves[place / 2]
            try await self.stage.expect("state of guide \(place)", at: half, "ratified") {
                try await self.stage.state(of: guide, at: $0)
            }
            try await self.stage.adopt(guide, by: self.stage.node(half[1]))
        }
    }

    func linkAndRevoke() async throws {
        self.stage.step("Alice links her phone in both halves, and revokes it in one of them alone")
        for home in [0, 1] { try await self.stage.link(self.phone, to: self.alice.at(home)) }
        await self.stage.wait(Self.day)
        let revocation = Stage.revocation(of: self.phone, by: self.alice)
        try await self.stage.send(.didRevoke, revocation, by: self.alice)
        await self.stage.wait(.seconds(3_600))
        self.stage.step("In the other half the phone votes in her name")
        let draft = Draft("What the phone voted on", voting: Self.day)
        let voted = try await self.stage.propose(draft, by: self.stage.node(1))
        self.decided.append(voted)
        await self.stage.wait(.seconds(3_600))
        try await self.stage.vote(.endorse, on: voted, by: self.phone.at(3))
        for node in self.halves[1].prefix(3) {
            try await self.stage.vote(.endorse, on: voted, by: self.stage.node(node))
        }
        await self.stage.wait(Self.day * 2)
        try await self.stage.expect("votes on it that count", at: self.halves[1], 4) { node in
            try await self.counted(on: voted, at: node)
        }
        self.voted = voted
        for (half, name) in zip(self.halves, [self.phone.name, self.alice.name]) {
            try await self.stage.expect("identity of the phone", at: half, name) {
                try await self.stage.identity(of: self.phone, at: $0)
            }
        }
    }

    private func countsThree(on proposal: MessageID) async throws -> Bool {
        for node in self.stage.everyone {
            guard try await self.counted(on: proposal, at: node) == 3 else { return false }
        }
        return true
    }

    private func counted(on proposal: MessageID, at node: Int) async throws -> Int {
        let votes = try await self.stage.votes(on: proposal, at: node)
        return votes.count { !$0.hasSuffix("not counted") }
    }

    func meet() async throws {
        self.stage.step(
            "The halves meet: within two cycles of sync all have one tree of identities"
        )
        self.stage.heal()
        let cycle = self.stage.story.setting.pace.sync.incrementalMilliseconds
        await self.stage.wait(.milliseconds(cycle * 2))
        try await self.stage.expect("proposals in the log", self.decided.count) {
            self.stage.world.logged(.propose, at: $0)
        }
        try await self.stage.expect("identity of the phone", self.phone.name) {
            try await self.stage.identity(of: self.phone, at: $0)
        }
        self.stage.step("What either half ratified is ratified everywhere")
        let end = self.stage.world.elapsed + .seconds(7_200)
        while self.stage.world.elapsed < end, try await !self.areRatified() {
            await self.stage.wait(.seconds(300))
        }
        for (place, guide) in self.decided.enumerated() {
            try await self.stage.expect("state of guide \(place)", "ratified") {
                try await self.stage.state(of: guide, at: $0)
            }
        }
        if let voted {
            self.stage.step("The vote of the phone is void everywhere")
            let end = self.stage.world.elapsed + Self.day
            while self.stage.world.elapsed < end, try await !self.countsThree(on: voted) {
                await self.stage.wait(.seconds(1_800))
            }
            try await self.stage.expect("votes that count", 3) {
                try await self.counted(on: voted, at: $0)
            }
        }
        self.stage.step("It is one network: a proposal of one half is ratified by the other")
        let draft = Draft("A guide for all", voting: Self.day)
        let guide = try await self.stage.propose(draft, by: self.stage.node(0))
        await self.stage.wait(.seconds(3_600))
        for node in self.halves[1].prefix(3) {
            try await self.stage.vote(.endorse, on: guide, by: self.stage.node(node))
        }
        await self.stage.wait(Self.day * 2)
        try await self.stage.expect("state of the guide for all", "ratified") {
            try await self.stage.state(of: guide, at: $0)
        }
        try await self.stage.healAndConverge(mayDiffer: .weights)
    }

    private func areRatified() async throws -> Bool {
        for guide in self.decided {
            for node in self.stage.everyone {
                guard try await self.stage.state(of: guide, at: node) == "ratified" else {
                    return false
                }
            }
        }
        return true
    }

    private func expectPeers(_ count: Int, at nodes: [Int]) async throws {
        try await self.stage.expect("connected peers", at: nodes, Int64(count)) { node in
            try await self.stage.ask(node, .status)["gossip"]?["connected_peers"]?.integer ?? -1
        }
    }
}
