import Cryptography
import Messages
import Multiformats
import OrderedCollections
import Primitives

/// The rules of the peer table: who is dialled, who has authenticated, what is announced.
struct PeersStateMachine: Sendable {
    let configuration: PeersConfiguration
    var peers: OrderedDictionary<NodeID, PeerRecord> = [:]
    var listenAddresses: [String] = []
    var ownProof: VDFProof?
    var syncState = SyncState.syncing
    var startedAt: Timestamp
    var waitingChallenges: [InboundExchange: AuthChallenge] = [:]
    var openNonces: [UInt64: OpenChallenge] = [:]
    var nextExchange: UInt64 = 1
    var bootstrap: [BootstrapEntry]
    var announcedAt: Timestamp?
    /// When this node saw governance begin, for its announcements (D-59); nil while it did not.
    var governanceSince: Timestamp?
    var wantsAnnouncement = false
    /// Announcements that news may cause.
    var newsAllowance = TokenBucket(
        burst: PeersLimits.newsBurst,
        oneInMilliseconds: PeersLimits.newsMilliseconds
    )
    var proofIsOnItsWay = false
    var wanderedAt: Timestamp
    /// The peers to dial first after a restart.
    var anchors = Anchors()
    /// Those that are in the log, or on their way there.
    var savedAnchors = Anchors()
    var anchorsSavedAt: Timestamp
    /// Anchors from before the start that were not reached since.
    var awaited: OrderedSet<NodeID> = []
    /// Peers whose connections are kept.
    var protected: OrderedSet<NodeID> = []

    /// When the domain name is looked up unless a connection comes first; nil while there is one.
    var nextLookUp: Timestamp?

    /// A challenge of ours that waits for its answer.
    struct OpenChallenge: Sendable, Equatable {
        let peer: NodeID
        let nonce: [UInt8]
    }

    /// A configured address and when to dial it next.
    struct BootstrapEntry: Sendable, Equatable {
        let address: String
        /// The operators of both nodes agreed to serve each other.
        let isDirect: Bool
        /// Known from `/p2p/…` or from the first connection.
        var node: NodeID?
        var nextDial: Timestamp
        var failures = 0
        /// A dial is under way, and its outcome is late after this time.
        var dialDeadline: Timestamp?
        var lastFailure: String?

        var isDialling: Bool { self.dialDeadline != nil }
    }

    init(configuration: PeersConfiguration, now: Timestamp) {
        self.configuration = configuration
        self.startedAt = now
        self.wanderedAt = now
        self.anchorsSavedAt = now
        // Outcomes of dials come in the normal spelling, whatever the operator wrote.
        let direct = OrderedSet(configuration.direct.map { AddressText.normal($0) })
        let others = configuration.bootstrap.map { AddressText.normal($0) }
        self.bootstrap = direct.union(others).map {
            BootstrapEntry(
                address: $0,
                isDirect: direct.contains($0),
                node: AddressText.node(in: $0),
                nextDial: now
            )
        }
    }

    // MARK: Start and clock

    mutating func started(now: Timestamp) -> [PeersAction] {
        self.startedAt = now
        self.anchorsSavedAt = now
        self.restoreAnchors(now: now)
        return self.refreshProof(now: now) + self.tick(now: now, entropy: 0)
    }

    mutating func listening(_ addresses: [String]) {
        // Loopback addresses are of no use to other hosts.
        let remote = addresses.filter { (try? Multiaddr($0).isLoopback) != true }
        self.listenAddresses = remote.isEmpty ? addresses : remote
        self.wantsAnnouncement = true
    }

    mutating func syncStateChanged(_ state: SyncState) {
        self.syncState = state
        self.wantsAnnouncement = true
    }

    /// Looks through the table; called every second.
    mutating func tick(now: Timestamp, entropy: UInt64) -> [PeersAction] {
        self.disconnectTheLate(now: now) + self.refreshProof(now: now)
            + self.giveUpLateDials(now: now) + self.dialAnchors(now: now)
            + self.dialBootstrap(now: now) + self.lookUpIfLonely(now: now)
            + self.dialMore(now: now)
            + self.wander(now: now, entropy: entropy) + self.announceIfDue(now: now)
            + self.forgetTheSilent(now: now) + self.saveAnchors(now: now)
            + self.reconsiderProtection() + self.closeSurplus(now: now)
    }

    private mutating func refreshProof(now: Timestamp) -> [PeersAction] {
        if let proof = self.ownProof,
            now.milliseconds(since: proof.computedAt) < PeersLimits.proofRefreshMilliseconds
        {
            return []
        }
        guard !self.proofIsOnItsWay else { return [] }
        self.proofIsOnItsWay = true
        return [.computeProof]
    }

    private mutating func forgetTheSilent(now: Timestamp) -> [PeersAction] {
        let silent = self.peers.nodes {
            !$0.isConnected && !$0.isDialling
                && now.milliseconds(since: $0.lastHeard) > PeersLimits.silenceMilliseconds
        }
        if !silent.isEmpty {
            let silent = Set(silent)
            self.peers.removeAll { silent.contains($0.key) }
        }
        return []
    }

    // MARK: Connections

