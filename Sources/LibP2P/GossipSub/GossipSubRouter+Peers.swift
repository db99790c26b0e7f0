public import Multiformats
import OrderedCollections

/// Who is connected, and on which terms.
extension GossipSubRouter {
    /// Takes in a peer and sends it our subscriptions.
    ///
    /// - Parameters:
    ///   - peer: a peer to which RPCs can be sent from now on.
    ///   - protocolID: the one of ``GossipSubProtocol/ids`` that both sides agreed on.
    ///   - isOutbound: whether this node dialled.
    ///   - address: the other end of the connection; without it the peer counts as alone there.
    ///   - now: the time in milliseconds.
    /// - Returns: our subscriptions, to be sent; the penalty when the peer is on the graylist.
    @discardableResult
    public mutating func addPeer(
        _ peer: PeerID,
        protocolID: String,
        isOutbound: Bool,
        address: Multiaddr? = nil,
        now: Int64
    ) -> [GossipSubAction] {
        guard peer != self.localPeer else { return [] }
        let speaks = PeerProtocol(id: protocolID)
        var state = self.peers[peer] ?? self.newcomer(peer, speaks: speaks, now: now)
        self.colocation.remove(state.group)
        state.speaks = speaks
        state.isOutbound = isOutbound
        state.group = address.flatMap { AddressGroup($0) }
        self.colocation.add(state.group)
        self.peers[peer] = state
        if state.hasMesh {
            self.floodPeers.remove(peer)
        } else {
            self.floodPeers.append(peer)
            self.leaveMeshes(peer, now: now)
        }
        // A peer that comes back on the graylist, or is one too many at its address, is reported at
        // once.
        let crossing = self.refreshScore(of: peer, now: now)
        let hello = self.topics.keys.map { RPC.Subscription(topic: $0, isSubscribe: true) }
        let frames = RPCEncoder.frames(of: RPC(subscriptions: Array(hello)))
        return frames.map { .send(peer, $0) } + crossing
    }

    private mutating func newcomer(_ peer: PeerID, speaks: PeerProtocol, now: Int64) -> PeerState {
        var state = PeerState(speaks: speaks, isOutbound: false)
        state.isDirect = self.directPeers.contains(peer)
        self.departed.restore(peer, into: &state, now: now)
        return state
    }

    /// Forgets a peer, but not what is held against it.
    @discardableResult
    public mutating func removePeer(_ peer: PeerID, now: Int64) -> [GossipSubAction] {
        guard self.peers[peer] != nil else { return [] }
        self.leaveMeshes(peer, now: now)
        guard let state = self.peers.removeValue(forKey: peer) else { return [] }
        self.floodPeers.remove(peer)
        self.colocation.remove(state.group)
        for index in self.topics.values.indices { self.topics.values[index].remove(peer) }
        for index in self.fanout.values.indices { self.fanout.values[index].peers.remove(peer) }
        self.departed.add(peer, state, now: now)
        return []
    }

    private mutating func leaveMeshes(_ peer: PeerID, now: Int64) {
        for topic in Array(self.topics.keys) { self.leaveMesh(peer, of: topic, now: now) }
    }

    // MARK: Direct peers

    /// Replaces the explicit peering agreements.
    ///
    /// Direct peers get every valid message and are always heard; they are in no mesh. Agreements
    /// must be mutual, and keeping the connections is the caller's task.
    ///
    /// Source: gossipsub v1.1 spec, Explicit Peering Agreements.
    @discardableResult
    public mutating func setDirectPeers(_ direct: [PeerID], now: Int64) -> [GossipSubAction] {
        self.directPeers = OrderedSet(direct)
        self.directPeers.remove(self.localPeer)
        var actions: [GossipSubAction] = []
        for peer in Array(self.peers.keys) {
            let isDirect = self.directPeers.contains(peer)
            self.peers[peer]?.isDirect = isDirect
            actions += self.refreshScore(of: peer, now: now)
            if isDirect { actions += self.pruneEverywhere(peer, now: now) }
        }
        return actions
    }

    private mutating func pruneEverywhere(_ peer: PeerID, now: Int64) -> [GossipSubAction] {
        var control = RPCControl()
        for (topic, state) in self.topics where state.mesh.contains(peer) {
            control.prune.append(self.prune(peer, of: topic, now: now))
        }
        return RPCEncoder.frames(of: RPC(control: control)).map { .send(peer, $0) }
    }

    // MARK: What peers can take

    /// Whether a peer's RPCs are ignored; nil for a stranger.
    ///
    /// Here and below, what is known of a peer is read where it lies: a copy of all of it for each message
    /// cost more than the question.
    func isGraylisted(_ peer: PeerID) -> Bool? {
        guard let index = self.peers.index(forKey: peer) else { return nil }
        return self.peers.values[index].isGraylisted
    }

    /// Notes that a peer reset the stream on which it is sent RPCs.
    ///
    /// Implementations do that on an RPC beyond their limit. When one beyond the usual limit was
    /// among those that the stream carried, the peer is spared such messages from then on: without
    /// this, each of them would cost it the smaller ones behind as well.
    ///
    /// - Parameters:
    ///   - peer: who reset it.
    ///   - largestFrame: bytes of the largest RPC that the stream carried.
    public mutating func streamWasReset(by peer: PeerID, largestFrame: Int) {
        guard largestFrame > RPCLimits.usualBytesMax else { return }
        self.peers[peer]?.frameBytesMax = RPCLimits.usualBytesMax
    }

    /// One frame for many peers, which share its memory.
    mutating func send(_ frame: [UInt8], to receivers: [PeerID]) -> [GossipSubAction] {
        var actions: [GossipSubAction] = []
        actions.reserveCapacity(receivers.count)
        for peer in receivers {
            guard let index = self.peers.index(forKey: peer),
                frame.count <= self.peers.values[index].frameBytesMax
            else {
                self.counters.oversized += 1
                continue
            }
            actions.append(.send(peer, frame))
        }
        return actions
    }

    // MARK: Peer exchange

    /// Hands over the peers that PRUNEs of well-scored peers offered, and forgets them.
    ///
    /// Nothing is collected unless ``GossipSubParameters/acceptsPeerExchange`` is set.
    public mutating func collectOfferedPeers() -> [OfferedPeer] {
        defer { self.offeredPeers = [] }
        return self.offeredPeers
    }

    /// Source: gossipsub v1.1 spec, PRUNE Backoff and Peer Exchange, Score Thresholds.
    mutating func take(_ offers: [ArraySlice<UInt8>], from peer: PeerID) {
        guard !offers.isEmpty else { return }
        let threshold = self.parameters.scoring.acceptPXThreshold
        guard self.parameters.acceptsPeerExchange,
            let score = self.peers[peer]?.score.value, score >= threshold
        else {
            self.counters.offersIgnored += UInt64(offers.count)
            return
        }
        for bytes in offers {
            guard self.offeredPeers.count < self.parameters.offeredPeersMax,
                let offer = OfferedPeer(bytes), offer.peer != self.localPeer,
                self.peers[offer.peer] == nil
            else {
                self.counters.offersIgnored += 1
                continue
            }
            self.offeredPeers.append(offer)
        }
    }
}
