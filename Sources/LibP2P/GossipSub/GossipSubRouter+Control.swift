public import Multiformats
import OrderedCollections
import Primitives

/// Incoming RPCs: subscriptions, GRAFT and PRUNE.
extension GossipSubRouter {
    /// Takes one RPC, without its length prefix, of a peer that was added.
    ///
    /// A graylisted peer's RPC is not even decoded. A malformed one counts against the peer and has
    /// no other effect. With `acceptingMessages` false, messages are skipped without remembering
    /// their ids, and IHAVE is not answered, since the answer would be skipped as well.
    public mutating func received(
        frame: [UInt8],
        from peer: PeerID,
        acceptingMessages: Bool,
        now: Int64
    ) -> [GossipSubAction] {
        guard let isGraylisted = self.isGraylisted(peer) else { return [] }
        guard !isGraylisted else {
            self.counters.graylistedRPCs += 1
            return []
        }
        guard let rpc = try? RPCDecoder.decode(frame) else {
            self.counters.malformedRPCs += 1
            return self.punish(peer, .malformedRPC, now: now)
        }
        var actions: [GossipSubAction] = []
        for subscription in rpc.subscriptions {
            actions += self.take(subscription, from: peer, now: now)
        }
        if acceptingMessages {
            // Before control: an IHAVE in the same RPC must not ask for what it brings.
            self.take(messages: rpc.messages, from: peer, now: now, into: &actions)
        } else {
            self.counters.notAccepted += UInt64(rpc.messages.count)
        }
        actions += self.take(rpc.control, from: peer, answersIHave: acceptingMessages, now: now)
        return actions
    }

    /// Whether an RPC brings messages; false for what is malformed.
    public static func bringsMessages(_ frame: [UInt8]) -> Bool {
        (try? RPCDecoder.decode(frame))?.messages.isEmpty == false
    }

    /// Takes the messages of an RPC that ``received(frame:from:acceptingMessages:now:)`` was given
    /// without accepting them.
    public mutating func receivedEarlier(frame: [UInt8], from peer: PeerID, now: Int64)
        -> [GossipSubAction]
    {
        guard self.peers[peer] != nil, let rpc = try? RPCDecoder.decode(frame) else { return [] }
        var actions: [GossipSubAction] = []
        self.take(messages: rpc.messages, from: peer, now: now, into: &actions)
        return actions
    }

    private mutating func take(
        _ subscription: RPC.Subscription,
        from peer: PeerID,
        now: Int64
    ) -> [GossipSubAction] {
        let topic = subscription.topic
        guard subscription.isSubscribe else {
            self.leaveMesh(peer, of: topic, now: now)
            self.topics[topic]?.remove(peer)
            self.peers[peer]?.otherTopics.remove(topic)
            return []
        }
        guard self.topics[topic] != nil else {
            self.follows(topic, elsewhere: peer)
            return self.sendUnsent(topic, to: peer)
        }
        self.topics[topic]?.subscribers.append(peer)
        return self.sendUnsent(topic, to: peer)
    }

    private mutating func take(
        _ control: RPCControl,
        from peer: PeerID,
        answersIHave: Bool,
        now: Int64
    ) -> [GossipSubAction] {
        // Most RPCs carry a message and nothing else.
        guard !control.isEmpty, let state = self.peers[peer], state.hasMesh, !state.isGraylisted
        else { return [] }
        var actions: [GossipSubAction] = []
        var answer = RPCControl()
        self.take(idontwant: control.idontwant, from: peer)
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
        // Unknown topics get no answer: it would cost more than the GRAFT did.
        guard let state = self.peers[peer], let mesh = self.topics[topic]?.mesh,
            !state.isGraylisted, !mesh.contains(peer)
        else { return [] }
        // A GRAFT implies a subscription, even if its announcement never came.
        self.topics[topic]?.subscribers.append(peer)
        let backoff = state.backoff[topic].flatMap { now < $0.until ? $0 : nil }
        let isFull = mesh.count >= self.parameters.meshSizeHigh && !state.isOutbound
        guard backoff != nil || isFull || !state.isMeshWorthy else {
            self.joinMesh(peer, of: topic, now: now)
            return []
        }
        if !answer.prune.contains(where: { $0.topic == topic }) {
            answer.prune.append(self.prune(peer, of: topic, now: now))
        }
        guard let backoff, !state.isDirect else { return [] }
        let floodEnd = backoff.prunedAt.advanced(byMilliseconds: self.parameters.graftFloodWindow)
        let breaches: FixedPoint = now < floodEnd ? .one + .one : .one
        return self.punish(peer, .graftFlood, breaches: breaches, now: now)
    }

    /// Takes a peer out of a mesh and starts the back-off; what to tell it.
    mutating func prune(
        _ peer: PeerID,
        of topic: String,
        standard: TopicScore.Standard? = nil,
        now: Int64
    ) -> RPCControl.Prune {
        let backoff = self.parameters.pruneBackoff
        self.leaveMesh(peer, of: topic, standard: standard, now: now)
        let until = now.advanced(byMilliseconds: backoff)
        self.peers[peer]?.backOff(topic, until: until, now: now)
        return RPCControl.Prune(topic: topic, backoffSeconds: UInt64(max(0, backoff / 1_000)))
    }

    private mutating func take(_ prune: RPCControl.Prune, from peer: PeerID, now: Int64) {
        guard self.topics[prune.topic] != nil else { return }
        self.leaveMesh(peer, of: prune.topic, now: now)
        let until = now.advanced(byMilliseconds: self.backoff(asked: prune.backoffSeconds))
        self.peers[peer]?.backOff(prune.topic, until: until, now: now)
        self.take(prune.offers, from: peer)
    }

    /// A peer may name any number of seconds; v1.0 peers name none.
    private func backoff(asked seconds: UInt64?) -> Int64 {
        guard let seconds, seconds > 0 else { return self.parameters.pruneBackoff }
        let limit = UInt64(max(0, self.parameters.backoffMax / 1_000))
        return Int64(min(seconds, limit)) * 1_000
    }
}
