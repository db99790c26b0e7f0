import Primitives

/// RFC 8785: bytes that are canonical already, and bytes that must be reordered.
struct CanonicalBench {
    let effort: Effort
    private var rounds: Int { self.effort.scaled(20_000) }

    init(effort: Effort) { self.effort = effort }

    func run(into report: inout Report) throws {
        let shuffled = Array(Self.shuffled.utf8)
        let canonical = try JSONDocument(scanning: shuffled).canonicalBytes()
        // In turns, so that both see the same machine.
        let pairs = try (0..<self.effort.runs).map { _ in
            (try self.megabytesPerSecond(canonical), try self.megabytesPerSecond(shuffled))
        }
        report.add("canonicalise_canonical", Sample(pairs.map(\.0)), unit: "MB/s")
        report.add("canonicalise_shuffled", Sample(pairs.map(\.1)), unit: "MB/s")
        let ratios = Sample(pairs.map { $0.1 / $0.0 })
        report.add("canonicalise_shuffled_to_canonical", ratios, unit: "times")
    }

    /// Heap objects for each document.
    static func objectsPerDocument(_ count: Int) throws -> Double? {
        let bytes = Array(Self.shuffled.utf8)
        let objects = try ObjectCounter.objects {
            for _ in 0..<count { _ = try JSONDocument(scanning: bytes).canonicalBytes() }
        }
        return objects.map { Double($0) / Double(count) }
    }

    private func megabytesPerSecond(_ bytes: [UInt8]) throws -> Double {
        let seconds = try Stopwatch.seconds {
            for _ in 0..<self.rounds { _ = try JSONDocument(scanning: bytes).canonicalBytes() }
        }
        return Double(bytes.count * self.rounds) / seconds / 1_000_000
    }

    private static let shuffled: String = {
        let body = String(repeating: "lorem ipsum ", count: 50)
        return "{ \"title\": \"t\", \"tags\": [\"a\", \"b\"], \"body\": \"\(body)\", "
            + "\"expires\": null, \"nested\": { \"z\": 1, \"a\": [1, 2, 3] } }"
    }()
}
