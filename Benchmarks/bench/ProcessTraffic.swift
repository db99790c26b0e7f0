import Foundation

/// Calls of the system that move bytes, by the kernel's own account of this process.
struct ProcessTraffic {
    var reads = 0.0
    var writes = 0.0
    var writtenBytes = 0.0

    /// All of this process so far.
    static func now() throws -> ProcessTraffic {
        let text = try String(contentsOfFile: "/proc/self/io", encoding: .utf8)
        var fields: [Substring: Double] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: ":")
            if words.count == 2 {
                fields[words[0]] = Double(words[1].trimmingCharacters(in: .whitespaces))
            }
        }
        guard let reads = fields["syscr"], let writes = fields["syscw"], let bytes = fields["wchar"]
        else { throw BenchError("/proc/self/io does not count calls") }
        return ProcessTraffic(reads: reads, writes: writes, writtenBytes: bytes)
    }

    /// What came since an earlier look.
    func since(_ before: ProcessTraffic) -> ProcessTraffic {
        ProcessTraffic(
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
            writtenBytes: self.writtenBytes - before.writtenBytes
        )
    }

    /// The least of several looks.
    static func least(_ looks: [ProcessTraffic]) -> ProcessTraffic {
        ProcessTraffic(
            reads: looks.map(\.reads).min() ?? .infinity,
            writes: looks.map(\.writes).min() ?? .infinity,
            writtenBytes: looks.map(\.writtenBytes).min() ?? .infinity
        )
    }

    /// The share of each of so many.
    func each(of count: Int) -> ProcessTraffic {
        ProcessTraffic(
            reads: self.reads / Double(count),
            writes: self.writes / Double(count),
            writtenBytes: self.writtenBytes / Double(count)
        )
    }
}
