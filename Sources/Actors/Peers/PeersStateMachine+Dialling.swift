import Messages
import OrderedCollections
import Primitives

// Which peers are dialled, and when again (R-04-001, R-04-016, spec §14).
extension PeersStateMachine {
    var dialling: Int {
        self.peers.count { $0.isDialling } + self.bootstrap.count { $0.isDialling }
    }

    /// Peers that this node dialled and that messages go to.
    private var outbound: Int {
        self.peers.count { $0.isConnected && $0.isOutbound && !$0.isRelayed }
    }

    /// Peers that this node dialled, or dials, through relays.
    private var relayedDials: Int {
        self.peers.count {
            $0.isRelayed && ($0.isDialling || $0.isConnected && $0.isOutbound)
        }
    }

    /// Peers found on the local network that this node dialled, or dials.
    private var localDials: Int {
        self.peers.count {
            $0.isLocalFind && ($0.isDialling || $0.isConnected && $0.isOutbound)
        }
    }

    /// Dials every bootstrap node that is not connected.
    mutating func dialBootstrap(now: Timestamp) -> [PeersAction] {
        var actions: [PeersAction] = []
        for index in self.bootstrap.indices {
            let entry = self.bootstrap[index]
            let isConnected = entry.node.flatMap { self.peers[$0] }?.isConnected ?? false
            guard !entry.isDialling, !isConnected, entry.nextDial <= now,
                entry.node != self.configuration.ownNode, !self.isBeingTried(entry),
                self.dialling < PeersLimits.dialsAtOnceMax
            else { continue }
            self.bootstrap[index].dialDeadline = now.adding(
                milliseconds: PeersLimits.dialMilliseconds
            )
            actions.append(.dial(entry.address))
        }
        return actions
    }

    /// Whether a peer of the table is being dialled at the host of a bootstrap address that names no
    /// peer.
    private func isBeingTried(_ entry: BootstrapEntry) -> Bool {
        guard entry.node == nil else { return false }
        let host = entry.host
        return self.peers.has { record in
            guard record.isDialling, let address = record.addresses.last else { return false }
            return AddressText.host(of: address).utf8.elementsEqual(host.utf8)
        }
    }

    /// Whether a bootstrap address with the same host, which names no peer, is being dialled.
    private func isBeingTried(_ address: String) -> Bool {
        self.bootstrap.contains {
            $0.isDialling && $0.node == nil
                && $0.host.utf8.elementsEqual(AddressText.host(of: address).utf8)
        }
    }

    /// Looks up the network's domain name while messages come from no peer: after every configured
    /// address was tried, and once the local network had time to answer (R-04-004, R-04-005).
    mutating func lookUpIfLonely(now: Timestamp) -> [PeersAction] {
        guard let domain = self.configuration.bootstrapDomain,
            !self.peers.has({ $0.isHeard })
        else {
            self.nextLookUp = nil
            return []
        }
        let due = self.nextLookUp ?? now.adding(milliseconds: PeersLimits.lonelyMilliseconds)
        self.nextLookUp = due
        let isTried = self.bootstrap.allSatisfy {
            $0.failures > 0 || $0.node == self.configuration.ownNode
        }
        guard isTried, due <= now else { return [] }
        self.nextLookUp = now.adding(milliseconds: PeersLimits.lookUpPauseMilliseconds)
        return [.lookUp("\(PeersLimits.bootstrapService).\(domain)")]
    }

    /// Dials known peers until the outbound target is met.
    mutating func dialMore(now: Timestamp) -> [PeersAction] {
        let dialling = self.dialling
        let room = min(
            self.configuration.pace.outboundTarget - self.outbound - dialling,
            PeersLimits.dialsAtOnceMax - dialling
        )
        guard room > 0 else { return [] }
        var actions: [PeersAction] = []
        var localRoom = PeersLimits.localDialsMax - self.localDials
        var relayRoom = PeersLimits.relayedDialsMax - self.relayedDials
        for (node, record) in self.inOrderOfDialling(now: now) {
            guard actions.count < room else { break }
            guard !record.isLocalFind || localRoom > 0 else { continue }
            let isRelayed = record.addresses.first.map { AddressText.isRelayed($0) } ?? false
            guard !isRelayed || relayRoom > 0 else { continue }
            guard let dial = self.dial(node, record, now: now) else { continue }
            if record.isLocalFind { localRoom -= 1 }
            if isRelayed { relayRoom -= 1 }
            actions.append(dial)
        }
        return actions
    }

