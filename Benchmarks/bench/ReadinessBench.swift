import Foundation
import Persistence

/// How long a probe of a node waits that knows many: `/readyz` over a connection that stays open, beside `/healthz`, which
/// asks no part of the node, one request at a time.
struct ReadinessBench {
    let effort: Effort
    let parent: String

    private static let accounts = 10_000

    func run(into report: inout Report) async throws {
        let accounts = self.effort.scaled(Self.accounts)
        let past = try SampleMessages.ofMany(accounts).map { LogEntry.relayed($0) }
        try await TemporaryFolder.with(parent: self.parent) { path in
            let node = try await DoorNode(at: path, past: past)
            let known = try await node.count(of: "consensus", "requests")
            guard known >= accounts else {
                throw BenchError("the node knows \(known) requests of \(accounts) accounts")
            }
            let ready = KeptConnection.Question(path: "/readyz")
            let alive = KeptConnection.Question(path: "/healthz")
            let count = self.effort.scaled(5_000)
            var figures: [(ready: Latencies, alive: Latencies)] = []
            for run in 0...self.effort.runs {
                let figure = (
                    ready: try await Self.latencies(count, ready, node.port),
                    alive: try await Self.latencies(count, alive, node.port)
                )
                // The first one warms up.
                if run > 0 { figures.append(figure) }
            }
            report.add("door_ready_p50", Sample(figures.map(\.ready.p50)), unit: "ms")
            report.add("door_ready_p99", Sample(figures.map(\.ready.p99)), unit: "ms")
            report.add("door_alive_p50", Sample(figures.map(\.alive.p50)), unit: "ms")
            report.add(
                "door_ready_to_alive",
                Sample(figures.map { $0.ready.p50 / $0.alive.p50 }),
                unit: "ratio"
            )
            await node.stop()
        }
    }

    private static func latencies(
        _ count: Int,
        _ question: KeptConnection.Question,
        _ port: Int
    ) async throws -> Latencies {
        try await KeptConnection.with(port: port) { connection in
            var times: [Double] = []
            for _ in 0..<count {
                let begin = ContinuousClock.now
                try await connection.ask(question)
                times.append((ContinuousClock.now - begin) / .milliseconds(1))
            }
            return Latencies(times)
        }
    }
}
