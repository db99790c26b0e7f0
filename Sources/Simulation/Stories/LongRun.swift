import Messages
import Node
import Primitives
import Sync

extension Story {
    /// T19, R-05-108: twenty nodes live through four hundred days in which something always goes wrong.
    public static let longRun = LongRun(nodes: 20, days: 400, lull: 20).story("long-run")

    /// The same for some days with few nodes, for tests.
    public static let longRunInBrief = LongRun(nodes: 6, days: 4, lull: 2)
        .story("long-run-in-brief")
}

/// The parts of the story of a long time.
struct LongRun: Sendable {
    let nodes: Int
    let days: Int
    /// After so many days everything is whole, and all must agree.
    let lull: Int

    /// Far from each other, nodes live through long stretches side by side (ADR 0020).
    private static let calm = FaultPlan(
        latencyLeast: .milliseconds(100),
        latencyMost: .milliseconds(200),
        lossPerMille: 0
    )
    /// Times of a day at which the faults change.
    private static let changes = 4
    private static let day = 86_400
    /// What was decided longer ago than this is archived in time (§12), and asked for no more.
    private static let remembered = 12

    func story(_ name: String) -> Story {
        var setting = StorySetting.patient
        setting.faults = Self.calm
        setting.disk = DiskPlan()
        return Story(
            name,
            "\(self.nodes) nodes govern for \(self.days) days of faults; in every lull all agree.",
            nodes: self.nodes,
            absentFounders: ["alice", "bob"],
            setting: setting,
            play: { stage in try await self.play(stage) }
        )
    }

    private func play(_ stage: Stage) async throws {
        var random = SplitMix64(seed: stage.seed ^ 0x6c6f_6e67_5f72_756e)
        var weather = Weather(of: stage.world, calm: Self.calm, seed: random.next())
        var deeds = try CrashDeeds(stage, seed: random.next(), habits: .patient)
        stage.step("\(self.nodes) nodes meet")
        await stage.wait(.seconds(7_200))
        for first in stride(from: 0, to: self.days, by: self.lull) {
            let last = min(first + self.lull, self.days)
            stage.step("Days \(first + 1) to \(last): something goes wrong all the time")
            for _ in 0..<((last - first) * Self.changes) {
                try await weather.change()
                try await self.act(stage, &deeds, &random)
            }
            stage.step("Day \(last): everything heals, and all agree")
            try await weather.clear()
            try await self.agree(stage, &deeds)
        }
        self.tell(stage, weather, deeds)
    }

    /// A part of a day passes, in which some do something.
    private func act(_ stage: Stage, _ deeds: inout CrashDeeds, _ random: inout SplitMix64)
        async throws
    {
        let part = Self.day / Self.changes
        let acts = 1 + random.index(below: 4)
        for _ in 0..<acts {
            try await deeds.act()
            await stage.wait(.seconds(part / acts))
        }
        deeds.collect()
    }

    /// Whatever was acknowledged to anybody is everywhere, and nodes see the same in it.
    private func agree(_ stage: Stage, _ deeds: inout CrashDeeds) async throws {
        let end = stage.world.elapsed + .seconds(Self.day / 2)
        let cycle = stage.story.setting.pace.sync.incrementalMilliseconds
        await stage.wait(.milliseconds(2 * cycle))
        while stage.world.elapsed < end, !self.missing(stage, deeds).isEmpty {
            await stage.wait(.seconds(300))
            deeds.collect()
        }
        let missing = self.missing(stage, deeds)
        try await stage.expect("acknowledged and not in the log", [String]()) { node in
            missing.filter { $0.node == node }.map(\.deed)
        }
        stage.proposals = Array(stage.proposals.suffix(Self.remembered))
        try await stage.healAndConverge(within: .seconds(Self.day / 2), mayDiffer: .weights)
        deeds.forget()
    }

    private func missing(_ stage: Stage, _ deeds: CrashDeeds) -> [(node: Int, deed: String)] {
        stage.everyone.flatMap { node in
            deeds.acknowledged.filter { !stage.world.log(of: node, $0.type).contains($0.id) }
                .map { (node, $0.description) }
        }
    }

    private func tell(_ stage: Stage, _ weather: Weather, _ deeds: CrashDeeds) {
        let (mishaps, log) = (stage.world.mishaps, weather.log)
        let cells = [
            ("days", "\(self.days)"), ("deeds", "\(deeds.count)"), ("storms", "\(log.storms)"),
            ("splits", "\(log.splits)"), ("one way", "\(log.silences)"),
            ("deaths", "\(log.deaths)"), ("slow disks", "\(log.slowDisks)"),
            ("clock jumps", "\(log.clockJumps)"), ("frames lost", "\(mishaps.lost)"),
            ("twice", "\(mishaps.duplicated)"), ("overtaken", "\(mishaps.overtaken)"),
            ("cut", "\(mishaps.cut)"),
        ]
        let text = cells.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        stage.found(text, .row(table: "long run", cells.map { .init($0.0, $0.1) }))
    }
}
