import LocalAPI
import Messages
import Primitives

extension Story {
    /// §9: what a stranger earns by being there and by hosting what others propose.
    ///
    /// Nell has no devices. Dora links three, so that four keys share one identity and each gain is
    /// worth floor(raw / 4^0.75) to her.
    public static let newcomer = Story(
        "newcomer",
        "Two newcomers rise from 0.2 to 0.3, one alone and one with three linked devices.",
        nodes: 6,
        founders: 4,
        absentFounders: NewcomerRoad.absentFounders,
        setting: .unhurried
    ) { stage in
        let road = try NewcomerRoad(stage)
        try await road.arrive()
        try await road.beRefused()
        try await road.meetTheDailyLimit()
        try await road.meetTheWeeklyLimit()
        try await road.nellVotes()
        try await road.doraCatchesUp()
        stage.step("All nodes agree on who is who and on every proposal")
        try await stage.healAndConverge(mayDiffer: .weights)
    }
}

/// The scenes of ``Story/newcomer``.
private final class NewcomerRoad {
    static let absentFounders = (1...16).map { "founder \($0)" }
    /// The nodes of neither newcomer: their ledgers are the opinion of the network.
    private static let observers = [0, 1, 2, 3]

    private let stage: Stage
    private let (nell, dora): (Player, Player)
    private let devices: [Player]
    private let founders: [Player]
    private var turn = 0

    init(_ stage: Stage) throws {
        self.stage = stage
        (self.nell, self.dora) = (stage.node(4), stage.node(5))
        self.devices = try ["phone", "tablet", "laptop"].map {
            try stage.player("dora's \($0)", at: 5)
        }
        self.founders =
            try Self.observers.map { stage.node($0) }
            + Self.absentFounders.enumerated().map { number, name in
                try stage.player(name, at: number % Self.observers.count)
            }
    }

    // MARK: Scenes

    func arrive() async throws {
        self.stage.step("Nell and Dora arrive; Dora links her phone, her tablet and her laptop")
        await self.stage.wait(untilDay: 0, hour: 1)
        for device in self.devices { try await self.stage.link(device, to: self.dora) }
        await self.stage.wait(.seconds(600))
        try await self.expect(self.nell, 200_000)
        try await self.expect(self.dora, 200_000)
        try await self.stage.expect("keys of dora", 4) { node in
            let answer = try await self.stage.ask(node, .identity(self.dora.id))
            return answer["keys"]?.elements?.count ?? 0
        }
    }

    func beRefused() async throws {
        self.stage.step("Below 0.3 their own nodes send neither vote nor proposal")
        let guide = Draft("A guide for founders", voting: .seconds(7_200))
        // The last founder: the first ones use up their three proposals of the week below.
        let last = self.founder(self.founders.count - 1)
        let id = try await self.stage.propose(guide, by: last)
        await self.stage.wait(.seconds(600))
        let vote = Stage.vote(.endorse, on: id)
        try await self.stage.expectRefusal(.belowGate, of: .vote, vote, by: self.nell)
        let own = Draft("A guide for newcomers", voting: .seconds(7_200))
        let payload = own.payload(now: self.stage.now)
        try await self.stage.expectRefusal(.belowGate, of: .propose, payload, by: self.nell)
        try await self.stage.expectRefusal(.belowGate, of: .vote, vote, by: self.dora)

        self.stage.step("A third newcomer votes all the same: the vote is heard and not counted")
        let ned = try self.stage.player("ned", at: 0)
        let message = try self.stage.sign(.vote, vote, by: ned)
        for node in self.stage.everyone {
            _ = await self.stage.deliver(message, to: node, isRelayed: false)
        }
        try await self.stage.expect("vote of ned", ["ned: endorse, not counted"]) { node in
            try await self.stage.votes(on: id, at: node)
        }
    }

    func meetTheDailyLimit() async throws {
        for day in 0..<4 {
            self.stage.step(
                "Day \(day): eleven documents of Nell are proposed and adopted; 0.022 is due to her"
            )
            try await self.host(11, of: self.nell, day: day)
            await self.stage.wait(untilDay: day + 1)
            // 0.02 a day, uptime included (R-09-028).
            try await self.expect(self.nell, 200_000 + Int64(day + 1) * 20_000)
            // 1,000 for a day of uptime, dampened (R-01-046, D-37).
            try await self.expect(self.dora, 200_000 + Int64(day + 1) * 353)
        }
    }

