import Multiformats
import OrderedCollections
import Primitives

/// Mending the mesh of a topic.
///
/// Source: gossipsub v1.1 spec, Heartbeat Maintenance, Outbound Mesh Quotas.
extension GossipSubRouter {
    mutating func maintainMesh(of topic: String, into outbox: inout Outbox, now: Int64) {
        let unworthy = self.mesh(of: topic) { !$0.isMeshWorthy }
        self.prune(unworthy, of: topic, into: &outbox, now: now)
        let size = self.meshSize(of: topic)
        if size < self.parameters.meshSizeLow {
            let candidates = self.candidates(for: topic) { _ in true }
            let missing = self.parameters.meshSize - size
            self.graft(missing, of: candidates, topic, into: &outbox, now: now)
        }
        if size > self.parameters.meshSizeHigh {
            let surplus = self.surplus(of: topic)
            self.prune(surplus, of: topic, into: &outbox, now: now)
        }
        self.maintainOutbound(of: topic, into: &outbox, now: now)
        let interval = UInt64(max(1, self.parameters.opportunisticGraftInterval))
        if self.heartbeats.isMultiple(of: interval) {
            self.graftOpportunistically(topic, into: &outbox, now: now)
        }
    }

    private mutating func maintainOutbound(
        of topic: String,
        into outbox: inout Outbox,
        now: Int64
    ) {
        let outbound = self.mesh(of: topic) { $0.isOutbound }.count
        let missing = self.parameters.outboundSize - outbound
        guard missing > 0, self.meshSize(of: topic) >= self.parameters.meshSizeLow else { return }
        let candidates = self.candidates(for: topic) { $0.isOutbound }
        self.graft(missing, of: candidates, topic, into: &outbox, now: now)
    }

    /// Adds better peers to a mesh whose median is poor.
    ///
    /// Source: gossipsub v1.1 spec, Opportunistic Grafting.
    private mutating func graftOpportunistically(
        _ topic: String,
        into outbox: inout Outbox,
        now: Int64
    ) {
        let scores = (self.topics[topic]?.mesh ?? []).map { self.score($0) }.sorted()
        guard scores.count > 1 else { return }
        let median = scores[scores.count / 2]
        guard median < self.parameters.scoring.opportunisticGraftThreshold else { return }
        let better = self.candidates(for: topic) { $0.score.value > median }
        let count = self.parameters.opportunisticGraftSize
        self.graft(count, of: better, topic, into: &outbox, now: now)
    }

    private func mesh(of topic: String, where condition: (PeerState) -> Bool) -> [PeerID] {
        let mesh = self.topics[topic]?.mesh ?? []
        return mesh.filter { self.peers[$0].map(condition) ?? false }
    }

    /// Subscribers outside the mesh that may be grafted.
    private func candidates(for topic: String, where condition: (PeerState) -> Bool) -> [PeerID] {
        guard let state = self.topics[topic] else { return [] }
        return state.subscribers.filter { peer in
            guard let known = self.peers[peer], !state.mesh.contains(peer) else { return false }
            // Back-offs are forgotten when their slack is over, so one that is known still runs.
            return known.hasMesh && known.isMeshWorthy && known.backoff[topic] == nil
                && condition(known)
        }
    }

    private mutating func graft(
        _ count: Int,
        of candidates: [PeerID],
        _ topic: String,
        into outbox: inout Outbox,
        now: Int64
    ) {
        for peer in self.random.sample(count, of: candidates) {
            self.joinMesh(peer, of: topic, now: now)
            outbox[peer, default: RPCControl()].graft.append(topic)
        }
    }

    private mutating func prune(
        _ peers: [PeerID],
        of topic: String,
        into outbox: inout Outbox,
        now: Int64
    ) {
        let standard = self.standard(of: topic, now: now)
        for peer in peers {
            let prune = self.prune(peer, of: topic, standard: standard, now: now)
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
            let scores = (self.score(left.element), self.score(right.element))
            return scores.0 != scores.1 ? scores.0 > scores.1 : left.offset < right.offset
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

    private func score(_ peer: PeerID) -> FixedPoint { self.peers[peer]?.score.value ?? .zero }

    private func isOutbound(_ peer: PeerID) -> Bool { self.peers[peer]?.isOutbound ?? false }
}
