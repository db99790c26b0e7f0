/// Where a peer can be dialled, best first.
///
/// Addresses that the peer signed, or at which this node reached it, stand in front of those that others
/// named, and only they are passed on.
struct PeerAddresses: Sendable, Codable {
    private(set) var all: [String] = []
    /// Those of ``all`` that the peer signed, or at which this node reached it.
    private var vouched: [String] = []

    /// Those that the peer stands for, in the order of dialling.
    var vouchedFor: [String] {
        self.all.filter { address in
            self.vouched.contains { $0.utf8.elementsEqual(address.utf8) }
        }
    }

    /// Adds an address that the peer signed or was reached at in front; the newest are kept.
    mutating func learn(_ text: String) {
        let address = AddressText.normal(text)
        guard address.utf8.count <= PeersLimits.addressBytesMax else { return }
        self.all.removeAll { $0.utf8.elementsEqual(address.utf8) }
        self.all.insert(address, at: 0)
        self.vouched.removeAll { $0.utf8.elementsEqual(address.utf8) }
        self.vouched.append(address)
        while self.all.count > PeersLimits.addressesPerPeerMax
            || self.bytes > PeersLimits.addressBytesPerPeerMax
        {
            let last = self.all.removeLast()
            self.vouched.removeAll { $0.utf8.elementsEqual(last.utf8) }
        }
    }

    /// Adds addresses that nobody signed behind all others, as far as there is room.
    mutating func learn(hearsay texts: [String]) {
        for address in texts.map({ AddressText.normal($0) }) {
            let bytes = address.utf8.count
            guard bytes <= PeersLimits.addressBytesMax,
                self.all.count < PeersLimits.addressesPerPeerMax,
                self.bytes + bytes <= PeersLimits.addressBytesPerPeerMax,
                !self.all.contains(where: { $0.utf8.elementsEqual(address.utf8) })
            else { continue }
            self.all.append(address)
        }
    }

    /// The first address goes to the back, so that the next dial takes another one.
    mutating func turn() {
        guard !self.all.isEmpty else { return }
        self.all.append(self.all.removeFirst())
    }

    private var bytes: Int { self.all.reduce(0) { $0 + $1.utf8.count } }
}
