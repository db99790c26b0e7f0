import Multiformats

/// What stands for one owner of addresses: an IPv4 address, or the first half of an IPv6 address.
///
/// Private and loopback addresses stand for nobody: behind a proxy or in a laboratory all peers have
/// the same. A relay's address says nothing about the peer behind it, nor does a name.
///
/// Source: gossipsub v1.1 spec, P6; IPv6 sites are given 64 bits to number their hosts.
struct AddressGroup: Hashable, Sendable {
    private let bytes: [UInt8]

    init?(_ address: Multiaddr) {
        // Nil for private, loopback, relayed and named addresses.
        guard address.publicNetworkPrefix != nil, let bytes = address.ipBytes else { return nil }
        // An IPv4 address is shorter, and stays whole.
        self.bytes = Array(bytes.prefix(8))
    }
}

/// How many connected peers share an address.
struct ColocationTable: Sendable {
    /// Never iterated.
    private var counts: [AddressGroup: Int] = [:]

    /// Groups with a peer.
    var count: Int { self.counts.count }

    /// Connected peers of a group; one for a peer without.
    func neighbours(of group: AddressGroup?) -> Int { group.flatMap { self.counts[$0] } ?? 1 }

    mutating func add(_ group: AddressGroup?) {
        if let group { self.counts[group, default: 0] += 1 }
    }

    mutating func remove(_ group: AddressGroup?) {
        guard let group, let count = self.counts[group] else { return }
        self.counts[group] = count > 1 ? count - 1 : nil
    }
}
