extension Multiaddr {
    /// The routed network that the address lies in; nil when it lies in none (D-24, D-25).
    ///
    /// It is the first 16 bits of an IPv4 address or the first 32 bits of an IPv6 address. Private,
    /// loopback, link-local, relayed and named addresses lie in none. The two families cannot collide: IPv4 values stay below 2^16.
    public var publicNetworkPrefix: UInt32? {
        guard !self.components.contains(.p2pCircuit) else { return nil }
        switch self.components.first {
        case .ip4(let bytes) where bytes.count == 4:
            return Self.isUnrouted(ipv4: bytes) ? nil : UInt32(bytes[0]) << 8 | UInt32(bytes[1])
        case .ip6(let bytes) where bytes.count == 16:
            // Global unicast is 2000::/3; everything else is local, reserved or multicast.
            guard bytes[0] & 0xe0 == 0x20 else { return nil }
            return bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        default: return nil
        }
    }

    /// Whether the address leads no further than this machine.
    public var isLoopback: Bool {
        switch self.components.first {
        case .ip4(let bytes): bytes.first == 127
        case .ip6(let bytes): bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        default: false
        }
    }

    private static func isUnrouted(ipv4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (192, 168): true
        case (100, 64...127), (172, 16...31), (198, 18...19): true
        case (224...255, _): true
        default: false
        }
    }
}
