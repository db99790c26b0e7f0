package import Multiformats

extension Multiaddr {
    /// Whether a relay is on the way.
    package var isRelayed: Bool { self.components.contains(.p2pCircuit) }

    /// The relay, and where it can be reached, of an address that ends in `/p2p-circuit/p2p/<peer>`;
    /// nil for others, among them those with two relays.
    package var relay: (peer: PeerID, address: Multiaddr)? {
        guard self.peerID != nil, self.components.dropLast().last == .p2pCircuit,
            let address = try? Multiaddr(Array(self.components.dropLast(2))),
            !address.isRelayed, let peer = address.peerID
        else { return nil }
        return (peer, address)
    }
}
