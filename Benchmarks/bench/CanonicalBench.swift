import Primitives

/// RFC 8785: bytes that are canonical already, and bytes that must be reordered.
struct CanonicalBench {
    let effort: Effort
    private var rounds: Int { self.effort.scaled(20_000) }

    init(effort: Effort) { self.effort = effort }

    func run(into report: inout Report) throws {
        let canonical = try JSONDocument(scanning: Array(Self.shuffled.utf8)).canonicalBytes()
        try self.measure("canonicalise_canonical", canonical, into: &report)
        try self.measure("canonicalise_shuffled", Array(Self.shuffled.utf8), into: &report)
    }

    /// Heap objects for each document.
    static func objectsPerDocument(_ count: Int) throws -> Double? {
        let bytes = Array(Self.shuffled.utf8)
        let objects = try ObjectCounter.objects {
            for _ in 0..<count { _ = try JSONDocument(scanning: bytes).canonicalBytes() }
        }
        return objects.map { Double($0) / Double(count) }
    }

    private func measure(_ name: String, _ bytes: [UInt8], into report: inout Report) throws {
        var samples: [Double] = []
        for _ in 0..<self.effort.runs {
            let seconds = try Stopwatch.seconds {
                for _ in 0..<self.rounds {
                    _ = try JSONDocument(scanning: bytes).canonicalBytes()
                }
            }
            samples.append(Double(bytes.count * self.rounds) / seconds / 1_000_000)
        }
        report.add(name, Sample(samples), unit: "MB/s")
    }

    private static let shuffled: String = {
        let body = String(repeating: "lorem ipsum ", count: 50)
        return "{ \"title\": \"t\", \"tags\": [\"a\", \"b\"], \"body\": \"\(body)\", "
            + "\"expires\": null, \"nested\": { \"z\": 1, \"a\": [1, 2, 3] } }"
    }()
}
