import Messages
import OrderedCollections
import Primitives

/// The table of peers: who is in it, who has to leave when it is full, and who comes in by hearsay.
///
/// What happens to a peer that is in the table is a matter of its ``PeerRecord``. This node itself is
/// never in it.
struct KnownPeers: Sendable, Codable {
    private let own: NodeID
    private let isLocalProfile: Bool
    private var records: OrderedDictionary<NodeID, PeerRecord> = [:]

    init(_ configuration: PeersConfiguration) {
        self.own = configuration.ownNode
        self.isLocalProfile = configuration.isLocalProfile
    }

    subscript(node: NodeID) -> PeerRecord? { self.records[node] }

    /// Lets something happen to a peer, if it is in the table.
    mutating func update(_ node: NodeID, _ event: (inout PeerRecord) -> Void) {
        if let index = self.records.index(forKey: node) { event(&self.records.values[index]) }
    }

    // MARK: Looking

    // The table is searched every second, and a record is large: these functions copy none.

    /// The peers whose records meet a condition, in the order of the table.
    func nodes(where isMeant: (PeerRecord) -> Bool) -> [NodeID] {
        self.records.values.withUnsafeBufferPointer { records in
            records.indices.filter { isMeant(records[$0]) }
        }.map { self.records.keys[$0] }
    }

    /// How many records meet a condition.
    func count(where isMeant: (PeerRecord) -> Bool) -> Int {
        self.records.values.withUnsafeBufferPointer { records in
            records.indices.count { isMeant(records[$0]) }
        }
    }

    /// Whether any record meets a condition.
    func contains(where isMeant: (PeerRecord) -> Bool) -> Bool {
        self.records.values.withUnsafeBufferPointer { records in
            records.indices.contains { isMeant(records[$0]) }
        }
    }

    /// All peers with their records, sorted by node id.
    var sorted: [(node: NodeID, record: PeerRecord)] {
        self.records.sorted { $0.key < $1.key }.map { (node: $0.key, record: $0.value) }
    }

    /// One page of the peers that others are told of, sorted by node id.
    func list(answering request: PeerListRequest) -> PeerListResponse {
        let limit = min(max(Int(clamping: request.limit), 1), PeersLimits.listEntriesMax)
        let known = self.records
            .filter { $0.key > request.after ?? .lowest }
            .mapValues(\.addressesToTell).filter { !$0.value.isEmpty }
            .sorted { $0.key < $1.key }
        let entries = known.prefix(limit).map { node, addresses in
            PeerListResponse.Peer(nodeID: node, addresses: addresses)
        }
        return PeerListResponse(peers: entries, hasMore: known.count > limit)
    }

    // MARK: Peers that speak for themselves

    /// A peer is connected.
    mutating func connected(
        _ peer: NodeID,
        at address: String,
        isOutbound: Bool,
        now: Timestamp
    ) {
        self.enter(peer, now: now) {
            $0.connected(at: address, isOutbound: isOutbound, now: now)
        }
    }

    /// A peer announced itself.
    ///
    /// - Returns: whether it says something that the log does not hold yet; the own ones never do.
    mutating func announced(
        _ announcement: PeerAnnounce,
        by admitted: AdmittedMessage,
        now: Timestamp
    ) -> Bool {
        let message = admitted.message
        guard message.from != self.own else { return false }
        let statement = PeerStatement(announcement, at: message.timestamp)
        let addresses = self.usable(announcement.addresses, of: message.from)
        var isNews = false
        self.enter(message.from, now: now) { record in
            isNews = record.announced(statement, at: addresses, heard: admitted.receivedAt)
        }
        return isNews
    }

    /// Peers that were anchors before the start come into the table.
    ///
    /// - Returns: which they are; this node itself is not one, whatever the log says.
    mutating func restore(_ anchors: Anchors, now: Timestamp) -> [NodeID] {
        let others = anchors.list.filter { $0.node != self.own }
        for anchor in others {
            self.records[anchor.node, default: PeerRecord(now: now)].restore(anchor, now: now)
        }
        return others.map(\.node)
    }

    /// Something happens to a peer that is in the table from now on.
    private mutating func enter(
        _ peer: NodeID,
        now: Timestamp,
        _ event: (inout PeerRecord) -> Void
    ) {
        if self.records[peer] == nil { self.makeRoom() }
        event(&self.records[peer, default: PeerRecord(now: now)])
    }

    // MARK: Hearsay

    // Only a dial can confirm the addresses that others report of peers.

