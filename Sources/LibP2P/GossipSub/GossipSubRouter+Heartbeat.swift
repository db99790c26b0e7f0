import Multiformats
import OrderedCollections

/// What happens once a second: forgiving, forgetting, mending the mesh, gossip.
extension GossipSubRouter {
    typealias Outbox = OrderedDictionary<PeerID, RPCControl>

    /// Call it every ``GossipSubParameters/heartbeatInterval``.
    ///
    /// Source: gossipsub v1.0 spec, Heartbeat; v1.1 spec, Heartbeat Maintenance.
    public mutating func heartbeat(now: Int64) -> [GossipSubAction] {
        self.startPeriod(now: now)
        var actions: [GossipSubAction] = []
        for debtor in self.promises.endHeartbeat(now: now) {
            actions += self.punish(debtor, .brokenPromise, now: now)
        }
        var outbox: Outbox = [:]
        for topic in Array(self.topics.keys) {
            self.maintainMesh(of: topic, into: &outbox, now: now)
            self.gossip(about: topic, into: &outbox)
        }
        self.cache.shift()
        for (peer, control) in outbox {
            let frames = RPCEncoder.frames(of: RPC(control: control))
            actions += frames.map { .send(peer, $0) }
        }
        return actions
    }

    private mutating func startPeriod(now: Int64) {
        self.seen.expire(now: now)
        self.departed.expire(now: now)
        let slack = self.parameters.backoffSlack
        for index in self.peers.values.indices {
            self.peers.values[index].score.decay()
            self.peers.values[index].budget = HeartbeatBudget()
            guard !self.peers.values[index].backoff.isEmpty else { continue }
            self.peers.values[index].backoff = self.peers.values[index].backoff.filter {
                now < $0.value.advanced(byMilliseconds: slack)
            }
        }
    }

    // MARK: The mesh

    private mutating func maintainMesh(of topic: String, into outbox: inout Outbox, now: Int64) {
        let unworthy = self.mesh(of: topic) { !$0.score.isMeshWorthy }
        self.prune(unworthy, of: topic, into: &outbox, now: now)
        let size = self.meshSize(of: topic)
        if size < self.parameters.meshSizeLow {
            let candidates = self.candidates(of: topic, now: now) { _ in true }
            self.graft(self.parameters.meshSize - size, of: candidates, topic, into: &outbox)
        }
        if size > self.parameters.meshSizeHigh {
            let surplus = self.surplus(of: topic)
            self.prune(surplus, of: topic, into: &outbox, now: now)
        }
        let outbound = self.mesh(of: topic) { $0.isOutbound }.count
        if self.meshSize(of: topic) >= self.parameters.meshSizeLow,
            outbound < self.parameters.outboundSize
        {
            let candidates = self.candidates(of: topic, now: now) { $0.isOutbound }
            let missing = self.parameters.outboundSize - outbound
            self.graft(missing, of: candidates, topic, into: &outbox)
        }
    }

    private func mesh(of topic: String, where condition: (PeerState) -> Bool) -> [PeerID] {
        let mesh = self.topics[topic]?.mesh ?? []
        return mesh.filter { self.peers[$0].map(condition) ?? false }
    }

    /// Peers that may be grafted.
    private func candidates(
        of topic: String,
        now: Int64,
        where condition: (PeerState) -> Bool
    ) -> [PeerID] {
        // Back-offs are forgotten when their slack is over, so one that is known still runs.
        self.outsiders(of: topic) { $0.backoff[topic] == nil && condition($0) }
    }

    /// Subscribers outside the mesh that this node would graft or gossip with.
    private func outsiders(of topic: String, where condition: (PeerState) -> Bool) -> [PeerID] {
        guard let state = self.topics[topic] else { return [] }
        return state.subscribers.filter { peer in
            guard let known = self.peers[peer], !state.mesh.contains(peer) else { return false }
            return known.hasMesh && known.score.isMeshWorthy && condition(known)
        }
    }

    private mutating func graft(
        _ count: Int,
        of candidates: [PeerID],
        _ topic: String,
        into outbox: inout Outbox
    ) {
        for peer in self.random.sample(count, of: candidates) {
            self.topics[topic]?.mesh.append(peer)
            outbox[peer, default: RPCControl()].graft.append(topic)
        }
    }

    private mutating func prune(
        _ peers: [PeerID],
        of topic: String,
        into outbox: inout Outbox,
        now: Int64
    ) {
        for peer in peers {
            let prune = self.prune(peer, of: topic, now: now)
            outbox[peer, default: RPCControl()].prune.append(prune)
        }
    }

    /// The mesh peers that go when the mesh is cut to D.
    ///
    /// The best scores stay, then chance decides, and peers that this node dialled take the places
    /// of the last ones chosen until there are enough of them.
    private mutating func surplus(of topic: String) -> [PeerID] {
        let mesh = Array(self.topics[topic]?.mesh ?? [])
        let shuffled = self.random.sample(mesh.count, of: mesh)
        let ranked = shuffled.enumerated().sorted { left, right in
            let penalties = (self.penalty(left.element), self.penalty(right.element))
            return penalties.0 != penalties.1
                ? penalties.0 < penalties.1 : left.offset < right.offset
        }
        let best = ranked.prefix(self.parameters.bestScoresKept).map(\.element)
        let rest = ranked.dropFirst(best.count).map(\.element)
        let order = best + self.random.sample(rest.count, of: rest)
        var kept = Array(order.prefix(self.parameters.meshSize))
        var gone = Array(order.dropFirst(kept.count))
        self.raiseOutbound(in: &kept, from: &gone)
        return gone
    }

    private func raiseOutbound(in kept: inout [PeerID], from gone: inout [PeerID]) {
        var missing = self.parameters.outboundSize - kept.count(where: { self.isOutbound($0) })
        while missing > 0,
            let incoming = gone.firstIndex(where: { self.isOutbound($0) }),
            let outgoing = kept.lastIndex(where: { !self.isOutbound($0) })
        {
            swap(&kept[outgoing], &gone[incoming])
            missing -= 1
        }
    }

    private func penalty(_ peer: PeerID) -> Int { self.peers[peer]?.score.penalty ?? 0 }

    private func isOutbound(_ peer: PeerID) -> Bool { self.peers[peer]?.isOutbound ?? false }

    // MARK: Gossip

    /// Advertises recent messages to some peers outside the mesh, back-off or not.
    ///
    /// Source: gossipsub v1.1 spec, Adaptive Gossip Dissemination.
    private mutating func gossip(about topic: String, into outbox: inout Outbox) {
        let ids = self.cache.gossipIDs(of: topic)
        guard !ids.isEmpty else { return }
        let outsiders = self.outsiders(of: topic) { _ in true }
        let share = outsiders.count * self.parameters.gossipPercent / 100
        let targets = self.random.sample(max(self.parameters.gossipSize, share), of: outsiders)
        for peer in targets {
            // Each peer gets another choice, so that together they hear of everything.
            let limit = self.parameters.ihaveIDsMax
            let chosen = ids.count > limit ? self.random.sample(limit, of: ids) : ids
            let ihave = RPCControl.IHave(topic: topic, ids: chosen)
            outbox[peer, default: RPCControl()].ihave.append(ihave)
        }
    }
}
