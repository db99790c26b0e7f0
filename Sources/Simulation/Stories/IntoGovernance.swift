import LocalAPI
import Messages
import Primitives

extension Story {
    /// §8: sixteen nodes sustain themselves into governance.
    public static let intoGovernance = Story(
        "into-governance",
        "Sixteen nodes sustain into governance, vote by heads for 30 days and by weight after.",
        nodes: 16,
        setting: .unhurried
    ) { stage in
        let assembly = try Assembly(stage)
        try await assembly.isFrozen()
        try await assembly.isBusy()
        try await assembly.sustains()
        try await assembly.countsHeads()
        try await assembly.keepsTheFloor()
        try await assembly.weighsVotes()
        stage.step("All nodes agree")
        try await stage.healAndConverge(mayDiffer: .weights)
    }
}

/// The scenes of ``Story/intoGovernance``.
private final class Assembly {
    private let stage: Stage
    private let mallory: Player
    private static let day = Duration.seconds(86_400)

    init(_ stage: Stage) throws {
        self.stage = stage
        self.mallory = try stage.player("mallory", at: 0)
    }

    /// A proposal that changes what the rules say of somebody (D-52, D-61).
    private func ban(_ title: String, voting: Duration) -> Draft {
        let resolution = Propose.Resolution(kind: .ban, subject: self.mallory.id)
        return Draft(title, voting: voting, resolution: resolution)
    }

    func isFrozen() async throws {
        self.stage.step("Sixteen founders meet; rules cannot change yet")
        await self.stage.wait(untilDay: 0, hour: 2)
        try await self.stage.expect("phase", "frozen") { try await self.stage.phase(at: $0) }
        let payload = self.ban("Ban Mallory at once", voting: Self.day).payload(now: self.stage.now)
        try await self.stage.expectRefusal(.rule, of: .propose, payload, by: self.stage.node(0))
    }

    func isBusy() async throws {
        self.stage.step("Content is decided all the same; three adoptions make the network busier")
        let draft = Draft("A guide for founders", voting: .seconds(7_200))
        let guide = try await self.stage.propose(draft, by: self.stage.node(1))
        await self.stage.wait(.seconds(600))
        try await self.vote(on: guide, 0..<6)
        await self.stage.wait(.seconds(10_800))
        try await self.expect("ratified", guide, mode: "weighted")
        for node in 2..<5 { try await self.stage.adopt(guide, by: self.stage.node(node)) }
        await self.stage.wait(untilDay: 1)
        try await self.stage.expect("activity multiplier", "more than 1.33") {
            try await self.network($0, "activity_multiplier")
        } where: {
            $0 > 1_330_000
        }
    }

    func sustains() async throws {
        self.stage.step("The clock runs: 7 days divided by the activity, three at least")
        try await self.stage.expect("hours needed", "floor(168 / multiplier)") { node in
            let multiplier = try await self.network(node, "activity_multiplier")
            let needed = try await self.network(node, "standard", "hours_needed")
            return needed == max(72, 168_000_000 / multiplier)
        } where: {
            $0
        }
        while try await self.stage.phase(at: 0) == "frozen", self.stage.world.elapsed < Self.day * 8
        {
            await self.stage.wait(.seconds(3_600))
        }
        await self.stage.wait(.seconds(3_600))
        self.stage.step("The clock is full: governance begins, votes are counted by heads")
        try await self.stage.expect("phase", "cold-start") { try await self.stage.phase(at: $0) }
        let since = try await self.network(0, "governance_since")
        try await self.stage.expect("beginning of governance", since) {
            try await self.network($0, "governance_since")
        }
        try await self.stage.expect("end of cold start", since + 30 * 86_400_000) {
            try await self.network($0, "cold_start_ends")
        }
        let hours = (since - self.stage.start.milliseconds) / 3_600_000
        try await self.stage.expect("hours until governance", at: [0], "72 to 167") { _ in
            hours
        } where: {
            (72..<168).contains($0)
        }
    }

    func countsHeads() async throws {
        self.stage.step("Eight of sixteen heads are not more than half")
        let first = try await self.stage.propose(
            self.ban("Ban Mallory", voting: Self.day),
            by: self.stage.node(0)
        )
        let second = try await self.stage.propose(
            self.ban("Ban Mallory, again", voting: Self.day),
            by: self.stage.node(1)
        )
        await self.stage.wait(.seconds(600))
        try await self.vote(on: first, 0..<8)
        try await self.vote(on: second, 0..<9)
        await self.stage.wait(Self.day + .seconds(3_600))
        try await self.expect("rejected", first, mode: "headcount")
        self.stage.step("Nine are")
        try await self.expect("ratified", second, mode: "headcount")
    }

    func keepsTheFloor() async throws {
        let ends = try await self.network(0, "cold_start_ends") - self.stage.start.milliseconds
        await self.stage.world.run(until: .milliseconds(ends) - Self.day)
        self.stage.step("On the last day of cold start two votes begin that end after it")
        let first = try await self.stage.propose(
            self.ban("Ban Mallory for good", voting: Self.day * 3),
            by: self.stage.node(2)
        )
        let second = try await self.stage.propose(
            self.ban("Ban Mallory for ever", voting: Self.day * 3),
            by: self.stage.node(3)
        )
        await self.stage.wait(.seconds(600))
        try await self.vote(on: first, 0..<7)
        try await self.vote(on: second, 0..<8)
        await self.stage.wait(Self.day * 3 + .seconds(3_600))
        try await self.stage.expect("phase", "standard") { try await self.stage.phase(at: $0) }
        self.stage.step(
            "Votes have weight now, but of proposals from cold start half of all must vote"
        )
        try await self.expect("rejected", first, mode: "weighted")
        try await self.expect("ratified", second, mode: "weighted")
    }

    func weighsVotes() async throws {
        self.stage.step(
            "A proposal of the time after needs the quorum alone: four founders are enough"
        )
        let last = try await self.stage.propose(
            self.ban("Ban Mallory once more", voting: Self.day),
            by: self.stage.node(4)
        )
        await self.stage.wait(.seconds(600))
        try await self.vote(on: last, 0..<4)
        await self.stage.wait(Self.day + .seconds(3_600))
        try await self.expect("ratified", last, mode: "weighted")
    }

    // MARK: Helpers

    private func vote(on proposal: MessageID, _ nodes: Range<Int>) async throws {
        for node in nodes {
            try await self.stage.vote(.endorse, on: proposal, by: self.stage.node(node))
        }
        await self.stage.wait(.seconds(600))
    }

    private func expect(_ state: String, _ proposal: MessageID, mode: String) async throws {
        try await self.stage.expect("state and mode", "\(state), \(mode)") { node in
            let answer = try await self.stage.ask(node, .proposal(proposal))
            let found = answer["outlook"]?["mode"]?.string ?? "unknown"
            return "\(answer["state"]?.string ?? "unknown"), \(found)"
        }
    }

    private func network(_ node: Int, _ members: String...) async throws -> Int64 {
        let answer: JSONValue? = try await self.stage.ask(node, .network)
        return members.reduce(answer) { $0?[$1] }?.integer ?? -1
    }
}
