/// A number of bytes as people write it.
struct ByteCount: CustomStringConvertible {
    let bytes: Int64

    private static let units: [(name: String, bytes: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000),
        ("B", 1),
    ]

    init(_ bytes: Int64) { self.bytes = bytes }

    /// Digits, and a unit after them if need be; nil when it is something else.
    init?(_ text: String) {
        let digits = text.prefix { "0"..."9" ~= $0 }
        let rest = text.dropFirst(digits.count).drop { $0 == " " }
        let unit = rest.isEmpty ? 1 : Self.units.first { $0.name == rest }?.bytes
        guard let count = Int64(digits), let unit else { return nil }
        let (bytes, overflows) = count.multipliedReportingOverflow(by: unit)
        guard !overflows else { return nil }
        self.bytes = bytes
    }

    /// In the largest unit that leaves no rest.
    var description: String {
        let fitting = Self.units.filter { self.bytes >= $0.bytes && self.bytes % $0.bytes == 0 }
        let unit = fitting.max { $0.bytes < $1.bytes }
        return unit.map { "\(self.bytes / $0.bytes)\($0.bytes == 1 ? "" : $0.name)" }
            ?? "\(self.bytes)"
    }
}
