public import Cryptography
public import Multiformats
import OrderedCollections

/// A GossipSub v1.1 router: who gets which message.
///
/// It keeps the mesh of each topic, recognises duplicates, gossips to peers outside the mesh and
/// counts misbehaviour. It is a pure state machine: bytes and the time go in, actions come out, in
/// an order that depends on nothing else. It checks no signature and judges no content; whoever
/// drives it does, and reports with ``validated(_:verdict:now:)``. There is no peer exchange, no
/// opportunistic grafting, and no fanout because own messages go to all subscribers.
///
/// Source: gossipsub v1.0 and v1.1 specs; floodsub peers are served as well.
public struct GossipSubRouter: Sendable {
    let localPeer: PeerID
    let signingKey: SigningKey
    let parameters: GossipSubParameters
    var random: SplitMix64
    var nextSequenceNumber: UInt64

    var peers: OrderedDictionary<PeerID, PeerState> = [:]
    /// Connected peers without a mesh; few, so that forwarding need not search for them.
    var floodPeers: OrderedSet<PeerID> = []
    var topics: OrderedDictionary<String, TopicState> = [:]
    var departed: DepartedPeers
    var seen: SeenCache
    var cache: MessageCache
    var pending: PendingMessages
    var promises = PromiseBook()

    /// What happened to incoming bytes so far.
    public internal(set) var counters = GossipSubCounters()

    /// Makes a router without peers and topics.
    ///
    /// - Parameters:
    ///   - localPeer: this node, the `from` of its messages.
    ///   - signingKey: the host key behind `localPeer`.
    ///   - parameters: mesh sizes, times and bounds.
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
    }

    // MARK: Topics

    /// Follows a topic and tells the connected peers; the next heartbeat builds the mesh.
    ///
    /// Subscribe before peers are added: what peers said earlier about this topic was ignored.
    @discardableResult
    public mutating func subscribe(_ topic: String) -> [GossipSubAction] {
        guard self.topics[topic] == nil else { return [] }
        self.topics[topic] = TopicState()
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
        for peer in state.mesh {
            self.peers[peer]?.backOff(topic, until: now.advanced(byMilliseconds: backoff))
        }
        return state.mesh.flatMap { peer in frames.map { .send(peer, $0) } }
            + self.announce(topic, isSubscribe: false)
    }

    /// Peers in the mesh of a topic; 0 without subscription.
    public func meshSize(of topic: String) -> Int { self.topics[topic]?.mesh.count ?? 0 }

    private func announce(_ topic: String, isSubscribe: Bool) -> [GossipSubAction] {
        let subscription = RPC.Subscription(topic: topic, isSubscribe: isSubscribe)
        let frames = RPCEncoder.frames(of: RPC(subscriptions: [subscription]))
        return self.peers.keys.flatMap { peer in frames.map { .send(peer, $0) } }
    }

    // MARK: Peers

    /// Takes in a peer and sends it our subscriptions.
    ///
    /// - Parameters:
    ///   - peer: who connected; adding it again renews protocol and hello.
    ///   - protocolID: what was negotiated; anything but `/meshsub/…` is treated as floodsub.
    ///   - isOutbound: whether this node dialled.
    ///   - now: milliseconds of any steady clock.
    /// - Returns: the hello for the peer, among others.
    @discardableResult
    public mutating func addPeer(
        _ peer: PeerID,
        protocolID: String,
        isOutbound: Bool,
        now: Int64
    ) -> [GossipSubAction] {
        guard peer != self.localPeer else { return [] }
        let hasMesh = GossipSubProtocol.hasMesh(protocolID)
        if self.peers[peer] == nil {
            var state = PeerState(hasMesh: hasMesh, isOutbound: isOutbound)
            self.departed.restore(peer, into: &state, now: now)
            self.peers[peer] = state
        }
        self.peers[peer]?.hasMesh = hasMesh
        self.peers[peer]?.isOutbound = isOutbound
        if hasMesh {
            self.floodPeers.remove(peer)
        } else {
            self.floodPeers.append(peer)
            self.leaveMeshes(peer)
        }
        let hello = self.topics.keys.map { RPC.Subscription(topic: $0, isSubscribe: true) }
        return RPCEncoder.frames(of: RPC(subscriptions: Array(hello))).map { .send(peer, $0) }
    }

    /// Forgets a peer, but not what is held against it.
    @discardableResult
    public mutating func removePeer(_ peer: PeerID, now: Int64) -> [GossipSubAction] {
        guard let state = self.peers.removeValue(forKey: peer) else { return [] }
        self.floodPeers.remove(peer)
        for index in self.topics.values.indices { self.topics.values[index].remove(peer) }
        self.departed.add(peer, state, now: now)
        return []
    }

    /// Holds a deed against a peer; the action that is due when it crosses the graylist limit.
    mutating func punish(_ peer: PeerID, _ deed: GossipPenalty, now: Int64) -> [GossipSubAction] {
        guard self.peers[peer] != nil else {
            self.departed.punish(peer, deed, now: now)
            return []
        }
        guard self.peers[peer]?.score.punish(deed) == true else { return [] }
        self.leaveMeshes(peer)
        return [.penalised(peer, reason: deed)]
    }

    private mutating func leaveMeshes(_ peer: PeerID) {
        for index in self.topics.values.indices { self.topics.values[index].mesh.remove(peer) }
    }
}