    /// A peer named other peers.
    mutating func learn(_ response: PeerListResponse, now: Timestamp) {
        // A report never changes what a peer said of itself.
        let news = response.peers.prefix(PeersLimits.listEntriesMax).filter {
            $0.nodeID != self.own && self.records[$0.nodeID]?.isMereFind ?? true
        }
        self.makeRoom(forHearsay: news.count { self.records[$0.nodeID] == nil })
        for entry in news {
            let addresses = self.usable(entry.addresses, of: entry.nodeID)
            let found = self.records[entry.nodeID]
            if found != nil {
                // An earlier report from the local network does not stand in the way of one from
                // elsewhere.
                guard addresses.contains(where: AddressText.isElsewhere) else { continue }
            } else {
                guard self.records.count < PeersLimits.peersMax else { continue }
            }
            let all = addresses + (found?.addresses ?? [])
            self.records[entry.nodeID] = PeerRecord(now: now, hearsay: all)
        }
    }

    /// An unsigned report: it displaces nothing that a peer announced.
    mutating func heard(_ word: AddressesHeard, now: Timestamp) {
        guard word.peer != self.own else { return }
        switch word.source {
        case .itself:
            guard self.records[word.peer]?.isConnected == true else { return }
            let addresses = self.usable(word.addresses, of: word.peer)
            self.update(word.peer) { $0.learn(hearsay: addresses) }
        case .localNetwork:
            let addresses = self.usable(word.addresses, of: word.peer, isOnLink: true)
            // A report from the local network must not make this node dial hosts elsewhere.
            let near = addresses.filter { AddressText.isOfLocalNetwork($0) }
            self.found(word.peer, at: near, isLocalFind: true, now: now)
        case .domainName:
            let addresses = self.usable(word.addresses, of: word.peer)
            self.found(word.peer, at: addresses, isLocalFind: false, now: now)
            self.update(word.peer) { $0.isNamed(at: addresses) }
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
        if self.records[peer] == nil {
            self.makeRoom(forHearsay: 1)
            guard self.records.count < PeersLimits.peersMax else { return }
            self.records[peer] = PeerRecord(now: now, isLocalFind: isLocalFind)
        }
        self.update(peer) { $0.learn(hearsay: addresses) }
    }

    /// The usable addresses among those reported for a peer, up to the limit per peer.
    private func usable(_ addresses: [String], of peer: NodeID, isOnLink: Bool = false)
        -> [String]
    {
        addresses.prefix(PeersLimits.addressesPerPeerMax).filter {
            AddressText.isUsable(
                $0,
                of: peer,
                isOnLink: isOnLink,
                isLocalProfile: self.isLocalProfile
            )
        }
    }

    // MARK: Leaving

    // Keys cost nothing, so strangers must not push out peers that authenticated: a node that knows only
    // what one peer told it is cut off.

    /// Drops one peer when the table is full: of those without a connection the one of the lowest
    /// standing, and among equals the one silent longest.
    private mutating func makeRoom() {
        guard self.records.count >= PeersLimits.peersMax else { return }
        let least = self.records.elements.lazy
            .filter { !$0.value.isConnected }
            .min {
                ($0.value.standing, $0.value.lastHeard, $0.key)
                    < ($1.value.standing, $1.value.lastHeard, $1.key)
            }
        if let least { self.records[least.key] = nil }
    }

    /// Makes room for peers that another peer named; only older hearsay gives way to them.
    private mutating func makeRoom(forHearsay count: Int) {
        let surplus = self.records.count + count - PeersLimits.peersMax
        guard surplus > 0 else { return }
        let leaving = self.records.elements
            .filter { $0.value.standing == .hearsay && !$0.value.isConnected }
            .sorted { ($0.value.lastHeard, $0.key) < ($1.value.lastHeard, $1.key) }
            .prefix(surplus)
        let nodes = Set(leaving.map(\.key))
        self.records.removeAll { nodes.contains($0.key) }
    }

    /// Drops the peers that were silent for too long.
    mutating func forgetTheSilent(now: Timestamp) {
        let silent = Set(
            self.nodes {
                !$0.isConnected && !$0.dials.isUnderWay
                    && now.milliseconds(since: $0.lastHeard) > PeersLimits.silenceMilliseconds
            }
        )
        if !silent.isEmpty { self.records.removeAll { silent.contains($0.key) } }
    }
}

extension NodeID {
    /// Smaller than every real key: the cursor at the start of the list.
    fileprivate static let lowest = NodeID(Bytes32.zero)
}