    /// Every ten minutes, one random peer outside the neighbourhood (R-04-016).
    mutating func wander(now: Timestamp, entropy: UInt64) -> [PeersAction] {
        guard now.milliseconds(since: self.wanderedAt) >= PeersLimits.wanderMilliseconds else {
            return []
        }
        self.wanderedAt = now
        let strangers = self.peers.nodes {
            !$0.isConnected && !$0.addresses.isEmpty && $0.nextDial <= now && !$0.isLocalFind
                && !$0.isOfOtherNetwork
        }
        guard !strangers.isEmpty else { return [] }
        let chosen = strangers[Int(entropy % UInt64(strangers.count))]
        return self.peers[chosen].flatMap { self.dial(chosen, $0, now: now) }.map { [$0] } ?? []
    }

    mutating func dial(
        _ node: NodeID,
        _ record: PeerRecord,
        now: Timestamp
    ) -> PeersAction? {
        guard !record.isConnected, !record.isDialling, let address = record.addresses.first,
            node != self.configuration.ownNode, !self.isBeingTried(address)
        else { return nil }
        var record = record
        record.dialDeadline = now.adding(milliseconds: PeersLimits.dialMilliseconds)
        record.isRelayed = AddressText.isRelayed(address)
        record.turnAddresses()
        self.peers[node] = record
        return .dial(AddressText.complete(address, node: node))
    }

    /// A dial led to no new connection: the pause before the next one doubles.
    mutating func dialFailed(_ address: String, reason: String, now: Timestamp) {
        let node = AddressText.node(in: address)
        if let node, self.peers[node]?.isConnected == true {
            // Often the dial reached the peer, but another connection to it was there first.
            self.peers[node]?.dialDeadline = nil
            self.bootstrapFound(node, address: address, reason: reason, now: now)
            return
        }
        let text = AddressText.normal(address)
        for index in self.bootstrap.indices
        where self.bootstrap[index].address.utf8.elementsEqual(text.utf8) {
            self.bootstrap[index].dialFailed(reason, now: now)
        }
        if let node { self.peers[node]?.dialFailed(reason, now: now) }
    }

    /// Dials whose outcome never came; without this they would never be repeated.
    mutating func giveUpLateDials(now: Timestamp) -> [PeersAction] {
        let reason = "no outcome within \(PeersLimits.dialMilliseconds / 1_000) s"
        for index in self.bootstrap.indices {
            guard let deadline = self.bootstrap[index].dialDeadline, deadline <= now else {
                continue
            }
            self.bootstrap[index].dialFailed(reason, now: now)
        }
        let late = self.peers.nodes { $0.dialDeadline.map { $0 <= now } ?? false }
        for node in late { self.peers[node]?.dialFailed(reason, now: now) }
        return []
    }

    /// A bootstrap address answered; now its node is known.
    mutating func bootstrapReached(_ node: NodeID, address: String) {
        for index in self.bootstrap.indices
        where self.bootstrap[index].isMeant(by: node, at: address) {
            self.bootstrap[index].reached(node)
        }
    }

    /// A dial found a peer that is connected already.
    ///
    /// Only a peer that this node dialled can be recognised: an inbound peer may have claimed the
    /// address of a bootstrap node, and only a dial to that address proves such a claim.
    private mutating func bootstrapFound(
        _ node: NodeID,
        address: String,
        reason: String,
        now: Timestamp
    ) {
        let isOutbound = self.peers[node]?.isOutbound == true
        for index in self.bootstrap.indices {
            let entry = self.bootstrap[index]
            guard entry.isMeant(by: node, at: address) else { continue }
            if entry.node == node || isOutbound && entry.isDialling {
                self.bootstrap[index].reached(node)
            } else if entry.isDialling {
                self.bootstrap[index].dialFailed(reason, now: now)
            }
        }
    }
}

extension PeersStateMachine.BootstrapEntry {
    /// Whether a peer at an address can be the one that the operator named; a key that the operator
    /// named is not replaced.
    fileprivate func isMeant(by node: NodeID, at address: String) -> Bool {
        if self.node == node { return true }
        return AddressText.node(in: self.address) == nil
            && self.host.utf8.elementsEqual(AddressText.host(of: address).utf8)
    }

    /// The address without the peer.
    fileprivate var host: String { AddressText.host(of: self.address) }

    fileprivate mutating func reached(_ node: NodeID) {
        self.node = node
        self.dialDeadline = nil
        self.failures = 0
        self.lastFailure = nil
    }

    mutating func dialFailed(_ reason: String, now: Timestamp) {
        self.dialDeadline = nil
        self.failures += 1
        self.lastFailure = reason
        self.nextDial = now.adding(milliseconds: DialPause.after(failures: self.failures))
    }
}
