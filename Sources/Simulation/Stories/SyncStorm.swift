import LocalAPI
import Messages
import Node
import Primitives
import Sync

extension Story {
    /// T12, R-05-082 to R-05-090: two hundred nodes return at one moment.
    public static let syncStorm = SyncStorm(
        servers: 10,
        returning: 200,
        away: .seconds(30_000),
        words: 6_000
    ).story("sync-storm")

    /// The same with few nodes, for tests.
    public static let syncStormInBrief = SyncStorm(
        servers: 6,
        returning: 18,
        away: .seconds(6_000),
        words: 200
    ).story("sync-storm-in-brief")
}

/// The parts of the story of nodes that return together.
struct SyncStorm: Sendable {
    /// Nodes that stay, and serve.
    let servers: Int
    /// Nodes that go and return.
    let returning: Int
    /// For how long.
    let away: Duration
    /// Messages that they miss.
    let words: Int

    /// How long live messages are watched before and during the storm.
    private static let before = Duration.seconds(600)
    private static let during = Duration.seconds(1_800)
    private static let pause = Duration.seconds(5)
    /// The storm may make live messages slower by this factor.
    private static let slowdownMost = 2
    private static let percentile = 99

    func story(_ name: String) -> Story {
        var setting = StorySetting()
        setting.haveCaughtUp = self.servers
        setting.pace.sync.makesPauses = true
        return Story(
            name,
            "\(self.returning) nodes return at once: all are synced soon, and nobody is held up.",
            nodes: self.servers + self.returning,
            founders: self.servers,
            setting: setting,
            play: { stage in try await self.play(stage) }
        )
    }

    private func play(_ stage: Stage) async throws {
        let absent = Array(self.servers..<(self.servers + self.returning))
        let watch = stage.world.watchSync()
        stage.step("\(self.servers) founders and \(self.returning) others meet and are synced")
        try await self.awaitSync(of: stage.everyone, stage, within: .seconds(1_800))
        await stage.wait(.seconds(600))

        stage.step("Founders say something every five seconds; all hear of it")
        let calm = try await self.talk(stage, for: Self.before) {}

        stage.step("\(self.returning) nodes go; the founders say \(self.words) things meanwhile")
        for node in absent { stage.world.killNow(node) }
        try await self.chatter(stage)

        stage.step("All return at one moment, and wait for a random time each")
        _ = watch.take()
        for node in absent { try await stage.world.restart(node) }
        let jitter = try await self.expectJitter(stage, absent)

        stage.step("They sync while the founders go on as before")
        let start = stage.world.elapsed
        var synced: [Int: Duration] = [:]
        let storm = try await self.talk(stage, for: Self.during) {
            for node in absent where synced[node] == nil {
                if try await Self.isSynced(node, stage) {
                    synced[node] = stage.world.elapsed - start
                }
            }
        }
        try await stage.expect("nodes that are synced in half an hour", at: [0], self.returning) {
            _ in synced.count
        }
        let sync = watch.take()
        try await self.judge(stage, calm, storm, sync)
        self.tell(stage, jitter, synced, sync, since: start)

        stage.step("All have all of it")
        let all = stage.world.logged(.request, at: 0)
        try await stage.expect("requests in the log", all) { stage.world.logged(.request, at: $0) }
        try await stage.healAndConverge()
    }

    // MARK: What is said

    /// The founders speak in turn while the nodes are away.
    private func chatter(_ stage: Stage) async throws {
        let pause = self.away / self.words
        for number in 0..<self.words {
            let wish = Self.request("Wish \(number)")
            try await stage.send(.request, wish, by: stage.node(number % self.servers))
            await stage.wait(pause)
        }
    }

    private static func request(_ title: String) -> JSONValue {
        .object([
            ("title", .string(title)), ("body", .string("For a story.")), ("tags", .array([])),
        ])
    }

    /// The founders speak in turn, and somebody looks around after each word.
    ///
    /// - Returns: how long each word took to each other founder, in milliseconds, in order.
    private func talk(
        _ stage: Stage,
        for time: Duration,
        lookAround: () async throws -> Void
    ) async throws -> [Int64] {
        let ends = stage.world.elapsed + time
        let places = (0..<self.servers).map { stage.world.logLength(of: $0) }
        var number = 0
        var said: Set<MessageID> = []
        while stage.world.elapsed < ends {
            let payload = Self.request("Word \(number) of \(stage.world.elapsed)")
            let author = stage.node(number % self.servers)
            said.insert(try await stage.send(.request, payload, by: author))
            number += 1
            await stage.wait(Self.pause)
            try await lookAround()
        }
        await stage.wait(.seconds(30))
        var latencies: [Int64] = []
        for server in 0..<self.servers {
            let heard = stage.world.admitted(at: server, after: places[server])
                .filter { said.contains($0.message.id) }
            try await stage.expect("live words in the log", at: [server], number) { _ in
                heard.count
            }
            latencies += heard.filter { $0.origin.peer != nil }
                .map { $0.receivedAt.milliseconds(since: $0.message.timestamp) }
        }
        return latencies.sorted()
    }

