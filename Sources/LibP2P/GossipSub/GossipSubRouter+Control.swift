public import Multiformats
import OrderedCollections

/// Incoming RPCs: subscriptions and control.
extension GossipSubRouter {
    /// Takes one RPC, without its length prefix, of a peer that was added.
    ///
    /// A malformed RPC counts against the peer and has no other effect. With `acceptingMessages`
    /// false, messages are skipped without remembering their ids, and IHAVE is not answered, since
    /// the answer would be skipped as well.
    public mutating func received(
        frame: [UInt8],
        from peer: PeerID,
        acceptingMessages: Bool,
        now: Int64
    ) -> [GossipSubAction] {
        guard let state = self.peers[peer] else { return [] }
        guard !state.score.isGraylisted else {
            self.counters.graylistedRPCs += 1
            return []
        }
        guard let rpc = try? RPCDecoder.decode(frame) else {
            self.counters.malformedRPCs += 1
            return self.punish(peer, .malformedRPC, now: now)
        }
        for subscription in rpc.subscriptions { self.take(subscription, from: peer) }
        var actions: [GossipSubAction] = []
        if acceptingMessages {
            // Before control: an IHAVE in the same RPC must not ask for what it brings.
            actions += self.take(messages: rpc.messages, from: peer, now: now)
        } else {
            self.counters.notAccepted += UInt64(rpc.messages.count)
        }
        return actions
            + self.take(rpc.control, from: peer, answersIHave: acceptingMessages, now: now)
    }

    private mutating func take(_ subscription: RPC.Subscription, from peer: PeerID) {
        guard self.topics[subscription.topic] != nil else { return }
        if subscription.isSubscribe {
            self.topics[subscription.topic]?.subscribers.append(peer)
        } else {
            self.topics[subscription.topic]?.remove(peer)
        }
    }

    private mutating func take(
        _ control: RPCControl,
        from peer: PeerID,
        answersIHave: Bool,
        now: Int64
    ) -> [GossipSubAction] {
        // Most RPCs carry a message and nothing else.
        guard !control.isEmpty, let state = self.peers[peer], state.hasMesh,
            !state.score.isGraylisted
        else { return [] }
        var actions: [GossipSubAction] = []
        var answer = RPCControl()
        for prune in control.prune { self.take(prune, from: peer, now: now) }
        for topic in control.graft {
            actions += self.takeGraft(topic, from: peer, answer: &answer, now: now)
        }
        if answersIHave { answer.iwant = self.wanted(of: control.ihave, from: peer, now: now) }
        let frames = RPCEncoder.frames(of: RPC(control: answer))
        return actions + frames.map { .send(peer, $0) } + self.serve(control.iwant, to: peer)
    }

    // MARK: GRAFT and PRUNE

    /// Source: gossipsub v1.1 spec, PRUNE Backoff, Outbound Mesh Quotas, Spam Protection.
    private mutating func takeGraft(
        _ topic: String,
        from peer: PeerID,
        answer: inout RPCControl,
        now: Int64
    ) -> [GossipSubAction] {
        guard let state = self.peers[peer], let mesh = self.topics[topic]?.mesh,
            !state.score.isGraylisted, !mesh.contains(peer)
        else { return [] }
        // Who grafts subscribes, even if its announcement never came.
        self.topics[topic]?.subscribers.append(peer)
        let isTooEarly = state.isBackedOff(topic, now: now)
        let isFull = mesh.count >= self.parameters.meshSizeHigh && !state.isOutbound
        guard isTooEarly || isFull || !state.score.isMeshWorthy else {
            self.topics[topic]?.mesh.append(peer)
            return []
        }
        if !answer.prune.contains(where: { $0.topic == topic }) {
            answer.prune.append(self.prune(peer, of: topic, now: now))
        }
        return isTooEarly ? self.punish(peer, .graftFlood, now: now) : []
    }

    /// Takes a peer out of a mesh and starts the back-off; what to tell it.
    mutating func prune(_ peer: PeerID, of topic: String, now: Int64) -> RPCControl.Prune {
        let backoff = self.parameters.pruneBackoff
        self.topics[topic]?.mesh.remove(peer)
        self.peers[peer]?.backOff(topic, until: now.advanced(byMilliseconds: backoff))
        return RPCControl.Prune(topic: topic, backoffSeconds: UInt64(max(0, backoff / 1_000)))
    }

    private mutating func take(_ prune: RPCControl.Prune, from peer: PeerID, now: Int64) {
        guard self.topics[prune.topic] != nil else { return }
        self.topics[prune.topic]?.mesh.remove(peer)
        let until = now.advanced(byMilliseconds: self.backoff(asked: prune.backoffSeconds))
        self.peers[peer]?.backOff(prune.topic, until: until)
    }

    /// A peer may name any number of seconds; v1.0 peers name none.
    private func backoff(asked seconds: UInt64?) -> Int64 {
        guard let seconds, seconds > 0 else { return self.parameters.pruneBackoff }
        let limit = UInt64(max(0, self.parameters.backoffMax / 1_000))
        return Int64(min(seconds, limit)) * 1_000
    }

    // MARK: IHAVE and IWANT

    /// The advertised ids to ask for; one of them becomes the peer's promise.
    private mutating func wanted(
        of advertised: [RPCControl.IHave],
        from peer: PeerID,
        now: Int64
    ) -> [GossipMessageID] {
        guard let state = self.peers[peer], state.score.isMeshWorthy else { return [] }
        var budget = state.budget
        var wanted: [GossipMessageID] = []
        for ihave in advertised {
            budget.ihaveEntries += 1
            guard budget.ihaveEntries <= self.parameters.ihaveEntriesMax else { break }
            guard self.topics[ihave.topic] != nil else { continue }
            let room = max(0, self.parameters.ihaveIDsMax - budget.ihaveIDs)
            let ids = ihave.ids.prefix(room)
            budget.ihaveIDs += ids.count
            for id in ids where self.isWanted(id) {
                self.promises.ask(id)
                wanted.append(id)
            }
        }
        self.peers[peer]?.budget = budget
        self.expectOne(of: wanted, from: peer, now: now)
        return wanted
    }

    private func isWanted(_ id: GossipMessageID) -> Bool {
        !self.seen.contains(id) && self.promises.timesAsked(id) < self.parameters.askedPeersMax
            && self.pending.hasRoom(for: 0)
    }

    private mutating func expectOne(of wanted: [GossipMessageID], from peer: PeerID, now: Int64) {
        guard !wanted.isEmpty else { return }
        let id = wanted[self.random.index(below: wanted.count)]
        guard id.isDefaultForm else { return }
        let deadline = now.advanced(byMilliseconds: self.parameters.promiseLifetime)
        self.promises.expect(id, from: peer, deadline: deadline)
    }

    /// Sends what is still there, within the limits of one heartbeat.
    private mutating func serve(_ ids: [GossipMessageID], to peer: PeerID) -> [GossipSubAction] {
        guard let state = self.peers[peer], state.score.isMeshWorthy else { return [] }
        var served = state.budget.iwantBytes
        var actions: [GossipSubAction] = []
        let limit = self.parameters.retransmissionsMax
        for id in ids where served < self.parameters.iwantBytesMax {
            guard let frame = self.cache.frame(of: id, for: peer, limit: limit) else { continue }
            served += frame.count
            actions.append(.send(peer, frame))
        }
        self.peers[peer]?.budget.iwantBytes = served
        return actions
    }
}
