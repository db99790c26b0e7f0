import Messages
import Multiformats
import OrderedCollections
import Primitives

// Which peers this node dials again after a restart, and whose connections it keeps (ADR 0018).
extension PeersStateMachine {
    /// The newest anchors of the log.
    mutating func logged(_ fact: LocalFact) {
        guard let anchors = Anchors(fact) else { return }
        let kept = Anchors(Array(anchors.list.prefix(PeersLimits.anchorsMax)))
        (self.anchors, self.savedAnchors) = (kept, kept)
    }

    /// Puts the anchors into the table, to be dialled before anybody else.
    mutating func restoreAnchors(now: Timestamp) {
        for anchor in self.anchors.list where anchor.node != self.configuration.ownNode {
            var record = self.record(of: anchor.node, now: now)
            record.lastHeard = now
            record.rise(to: .proven)
            // The anchor was reached at its first address; it is no longer known where the others came
            // from.
            if let reached = anchor.addresses.first { record.learn(reached) }
            record.learn(hearsay: anchor.addresses)
            self.peers[anchor.node] = record
            self.awaited.append(anchor.node)
        }
    }

    /// Dials anchors that were not reached since the start.
    mutating func dialAnchors(now: Timestamp) -> [PeersAction] {
        // A peer that was silent for half an hour is no longer in the table.
        self.awaited.removeAll { self.peers[$0]?.isConnected ?? true }
        var actions: [PeersAction] = []
        for node in self.awaited where self.dialling < PeersLimits.dialsAtOnceMax {
            guard let record = self.peers[node], record.nextDial <= now else { continue }
            if let dial = self.dial(node, record, now: now) { actions.append(dial) }
        }
        return actions
    }

    /// Saves the anchors when they have changed, every ten minutes at most.
    mutating func saveAnchors(now: Timestamp) -> [PeersAction] {
        guard now.milliseconds(since: self.anchorsSavedAt) >= PeersLimits.anchorMilliseconds else {
            return []
        }
        self.anchors = self.bestAnchors(now: now)
        guard self.anchors != self.savedAnchors else { return [] }
        self.anchorsSavedAt = now
        self.savedAnchors = self.anchors
        return [.save(self.anchors)]
    }

    /// The peers that have been connected longest, no two of one operator; free places keep earlier
    /// anchors, so that an outage does not wipe them out.
    private func bestAnchors(now: Timestamp) -> Anchors {
        let (named, places) = (self.namedNodes, self.placement)
        var operators: Set<NetworkOperator> = []
        let present = self.peers.nodes { $0.anchorAge(now: now) != nil }.compactMap { node in
            self.peers[node].flatMap { record in
                record.anchorAge(now: now).map { (age: $0, node: node, record: record) }
            }
        }
        let oldest = present.filter { !named.contains($0.node) }
            .sorted { ($1.age, $0.node) < ($0.age, $1.node) }
            .filter { candidate in
                places[candidate.node].map { operators.insert($0).inserted } ?? true
            }
            .map { Anchors.Anchor(node: $0.node, addresses: $0.record.anchorAddresses) }
        let former = self.anchors.list.filter { anchor in
            !oldest.contains { $0.node == anchor.node } && !named.contains(anchor.node)
        }
        return Anchors(Array((oldest + former).prefix(PeersLimits.anchorsMax)))
    }

    /// This node ended the connection for what the peer did or is: it is no anchor any more, and the
    /// pause before its next dial is the longest.
    mutating func shun(_ peer: NodeID, now: Timestamp) {
        self.anchors = Anchors(self.anchors.list.filter { $0.node != peer })
        self.awaited.remove(peer)
        self.postpone(peer, until: now.adding(milliseconds: PeersLimits.dialPauseMaxMilliseconds))
    }

    // MARK: Protection

    /// Peers that the operator named, as far as their keys are known.
    var namedNodes: OrderedSet<NodeID> { OrderedSet(self.bootstrap.compactMap(\.node)) }

    /// Tells whose connections are kept, where that has changed.
    mutating func reconsiderProtection() -> [PeersAction] {
        let wanted = self.namedNodes.union(self.anchors.list.map(\.node))
        guard wanted != self.protected else { return [] }
        let added = wanted.subtracting(self.protected).map { PeersAction.protect($0, true) }
        let removed = self.protected.subtracting(wanted).map { PeersAction.protect($0, false) }
        self.protected = wanted
        return added + removed
    }
}

extension PeerRecord {
    /// How long a peer that this node dialled has been there; nil when it can be no anchor.
    ///
    /// Peers of the local network are found again anyway, and whoever controls that network must not
    /// fill all anchors.
    fileprivate func anchorAge(now: Timestamp) -> Int64? {
        guard self.isOutbound, self.isHeard, !self.isLocalFind,
            let since = self.authenticatedAt
        else { return nil }
        let age = now.milliseconds(since: since)
        return age >= PeersLimits.anchorMilliseconds ? age : nil
    }

    fileprivate var anchorAddresses: [String] {
        guard let dialled else { return [] }
        let others = self.addresses.filter { !$0.utf8.elementsEqual(dialled.utf8) }
        return Array(([dialled] + others).prefix(PeersLimits.anchorAddressesMax))
    }
}
