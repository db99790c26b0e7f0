import NIOCore

/// Which servers answer DNS questions, as resolv.conf(5) names them.
enum ResolverConfiguration {
    private static let port = 53

    /// The servers of the text of a resolv.conf; the host itself when it names none.
    static func servers(in text: String) -> [SocketAddress] {
        let named = text.split(whereSeparator: \.isNewline).compactMap { line -> SocketAddress? in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return try? SocketAddress(ipAddress: String(words[1]), port: Self.port)
        }
        if !named.isEmpty { return Array(named.prefix(DNSLimits.serversMax)) }
        return [try? SocketAddress(ipAddress: "127.0.0.1", port: Self.port)].compactMap { $0 }
    }
}
