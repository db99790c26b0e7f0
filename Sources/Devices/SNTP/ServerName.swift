/// A time server as an operator names it: a host, or a host and a port.
public struct ServerName: Sendable, Equatable {
    let host: String
    let port: Int

    /// Reads `host`, `host:port`, `[address]:port` or an IPv6 address; nil for anything else.
    public init?(_ text: String) {
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        var (host, port) = (text[...], TimeLimits.port)
        if text.hasPrefix("["), let end = text.lastIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            guard let number = rest.isEmpty ? port : Self.port(rest.dropFirst()) else { return nil }
            port = number
        } else if colons == 1, let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            guard let number = Self.port(text[text.index(after: colon)...]) else { return nil }
            port = number
        }
        let isName = host.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                || (0x61...0x7a).contains(byte) || [0x2d, 0x2e, 0x3a, 0x5f].contains(byte)
        }
        guard !host.isEmpty, isName else { return nil }
        self.host = String(host)
        self.port = port
    }

    private static func port(_ text: Substring) -> Int? {
        guard let number = Int(text), (1...65_535).contains(number) else { return nil }
        return number
    }
}
