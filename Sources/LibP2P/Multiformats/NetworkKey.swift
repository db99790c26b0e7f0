/// Where a connection comes from, for counting: an IPv4 address, or the /64 of an IPv6 address, which
/// one subscriber has whole.
package struct NetworkKey: Hashable, Sendable, CustomStringConvertible {
    private static let subscriberBytes = 8

    private let bytes: [UInt8]

    /// The network of an address; nil when it has none.
    package init?(_ address: Multiaddr?, countsLoopback: Bool) {
        guard let address, countsLoopback || !address.isLoopback, let bytes = address.ipBytes
        else { return nil }
        // An IPv4 address is shorter, and stays whole.
        self.bytes = Array(bytes.prefix(Self.subscriberBytes))
    }

    /// The /16 of an IPv4 address, or the /32 of an IPv6 address: about what one operator has, of
    /// which it can use as many addresses as it likes.
    package var ofOperator: NetworkKey {
        let kept = self.bytes.count == 4 ? 2 : 4
        let rest = [UInt8](repeating: 0, count: self.bytes.count - kept)
        return NetworkKey(bytes: Array(self.bytes.prefix(kept)) + rest)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    package var description: String {
        let isIPv4 = self.bytes.count == 4
        let padding = [UInt8](repeating: 0, count: isIPv4 ? 0 : Self.subscriberBytes)
        let component: Multiaddr.Component =
            isIPv4 ? .ip4(self.bytes) : .ip6(self.bytes + padding)
        return (try? Multiaddr([component]).description) ?? ""
    }
}
