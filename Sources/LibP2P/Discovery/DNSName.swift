/// A domain name as its labels; the root has none.
///
/// Two names are equal when they differ in ASCII case alone (RFC 4343).
package struct DNSName: Hashable, Sendable, CustomStringConvertible {
    package let labels: [[UInt8]]

    /// Joins labels; nil when one is empty or something is too long.
    package init?(labels: [[UInt8]]) {
        guard labels.allSatisfy({ (1...DNSLimits.labelBytesMax).contains($0.count) }),
            labels.reduce(1, { $0 + $1.count + 1 }) <= DNSLimits.nameBytesMax
        else { return nil }
        self.labels = labels
    }

    /// Reads `a.b.c`, with or without a dot at its end.
    package init?(_ text: String) {
        var parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        self.init(labels: parts.map { Array($0) })
    }

    static let root = DNSName(unchecked: [])

    private init(unchecked labels: [[UInt8]]) { self.labels = labels }

    package var description: String {
        self.labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
    }

    /// The name below a label; nil when that would be too long.
    func below(_ label: String) -> DNSName? { DNSName(labels: [Array(label.utf8)] + self.labels) }

    package static func == (left: Self, right: Self) -> Bool { left.folded == right.folded }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.folded) }

    private var folded: [[UInt8]] {
        self.labels.map { $0.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 } }
    }
}
