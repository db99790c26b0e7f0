import LocalAPI
import Messages
import Primitives

extension Story {
    /// ADR 0045: whichever node is killed at whatever moment, its state afterwards follows from its log
    /// alone.
    public static let crashes = Story(
        "crashes",
        "Four nodes do all that changes state and are killed at any step; their logs bring all back.",
        nodes: 4,
        absentFounders: ["alice", "bob"],
        setting: .mortal
    ) { stage in
        // Long enough for an hour to end meanwhile, and what nodes note of it.
        try await CrashDrill.play(stage, CrashPlan(deaths: 6, meeting: .seconds(2_700), haste: 1))
    }

    /// The same within minutes, with one node less and one death, for tests.
    public static let crashesInBrief = Story(
        "crashes-in-brief",
        "Three nodes do all that changes state; one is killed at any step; its log brings all back.",
        nodes: 3,
        absentFounders: ["alice", "bob"],
        setting: .mortal
    ) { stage in
        try await CrashDrill.play(stage, CrashPlan(deaths: 1, meeting: .seconds(90), haste: 10))
    }
}

/// How long a drill is.
private struct CrashPlan {
    /// How often somebody is killed.
    let deaths: Int
    /// How long the nodes have to connect to each other.
    let meeting: Duration
    /// The factor by which pauses are shortened.
    let haste: Int
}

/// Which nodes are killed, and when, and what must be there afterwards.
private struct CrashDrill {
    private let stage: Stage
    private let haste: Int
    private var random: SplitMix64
    private var deeds: CrashDeeds
    private var keys: [NodeID] { self.stage.players.keys.sorted() }
    private var world: World { self.stage.world }

    private init(_ stage: Stage, _ plan: CrashPlan) throws {
        self.stage = stage
        self.haste = plan.haste
        self.random = SplitMix64(seed: stage.seed ^ 0x6372_6173_6865_7300)
        self.deeds = try CrashDeeds(stage, seed: self.random.next())
    }

    static func play(_ stage: Stage, _ plan: CrashPlan) async throws {
        var drill = try CrashDrill(stage, plan)
        stage.step("The nodes meet and say a few things")
        await stage.wait(plan.meeting)
        try await drill.act(times: 6)
        for number in 1...plan.deaths { try await drill.kill(number) }
        stage.step(
            "Everything heals: all nodes agree, and each has what was acknowledged to anybody"
        )
        stage.heal()
        await drill.hearEverything()
        try await stage.healAndConverge(mayDiffer: .decisions)
        for node in stage.everyone { try await drill.isWhole(node) }
    }

    private mutating func act(times: Int) async throws {
        for _ in 0..<times {
            try await self.deeds.act()
            let pause = self.random.index(below: 20_000 / self.haste)
            // Half of the time the next message is sent before the first one has arrived.
            if pause.isMultiple(of: 2) { await self.stage.wait(.milliseconds(pause)) }
        }
    }

    // MARK: One death

    private mutating func kill(_ number: Int) async throws {
        let victim = self.random.index(below: self.world.nodes.count)
        let isApart = self.random.index(below: 3) == 0
        let isSettled = self.random.index(below: 2) == 0
        let envelopes = 1 << self.random.index(below: 12) + self.random.index(below: 50)
        let moment = isSettled ? "when nothing waits" : "after \(envelopes) envelopes"
        self.stage.step(
            "Death \(number): node \(victim)\(isApart ? ", cut off," : "") dies \(moment)"
        )
        if isApart { self.stage.partition([victim]) }
        try await self.act(times: 2 + self.random.index(below: 4))
        if isSettled {
            await self.stage.wait(.milliseconds(self.random.index(below: 120_000 / self.haste)))
            try await self.compare("the live node and its replay", victim)
            self.world.killNow(victim)
        } else {
            self.world.lightFuse(of: victim, envelopes: envelopes)
            try await self.act(times: 2 + self.random.index(below: 3))
            await self.world.awaitDeath(of: victim, within: .seconds(200 / self.haste))
        }
        self.deeds.collect()
        await self.stage.wait(self.absence)
        let disk = try await self.world.replayedState(of: victim, about: self.keys)
        try await self.world.restart(victim)
        let back = await self.world.state(of: victim, about: self.keys)
        try self.same("what comes back and a second replay", victim, disk, back)
        try self.has(victim)
        if self.random.index(below: 2) == 0 { self.world.divide(into: [self.stage.everyone]) }
        await self.stage.wait(.seconds(self.random.index(below: 400 / self.haste)))
    }

    private var absence: Duration {
        mutating get {
            let spans: [Duration] = [
                .milliseconds(50), .seconds(1), .seconds(30), .seconds(400 / self.haste),
            ]
            return spans[self.random.index(below: spans.count)]
        }
    }

    /// Lets time pass until all nodes have what was acknowledged, for half an hour at most.
    private mutating func hearEverything() async {
        let end = self.world.elapsed + .seconds(1_800)
        while self.world.elapsed < end {
            await self.stage.wait(.seconds(30))
            self.deeds.collect()
            if self.stage.everyone.allSatisfy({ self.missing(at: $0).isEmpty }) { return }
        }
    }

    private func missing(at node: Int) -> [CrashDeeds.Acknowledged] {
        self.deeds.acknowledged.filter { !self.world.log(of: node, $0.type).contains($0.id) }
    }

    // MARK: What must hold

    /// A settled node has what was acknowledged to anybody, speaks, and equals its replay.
    private func isWhole(_ node: Int) async throws {
        try await self.compare("node \(node) and its replay", node)
        try await self.stage.expect("acknowledged and not in the log", at: [node], [String]()) {
            _ in
            self.missing(at: node).map(\.description)
        }
        try await self.stage.expect("signing", at: [node], "null") { node in
            let status = try await self.stage.ask(node, .status)
            let reason = status["identity"]?["signing_stopped_because"]
            return reason?.string ?? "null"
        }
    }

    /// A node that nothing waits for has the state that its log gives.
    private func compare(_ subject: String, _ node: Int) async throws {
        guard await self.world.awaitDisk(of: node) else {
            throw self.stage.failure(
                "its disk",
                node: node,
                expected: "to be done in a minute",
                found: "entries that wait"
            )
        }
        let live = await self.world.state(of: node, about: self.keys)
        let disk = try await self.world.replayedState(of: node, about: self.keys)
        try self.same(subject, node, disk, live)
    }

    private func same(
        _ subject: String,
        _ node: Int,
        _ expected: FoldedState,
        _ found: FoldedState
    ) throws {
        guard let difference = expected.difference(from: found) else {
            return self.stage.held("\(subject): the same in all \(expected.parts.count) parts")
        }
        throw self.stage.failure(
            "\(subject): \(difference.name)",
            node: node,
            expected: difference.here,
            found: difference.there
        )
    }

    /// Whatever a node acknowledged is in its log.
    private func has(_ node: Int) throws {
        let own = self.deeds.acknowledged.filter { $0.node == node }
        for deed in own where !self.world.log(of: node, deed.type).contains(deed.id) {
            throw self.stage.failure(
                "what it acknowledged",
                node: node,
                expected: "in its log",
                found: "\(deed) is lost"
            )
        }
        self.stage.held("acknowledged by node \(node) and in its log: \(own.count)")
    }
}
