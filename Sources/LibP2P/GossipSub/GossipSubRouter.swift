public import Cryptography
public import Multiformats
import OrderedCollections
import Primitives

/// A GossipSub v1.2 router: it decides which peer gets which message.
///
/// It keeps the mesh of each topic, recognises duplicates, gossips to peers outside the mesh and scores
/// peers by what they do. It is a pure state machine: bytes and the time go in, actions come out, in an
/// order that depends on nothing else. It judges no content, and checks the signatures of large
/// messages only; its caller does the rest and reports with ``validated(_:verdict:now:)``.
///
/// It never dials: ``collectOfferedPeers()`` returns the peers that it would dial.
///
/// Source: gossipsub v1.0, v1.1 and v1.2 specs; floodsub peers are served as well.
public struct GossipSubRouter: Sendable {
    let localPeer: PeerID
    let signingKey: SigningKey
    let parameters: GossipSubParameters
    var random: SplitMix64
    var nextSequenceNumber: UInt64
    /// Heartbeats since the start.
    var heartbeats: UInt64 = 0

    var peers: OrderedDictionary<PeerID, PeerState> = [:]
    /// Connected peers without a mesh; few, so that forwarding need not search for them.
    var floodPeers: OrderedSet<PeerID> = []
    /// Peers with an agreement, connected or not.
    var directPeers: OrderedSet<PeerID> = []
    var topics: OrderedDictionary<String, TopicState> = [:]
    var fanout: OrderedDictionary<String, FanoutState> = [:]
    var departed: DepartedPeers
    var colocation = ColocationTable()
    var seen: SeenCache
    var cache: MessageCache
    var pending: PendingMessages
    var recent: RecentDeliveries
    var own: OwnPublications
    var promises = PromiseBook()
    var offeredPeers: [OfferedPeer] = []

    /// What happened to incoming bytes so far.
    public internal(set) var counters = GossipSubCounters()

    /// Makes a router without peers and topics.
    ///
    /// - Parameters:
    ///   - localPeer: this node, the `from` of its messages.
    ///   - signingKey: the host key behind `localPeer`.
    ///   - parameters: mesh sizes, times, bounds and scores.
    ///   - entropy: seeds the choices among peers; unpredictable to others, but no secret.
    ///   - firstSequenceNumber: larger than any that this key used before.
    public init(
        localPeer: PeerID,
        signingKey: SigningKey,
        parameters: GossipSubParameters,
        entropy: UInt64,
        firstSequenceNumber: UInt64
    ) {
        self.localPeer = localPeer
        self.signingKey = signingKey
        self.parameters = parameters
        self.random = SplitMix64(seed: entropy)
        self.nextSequenceNumber = firstSequenceNumber
        self.departed = DepartedPeers(parameters: parameters)
        self.seen = SeenCache(lifetime: parameters.seenLifetime, capacity: parameters.seenMax)
        self.cache = MessageCache(
            historyLength: parameters.historyLength,
            gossipWindows: parameters.historyGossip,
            bytesMax: parameters.historyBytesMax
        )
        self.pending = PendingMessages(parameters: parameters)
        self.recent = RecentDeliveries(
            window: parameters.scoring.nearFirstWindow,
            capacity: parameters.recentDeliveriesMax
        )
        self.own = OwnPublications(parameters: parameters)
    }

    // MARK: Topics

    /// Follows a topic and tells the connected peers; the next heartbeat builds the mesh.
    @discardableResult
    public mutating func subscribe(_ topic: String) -> [GossipSubAction] {
        guard self.topics[topic] == nil else { return [] }
        var state = TopicState()
        for (peer, known) in self.peers where known.otherTopics.contains(topic) {
            state.subscribers.append(peer)
            self.peers[peer]?.otherTopics.remove(topic)
        }
        self.topics[topic] = state
        self.fanout.removeValue(forKey: topic)
        return self.announce(topic, isSubscribe: true)
    }

    /// Leaves a topic: prunes its mesh and tells the connected peers.
    @discardableResult
    public mutating func unsubscribe(_ topic: String, now: Int64) -> [GossipSubAction] {
        guard let state = self.topics.removeValue(forKey: topic) else { return [] }
        let backoff = self.parameters.unsubscribeBackoff
        var control = RPCControl()
        control.prune = [.init(topic: topic, backoffSeconds: UInt64(max(0, backoff / 1_000)))]
        let frames = RPCEncoder.frames(of: RPC(control: control))
        let until = now.advanced(byMilliseconds: backoff)
        for peer in state.mesh { self.peers[peer]?.backOff(topic, until: until, now: now) }
        for index in self.peers.values.indices { self.peers.values[index].score.forget(topic) }
        for peer in state.subscribers { self.follows(topic, elsewhere: peer) }
        return state.mesh.flatMap { peer in frames.map { .send(peer, $0) } }
            + self.announce(topic, isSubscribe: false)
    }

    /// Peers in the mesh of a topic; 0 without subscription.
    public func meshSize(of topic: String) -> Int { self.topics[topic]?.mesh.count ?? 0 }

    /// The peers in the mesh of a topic; empty without subscription.
    public func meshPeers(of topic: String) -> [PeerID] {
        self.topics[topic].map { Array($0.mesh) } ?? []
    }

    private func announce(_ topic: String, isSubscribe: Bool) -> [GossipSubAction] {
        let subscription = RPC.Subscription(topic: topic, isSubscribe: isSubscribe)
        let frames = RPCEncoder.frames(of: RPC(subscriptions: [subscription]))
        return self.peers.keys.flatMap { peer in frames.map { .send(peer, $0) } }
    }

    /// Remembers that a peer follows a topic that this node does not, unless it follows too many.
    mutating func follows(_ topic: String, elsewhere peer: PeerID) {
        guard let known = self.peers[peer],
            known.otherTopics.count < self.parameters.otherTopicsMax
        else { return }
        self.peers[peer]?.otherTopics.append(topic)
    }
}
