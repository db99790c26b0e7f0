import Multiformats

/// The part of what a peer reports about itself that matters to its connection.
struct PeerNews {
    /// Where it sees this host.
    private(set) var observed: Multiaddr?
    /// Whether it takes news of this host.
    private(set) var wantsPushes = false

    /// Takes in what it says; what is missing has not changed.
    mutating func take(_ identity: PeerIdentity) {
        if let observed = identity.observed { self.observed = observed }
        if let protocols = identity.protocols {
            let push = Identify.pushProtocolID.utf8
            self.wantsPushes = protocols.contains { $0.utf8.elementsEqual(push) }
        }
    }
}