    func meetTheWeeklyLimit() async throws {
        self.stage.step(
            "Day 4: four more documents, but 0.08 in seven days is all that Nell may gain"
        )
        try await self.host(4, of: self.nell, day: 4)
        await self.stage.wait(untilDay: 7)
        try await self.expect(self.nell, 280_000)

        self.stage.step("Day 7: the first day left the window; eleven documents bring Nell to 0.3")
        try await self.host(11, of: self.nell, day: 7)
        await self.stage.wait(untilDay: 8)
        try await self.expect(self.nell, 300_000)
    }

    func nellVotes() async throws {
        self.stage.step("Days 8 and 9: uptime adds 0.001 a day, and word of Nell's score spreads")
        await self.stage.wait(untilDay: 10)
        try await self.expect(self.nell, 302_000)
        try await self.stage.expect("score of nell", at: Self.observers, "at least 0.3") {
            try await self.stage.score(of: self.nell, at: $0)
        } where: {
            $0 >= FixedPoint(millionths: 300_000)
        }

        self.stage.step("Nell proposes and votes, and it counts")
        let own = Draft("A guide for newcomers", voting: .seconds(14_400))
        let guide = try await self.stage.propose(own, by: self.nell)
        await self.stage.wait(.seconds(600))
        for voter in [self.nell] + self.founders.prefix(4) {
            try await self.stage.vote(.endorse, on: guide, by: voter)
        }
        await self.stage.wait(.seconds(18_000))
        let votes = [0, 1, 2, 3, 4].map { "node \($0): endorse" }
        try await self.stage.expect("votes on Nell's guide", at: Self.observers, votes) {
            try await self.stage.votes(on: guide, at: $0)
        }
        try await self.stage.expect("state of Nell's guide", at: Self.observers, "ratified") {
            try await self.stage.state(of: guide, at: $0)
        }
    }

    func doraCatchesUp() async throws {
        self.stage.step("Day 14: uptime alone has given Dora 14 times 0.000353")
        await self.stage.wait(untilDay: 14)
        try await self.expect(self.dora, 200_000 + 14 * 353)
        for day in [14, 15, 16, 17, 18, 22, 23, 24, 25, 26] {
            self.stage.step(
                "Day \(day): twelve documents of Dora; each gives 530 and 176 of 1500 and 500"
            )
            try await self.host(12, of: self.dora, day: day)
        }
        self.stage.step(
            "Day 30: six more, and uptime does the rest: from 0.3 on a host gets its full part"
        )
        try await self.host(6, of: self.dora, day: 30)
        await self.stage.wait(untilDay: 33)
        try await self.expect(self.dora, 200_000 + 33 * 353 + (10 * 12 + 6) * 706)

        self.stage.step("Dora's phone votes, and it counts for Dora")
        await self.stage.wait(untilDay: 34)
        let draft = Draft("A guide for hosts", voting: .seconds(14_400))
        let guide = try await self.stage.propose(draft, by: self.founders[0])
        await self.stage.wait(.seconds(600))
        try await self.stage.vote(.endorse, on: guide, by: self.devices[0])
        await self.stage.wait(.seconds(600))
        try await self.stage.expect("votes on it", at: Self.observers, ["node 5: endorse"]) {
            try await self.stage.votes(on: guide, at: $0)
        }
    }

    // MARK: Helpers

    /// A newcomer shares documents; founders take turns to propose them and two others adopt each.
    private func host(_ count: Int, of newcomer: Player, day: Int) async throws {
        await self.stage.wait(untilDay: day, hour: 10)
        var drafts = (1...count).map {
            Draft("Document \($0) of day \(day)", voting: .seconds(3_600))
        }
        let share = try await self.stage.share(drafts, by: newcomer)
        await self.stage.wait(.seconds(600))
        for index in drafts.indices {
            drafts[index].origin = share
            let author = self.founder(self.turn)
            let proposal = try await self.stage.propose(drafts[index], by: author)
            await self.stage.wait(.seconds(60))
            try await self.stage.adopt(proposal, by: self.founder(self.turn + 1))
            try await self.stage.adopt(proposal, by: self.founder(self.turn + 2))
            self.turn += 1
        }
    }

    private func founder(_ turn: Int) -> Player { self.founders[turn % self.founders.count] }

    /// What every observer's ledger must say, to the millionth.
    private func expect(_ player: Player, _ millionths: Int64) async throws {
        let name = player.home == self.nell.home ? "nell" : "dora"
        let expected = FixedPoint(millionths: millionths)
        try await self.stage.expect("ledger of \(name)", at: Self.observers, expected) {
            try await self.stage.direct(of: player, at: $0)
        }
    }
}
