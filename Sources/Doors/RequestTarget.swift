/// The target of an HTTP request, decoded.
package struct RequestTarget: Sendable {
    /// The parts of the path between its slashes.
    package let segments: [String]
    /// The pairs of the query in order.
    package let query: [(name: String, value: String)]

    /// Reads a target such as `/v1/content?query=a%20b`.
    ///
    /// - Returns: nil when its percent signs or its bytes are no text.
    package init?(_ target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let raw = Operation.segments(of: String(parts.first ?? ""))
        let segments = raw.compactMap { Self.decoded($0, plus: "+") }
        guard segments.count == raw.count else { return nil }
        var query: [(name: String, value: String)] = []
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // A plus sign is a blank in queries, as forms write it.
            guard let name = Self.decoded(sides[0], plus: " "),
                let value = Self.decoded(sides.count > 1 ? sides[1] : "", plus: " ")
            else { return nil }
            query.append((name, value))
        }
        self.segments = segments
        self.query = query
    }

    private static func decoded(_ text: Substring, plus: Character) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case 0x25:
                guard let high = rest.next().flatMap(Self.digit),
                    let low = rest.next().flatMap(Self.digit)
                else { return nil }
                bytes.append(high << 4 | low)
            case 0x2b: bytes += Array(String(plus).utf8)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
