import Multiformats
import OrderedCollections
import Primitives

/// What happens once a second: forgiving, forgetting, mending the mesh, gossip.
extension GossipSubRouter {
    /// What to tell each peer at the end of a heartbeat.
    typealias Outbox = OrderedDictionary<PeerID, RPCControl>

    /// Call it every ``GossipSubParameters/heartbeatInterval``.
    ///
    /// Source: gossipsub v1.0 spec, Heartbeat; v1.1 spec, Heartbeat Maintenance.
    public mutating func heartbeat(now: Int64) -> [GossipSubAction] {
        self.heartbeats &+= 1
        self.forget(now: now)
        var actions = self.decayScores(now: now)
        for debtor in self.promises.endHeartbeat(now: now) {
            actions += self.punish(debtor, .brokenPromise, now: now)
        }
        var outbox: Outbox = [:]
        for topic in Array(self.topics.keys) {
            self.maintainMesh(of: topic, into: &outbox, now: now)
            self.gossip(about: topic, into: &outbox)
        }
        self.remind(into: &outbox)
        self.maintainFanout(now: now)
        // With flood publishing every subscriber gets the own messages anyway, so there is no gossip
        // about them.
        if !self.parameters.floodsPublications {
            for topic in Array(self.fanout.keys) { self.gossip(about: topic, into: &outbox) }
        }
        self.cache.shift()
        return actions + Self.frames(of: outbox)
    }

    private mutating func forget(now: Int64) {
        self.seen.expire(now: now)
        self.departed.expire(now: now)
        self.recent.expire(now: now)
        self.counters.unsentDropped += UInt64(self.own.expire(now: now))
        let slack = self.parameters.backoffSlack
        for index in self.peers.values.indices {
            self.peers.values[index].budget = HeartbeatBudget()
            self.peers.values[index].unwanted.shift(lifetime: self.parameters.idontwantLifetime)
            guard !self.peers.values[index].backoff.isEmpty else { continue }
            self.peers.values[index].backoff = self.peers.values[index].backoff.filter {
                now < $0.value.until.advanced(byMilliseconds: slack)
            }
        }
    }

    /// Encodes what is the same for several peers once.
    private static func frames(of outbox: Outbox) -> [GossipSubAction] {
        var encoded: [(control: RPCControl, frames: [[UInt8]])] = []
        var actions: [GossipSubAction] = []
        for (peer, control) in outbox {
            var frames = encoded.first { $0.control == control }?.frames
            if frames == nil {
                let new = RPCEncoder.frames(of: RPC(control: control))
                // A few kinds cover nearly all peers; looking through many would cost more.
                if encoded.count < 16 { encoded.append((control, new)) }
                frames = new
            }
            for frame in frames ?? [] { actions.append(.send(peer, frame)) }
        }
        return actions
    }

    // MARK: Gossip

    /// Advertises own messages of the last minutes to peers that were introduced a moment ago.
    ///
    /// What they were sent before they could take it is lost for them otherwise: peers without a
    /// mesh are few, and nobody gossips with those inside it.
    private mutating func remind(into outbox: inout Outbox) {
        for (peer, state) in self.peers where state.reminders > 0 {
            self.peers[peer]?.reminders -= 1
            guard state.hasMesh,
                state.reminders % self.parameters.reminderInterval == 0,
                state.reaches(self.parameters.scoring.gossipThreshold)
            else { continue }
            for (topic, known) in self.topics where known.subscribers.contains(peer) {
                let ids = self.own.ids(of: topic)
                guard !ids.isEmpty else { continue }
                outbox[peer, default: RPCControl()].ihave.append(.init(topic: topic, ids: ids))
            }
        }
    }

    /// Advertises recent messages to some peers outside the mesh, back-off or not.
    ///
    /// Source: gossipsub v1.1 spec, Adaptive Gossip Dissemination.
    private mutating func gossip(about topic: String, into outbox: inout Outbox) {
        let ids = self.cache.gossipIDs(of: topic)
        guard !ids.isEmpty else { return }
        let outsiders = self.listeners(to: topic)
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

    /// Subscribers that get no full messages and may be gossiped with.
    private func listeners(to topic: String) -> [PeerID] {
        let threshold = self.parameters.scoring.gossipThreshold
        let full = self.topics[topic]?.mesh ?? self.fanout[topic]?.peers ?? []
        return self.subscribers(of: topic).filter { peer in
            guard let known = self.peers[peer], known.hasMesh, !known.isDirect else {
                return false
            }
            return !full.contains(peer) && known.score.value >= threshold
        }
    }
}
