/// How far an IP address leads, as its bits tell.
public enum AddressReach: Sendable, Equatable {
    /// No host can be meant: unspecified, multicast and reserved addresses.
    case nowhere
    /// This machine alone.
    case machine
    /// The hosts on one link.
    case link
    /// A private network.
    case site
    /// Everybody.
    case world
}

extension Multiaddr {
    /// The bytes of the IP address that the address begins with; nil for names and peers.
    ///
    /// An IPv4 address embedded in an IPv6 address, as `::ffff:0:0/96` (RFC 4291) or behind the
    /// well-known prefix `64:ff9b::/96` of translators (RFC 6052), counts as that IPv4 address:
    /// connections end there.
    public var ipBytes: [UInt8]? {
        switch self.components.first {
        case .ip4(let bytes) where bytes.count == 4: return bytes
        case .ip6(let bytes) where bytes.count == 16:
            let isIPv4 = Self.ipv4Prefixes.contains { bytes.starts(with: $0) }
            return isIPv4 ? Array(bytes.suffix(4)) : bytes
        default: return nil
        }
    }

    private static let ipv4Prefixes: [[UInt8]] = [
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
    ]

    /// How far the IP address leads that the address begins with; nil for names and peers.
    public var reach: AddressReach? {
        self.ipBytes.map { $0.count == 4 ? Self.reach(ipv4: $0) : Self.reach(ipv6: $0) }
    }

    /// The routed network that the address lies in; nil when it lies in none (D-24, D-25).
    ///
    /// It is the first 16 bits of an IPv4 address or the first 32 bits of an IPv6 address. Private,
    /// loopback, link-local, relayed and named addresses lie in none. The two families cannot collide:
    /// IPv4 values stay below 2^16.
    public var publicNetworkPrefix: UInt32? {
        guard !self.components.contains(.p2pCircuit), self.reach == .world, let bytes = self.ipBytes
        else { return nil }
        return bytes.prefix(bytes.count == 4 ? 2 : 4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Whether the address leads no further than this machine.
    public var isLoopback: Bool { self.reach == .machine }

    private static func reach(ipv4 bytes: [UInt8]) -> AddressReach {
        switch (bytes[0], bytes[1]) {
        case (0, _), (224...255, _): .nowhere
        case (127, _): .machine
        case (169, 254): .link
        case (10, _), (192, 168), (100, 64...127), (172, 16...31), (198, 18...19): .site
        default: .world
        }
    }

    private static func reach(ipv6 bytes: [UInt8]) -> AddressReach {
        switch (bytes[0], bytes[1]) {
        case (0, 0) where bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1: .machine
        case (0xfe, 0x80...0xbf): .link
        case (0xfc...0xfd, _): .site
        // Global unicast is 2000::/3; everything else is reserved or multicast.
        case (0x20...0x3f, _): .world
        default: .nowhere
        }
    }
}
