import CMalloc
import Cryptography
import Foundation
import Messages
import Node
import Persistence
import Primitives

/// A whole node that starts with a long history: until it listens, and what it holds in memory then.
///
/// Two histories of the same network are tried, of which one is four times as long: what is alive at their ends is
/// the same, so the figures of both tell what history alone costs. The first start of each folds the whole log and
/// leaves a checkpoint, behind which the others begin (ADR 0079).
struct StartBench {
    let effort: Effort
    let parent: String

    func run(into report: inout Report) async throws {
        let count = self.effort.isQuick ? 25_000 : 250_000
        for (name, records) in [("start", count), ("start_long", count * 4)] {
            try await TemporaryFolder.with(parent: self.parent) { path in
                let end = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
                let history = SampleHistory(records: records, endingAt: end)
                let written = try Self.write(history, to: path)
                report.add("\(name)_records", Sample([Double(written)]), unit: "records")
                try await self.measure(history, at: path, name, into: &report)
            }
        }
    }

    private static func write(_ history: SampleHistory, to path: String) throws -> Int {
        let log = try TemporaryLog(at: path, of: NodeID(history.own.publicKey))
        defer { log.close() }
        var written = 0
        try history.write { written += try log.append($0) }
        return written
    }

    private func measure(
        _ history: SampleHistory,
        at path: String,
        _ name: String,
        into report: inout Report
    ) async throws {
        var seconds: [Double] = []
        var megabytes: [Double] = []
        for _ in 0...self.effort.runs {
            malloc_trim(0)
            let before = Self.heldBytes
            let start = try await Stopwatch.cost {
                try await BenchNode(
                    at: path,
                    network: NetworkDescription(name: "bench", founders: []),
                    key: history.own,
                    bootstrap: []
                )
            }
            seconds.append(start.cost.seconds)
            megabytes.append(Double(Self.heldBytes - before) / 1_048_576)
            await start.result.stop()
        }
        report.add("\(name)_folding", Sample(Array(seconds.prefix(1))), unit: "s")
        report.add("\(name)_folding_memory", Sample(Array(megabytes.prefix(1))), unit: "MiB")
        report.add("\(name)", Sample(Array(seconds.dropFirst())), unit: "s")
        report.add("\(name)_memory", Sample(Array(megabytes.dropFirst())), unit: "MiB")
        let file = try FileManager.default.attributesOfItem(atPath: "\(path)/checkpoint")
        let bytes = (file[.size] as? Int).map(Double.init) ?? 0
        report.add("\(name)_checkpoint", Sample([bytes / 1_048_576]), unit: "MiB")
    }

    /// Resident bytes of this process that no file backs: the map of the log is a file's.
    private static var heldBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").compactMap { Int($0) }
        guard pages.count > 2 else { return 0 }
        return (pages[1] - pages[2]) * 4_096
    }
}