    mutating func connected(
        _ peer: NodeID,
        address: String,
        isOutbound: Bool,
        nonce: [UInt8],
        now: Timestamp
    ) -> [PeersAction] {
        if self.peers[peer] == nil { self.makeRoom() }
        var record = self.record(of: peer, now: now)
        record.rise(to: .unproven)
        record.lastHeard = now
        record.isOutbound = isOutbound
        record.dialDeadline = nil
        record.isRelayed = AddressText.isRelayed(address)
        if !record.isRelayed { record.reachedDirectly() }
        record.connection = .unauthenticated(
            deadline: now.adding(milliseconds: PeersLimits.authenticationMilliseconds)
        )
        record.connectedAt = now
        record.authenticatedAt = nil
        // An inbound address carries the peer's ephemeral port and is of no use to others.
        record.dialled = isOutbound ? AddressText.normal(address) : nil
        if isOutbound { record.learn(address) }
        self.peers[peer] = record
        let network = AddressText.network(of: address, self.configuration.operators)
        if let refusal = self.settle(peer, in: network, now: now) { return [refusal] }
        if isOutbound { self.bootstrapReached(peer, address: address) }
        return self.challenge(peer, nonce: nonce)
    }

    /// A connected peer is seen at another address, where its operator may have one connection too
    /// many.
    mutating func addressChanged(_ peer: NodeID, to address: String, now: Timestamp)
        -> [PeersAction]
    {
        guard let record = self.peers[peer], record.isConnected else { return [] }
        let isRelayed = AddressText.isRelayed(address)
        let isFreed = record.isRelayed && !isRelayed
        self.peers[peer]?.isRelayed = isRelayed
        if isFreed { self.peers[peer]?.reachedDirectly() }
        let network = AddressText.network(of: address, self.configuration.operators)
        // A peer whose operator has not changed keeps its place, whichever other peers have gone since.
        if record.network != network, let refusal = self.settle(peer, in: network, now: now) {
            return [refusal]
        }
        return isFreed && record.isAuthenticated ? self.listen(to: peer) : []
    }

    /// Counts a connected peer for the operator of its address, or disconnects it when that operator
    /// has enough.
    private mutating func settle(_ peer: NodeID, in network: NetworkOperator?, now: Timestamp)
        -> PeersAction?
    {
        self.peers[peer]?.network = network
        guard !self.directNodes.contains(peer), let reason = self.crowding(of: peer, now: now)
        else {
            return nil
        }
        self.peers[peer]?.leave(reason, now: now)
        return .disconnect(peer, reason: reason)
    }

    mutating func disconnected(_ peer: NodeID, isShunned: Bool = false, now: Timestamp) {
        guard var record = self.peers[peer] else { return }
        record.connection = .none
        record.authenticatedAt = nil
        record.nextDial = now.adding(milliseconds: record.pauseAfterConnection)
        if record.isRelayed { record.dialFailed("it was reached through a relay only", now: now) }
        self.peers[peer] = record
        self.postpone(peer, until: record.nextDial)
        if isShunned { self.shun(peer, now: now) }
        self.waitingChallenges = self.waitingChallenges.filter { $0.key.peer != peer }
        self.openNonces = self.openNonces.filter { $0.value.peer != peer }
    }

    /// The next dial of a peer comes no sooner.
    mutating func postpone(_ peer: NodeID, until time: Timestamp) {
        self.peers[peer]?.nextDial = time
        for index in self.bootstrap.indices where self.bootstrap[index].node == peer {
            self.bootstrap[index].nextDial = time
        }
    }

    private mutating func disconnectTheLate(now: Timestamp) -> [PeersAction] {
        self.peers.nodes { record in
            guard case .unauthenticated(let deadline) = record.connection else { return false }
            return deadline <= now
        }.map { self.giveUp($0, because: "it did not prove its key and its work within 30 s") }
    }

    /// The record of a peer, or a new one.
    func record(of peer: NodeID, now: Timestamp) -> PeerRecord {
        self.peers[peer] ?? PeerRecord(now: now)
    }

    /// A fresh exchange of this subsystem.
    mutating func exchange(with peer: NodeID, on streamProtocol: StreamProtocol)
        -> OutboundExchange
    {
        defer { self.nextExchange += 1 }
        return OutboundExchange(
            opener: .peers,
            id: self.nextExchange,
            peer: peer,
            streamProtocol: streamProtocol
        )
    }

    /// The configured addresses, each with the outcome of its newest dial.
    var bootstrapReport: [PeerTable.Bootstrap] {
        self.bootstrap.map {
            PeerTable.Bootstrap(address: $0.address, lastDialFailure: $0.lastFailure)
        }
    }

    /// Peers with which the operators agreed to serve each other.
    var directNodes: OrderedSet<NodeID> {
        OrderedSet(self.bootstrap.filter(\.isDirect).compactMap(\.node))
    }

    /// The whole table, sorted by node id.
    var table: [PeerTable.Row] {
        let directNodes = self.directNodes
        let bootstrapNodes = self.namedNodes.subtracting(directNodes)
        return self.peers.sorted { $0.key < $1.key }.map { node, record in
            let network = self.network(of: record)
            return PeerTable.Row(
                node: node,
                addresses: record.addresses,
                isConnected: record.isConnected,
                isOutbound: record.isOutbound,
                isAuthenticated: record.isAuthenticated,
                syncStatus: record.syncStatus,
                capabilities: record.capabilities,
                lastAnnounced: record.lastAnnounced,
                hasOtherFounders: record.isOfOtherNetwork,
                isBootstrap: bootstrapNodes.contains(node),
                isDirect: directNodes.contains(node),
                isAnchor: self.anchors.contains(node),
                autonomousSystem: network?.number,
                network: network?.description,
                lastDialFailure: record.handshakeFailure ?? record.lastDialFailure,
                clockOffsetMilliseconds: record.clockOffset
            )
        }
    }
}