    // MARK: What must hold

    private func awaitSync(of nodes: [Int], _ stage: Stage, within limit: Duration) async throws {
        let end = stage.world.elapsed + limit
        for node in nodes {
            while try await !Self.isSynced(node, stage), stage.world.elapsed < end {
                await stage.wait(.seconds(10))
            }
        }
        try await stage.expect("synced", at: nodes, true) { try await Self.isSynced($0, stage) }
    }

    private static func isSynced(_ node: Int, _ stage: Stage) async throws -> Bool {
        try await stage.ask(node, .status)["sync"]?["state"]?.string == SyncState.synced.rawValue
    }

    /// How long the nodes wait before they ask, as each says itself the moment it is back.
    private func expectJitter(_ stage: Stage, _ nodes: [Int]) async throws -> Uniformity {
        var waits: [Int64] = []
        for node in nodes {
            let next = try await stage.ask(node, .status)["sync"]?["next_try"]?.integer ?? -1
            waits.append(next - stage.now.milliseconds)
        }
        let most = min(max(30, self.away.components.seconds / 100), 300) * 1_000
        let found = waits
        try await stage.expect("longest wait in milliseconds", at: [0], "at most \(most)") { _ in
            found.max() ?? -1
        } where: {
            (0...most).contains($0)
        }
        let evenness = Uniformity(of: waits, upTo: most)
        try await stage.expect(
            "distance of the waits from an even spread in millionths",
            at: [0],
            "at most \(evenness.limitMillionths)"
        ) { _ in
            evenness.distanceMillionths
        } where: {
            $0 <= evenness.limitMillionths
        }
        return evenness
    }

    private func judge(
        _ stage: Stage,
        _ calm: [Int64],
        _ storm: [Int64],
        _ sync: SyncWatch.Tally
    ) async throws {
        let (before, during) = (Self.percentile(calm), Self.percentile(storm))
        let limit = before * Int64(Self.slowdownMost)
        stage.found(
            "live messages before and during the storm: p99 \(before) and \(during) ms",
            .row(
                table: "live latency",
                [
                    .init("before, p50 ms", "\(calm[calm.count / 2])"),
                    .init("before, p99 ms", "\(before)"),
                    .init("during, p50 ms", "\(storm[storm.count / 2])"),
                    .init("during, p99 ms", "\(during)"),
                ]
            )
        )
        try await stage.expect("p99 of live messages in ms", at: [0], "at most \(limit)") { _ in
            during
        } where: {
            $0 <= limit
        }
        guard self.words >= 1_000 else { return }
        try await stage.expect("questions that servers declined", at: [0], "some") { _ in
            sync.declined
        } where: {
            $0 > 0
        }
    }

    private static func percentile(_ sorted: [Int64]) -> Int64 {
        sorted.isEmpty ? 0 : sorted[min(sorted.count * Self.percentile / 100, sorted.count - 1)]
    }

    private func tell(
        _ stage: Stage,
        _ jitter: Uniformity,
        _ synced: [Int: Duration],
        _ sync: SyncWatch.Tally,
        since start: Duration
    ) {
        let times = synced.values.map(\.components.seconds).sorted()
        let asked = sync.firstQuestions.filter { $0.key >= self.servers }.values
            .map { ($0 - start).components.seconds }.sorted()
        let mebibytes = sync.bytes / 1_048_576
        stage.found(
            "all are synced after \(times.last ?? -1) s; \(sync.questions) questions, of which "
                + "\(sync.declined) were declined; \(mebibytes) MiB of answers",
            .row(
                table: "sync storm",
                [
                    .init("nodes", "\(self.returning)"),
                    .init("waits, distance", "\(jitter.distanceMillionths)"),
                    .init("waits, limit", "\(jitter.limitMillionths)"),
                    .init("first question, s", "\(asked.first ?? -1)"),
                    .init("last first question, s", "\(asked.last ?? -1)"),
                    .init("synced, p50 s", "\(times.isEmpty ? -1 : times[times.count / 2])"),
                    .init("synced, last s", "\(times.last ?? -1)"),
                    .init("questions", "\(sync.questions)"),
                    .init("declined", "\(sync.declined)"),
                    .init("nodes declined", "\(sync.declinedNodes.count)"),
                    .init("answers, MiB", "\(mebibytes)"),
                ]
            )
        )
    }
}
