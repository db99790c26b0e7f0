import Messages
import OrderedCollections
import Primitives

// Addresses that others report of peers; only a dial can confirm them.
extension PeersStateMachine {
    /// The usable addresses among those reported for a peer, up to the limit per peer.
    func usable(_ addresses: [String], of peer: NodeID, isOnLink: Bool = false) -> [String] {
        addresses.prefix(PeersLimits.addressesPerPeerMax).filter {
            AddressText.isUsable(
                $0,
                of: peer,
                isOnLink: isOnLink,
                isLocalProfile: self.configuration.isLocalProfile
            )
        }
    }

    /// A peer named other peers.
    mutating func learn(_ response: PeerListResponse, now: Timestamp) {
        // A report never changes what a peer said of itself.
        let news = response.peers.prefix(PeersLimits.listEntriesMax).filter {
            $0.nodeID != self.configuration.ownNode && self.peers[$0.nodeID]?.isMereFind ?? true
        }
        self.makeRoom(forHearsay: news.count { self.peers[$0.nodeID] == nil })
        for entry in news {
            let addresses = self.usable(entry.addresses, of: entry.nodeID)
            let found = self.peers[entry.nodeID]
            if found != nil {
                // An earlier report from the local network does not stand in the way of one from
                // elsewhere.
                guard addresses.contains(where: AddressText.isElsewhere) else { continue }
            } else {
                guard self.peers.count < PeersLimits.peersMax else { continue }
            }
            var record = PeerRecord(now: now)
            record.learn(hearsay: addresses + (found?.addresses ?? []))
            self.peers[entry.nodeID] = record
        }
    }

    /// An unsigned report: it displaces nothing that a peer announced.
    mutating func heard(_ word: AddressesHeard, now: Timestamp) {
        guard word.peer != self.configuration.ownNode else { return }
        switch word.source {
        case .itself:
            guard self.peers[word.peer]?.isConnected == true else { return }
            let addresses = self.usable(word.addresses, of: word.peer)
            self.peers[word.peer]?.learn(hearsay: addresses)
        case .localNetwork:
            let addresses = self.usable(word.addresses, of: word.peer, isOnLink: true)
            // A report from the local network must not make this node dial hosts elsewhere.
            let near = addresses.filter { AddressText.isOfLocalNetwork($0) }
            self.found(word.peer, at: near, isLocalFind: true, now: now)
        case .domainName:
            let addresses = self.usable(word.addresses, of: word.peer)
            self.found(word.peer, at: addresses, isLocalFind: false, now: now)
            // An earlier report from the local network does not stand in the way of one from elsewhere.
            guard self.peers[word.peer]?.isMereFind == true else { return }
            self.peers[word.peer]?.isLocalFind = !addresses.contains(where: AddressText.isElsewhere)
        }
    }

    /// Notes the addresses that an unsigned source reported for a peer.
    private mutating func found(
        _ peer: NodeID,
        at addresses: [String],
        isLocalFind: Bool,
        now: Timestamp
    ) {
        guard !addresses.isEmpty else { return }
        if self.peers[peer] == nil {
            self.makeRoom(forHearsay: 1)
            guard self.peers.count < PeersLimits.peersMax else { return }
            var record = PeerRecord(now: now)
            record.isLocalFind = isLocalFind
            self.peers[peer] = record
        }
        self.peers[peer]?.learn(hearsay: addresses)
    }
}
