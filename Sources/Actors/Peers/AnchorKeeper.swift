import Messages
import Multiformats
import OrderedCollections
import Primitives

/// Which peers this node dials again after a restart (ADR 0018).
struct AnchorKeeper: Sendable {
    /// The peers to dial first after a restart.
    private var anchors = Anchors()
    /// Those that are in the log, or on their way there.
    private(set) var saved = Anchors()
    private var savedAt: Timestamp
    /// Anchors from before the start that were not reached since.
    private var awaited: OrderedSet<NodeID> = []

    init(now: Timestamp) { self.savedAt = now }

    var nodes: [NodeID] { self.anchors.list.map(\.node) }

    func contains(_ node: NodeID) -> Bool { self.anchors.contains(node) }

    /// The newest anchors of the log.
    mutating func logged(_ anchors: Anchors) {
        let kept = Anchors(Array(anchors.list.prefix(PeersLimits.anchorsMax)))
        (self.anchors, self.saved) = (kept, kept)
    }

    /// Puts the anchors into the table, to be dialled before anybody else.
    mutating func started(_ peers: inout KnownPeers, now: Timestamp) {
        self.savedAt = now
        self.awaited.append(contentsOf: peers.restore(self.anchors, now: now))
    }

    /// Anchors that were not reached since the start; a peer that was silent for half an hour is no
    /// longer in the table.
    mutating func stillAwaited(_ peers: KnownPeers) -> [NodeID] {
        self.awaited.removeAll { peers[$0]?.isConnected ?? true }
        return Array(self.awaited)
    }

    /// This node ended the connection for what the peer did or is: it is no anchor any more.
    mutating func shun(_ peer: NodeID) {
        self.anchors = Anchors(self.anchors.list.filter { $0.node != peer })
        self.awaited.remove(peer)
    }

    /// Saves the anchors when they have changed, every ten minutes at most.
    mutating func save(
        _ peers: KnownPeers,
        except named: OrderedSet<NodeID>,
        now: Timestamp
    ) -> [PeersAction] {
        guard now.milliseconds(since: self.savedAt) >= PeersLimits.anchorMilliseconds else {
            return []
        }
        self.anchors = self.best(of: peers, except: named, now: now)
        guard self.anchors != self.saved else { return [] }
        self.savedAt = now
        self.saved = self.anchors
        return [.save(self.anchors)]
    }

    /// The peers that have been connected longest, no two of one operator; free places keep earlier
    /// anchors, so that an outage does not wipe them out.
    ///
    /// Whom this node's operator named is dialled anyway.
    private func best(
        of peers: KnownPeers,
        except named: OrderedSet<NodeID>,
        now: Timestamp
    ) -> Anchors {
        let places = Placement(of: peers)
        var operators: Set<NetworkOperator> = []
        let present = peers.nodes { $0.anchorAge(now: now) != nil }.compactMap { node in
            peers[node].flatMap { record in
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
