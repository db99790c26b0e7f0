import DequeModule
import Multiformats
import OrderedCollections

/// The way of a message: in, verdict, out.
extension GossipSubRouter {
    /// Publishes a message of our own to all subscribers of a topic that are not graylisted.
    ///
    /// Flood publishing keeps a wrongly chosen mesh from silencing this node. The message is never
    /// dropped and waits for no verdict.
    ///
    /// Source: gossipsub v1.1 spec, Flood Publishing.
    public mutating func publish(_ data: [UInt8], topic: String, now: Int64)
        -> (id: GossipMessageID, actions: [GossipSubAction])
    {
        let message = PubsubMessage.signed(
            data: data,
            topic: topic,
            from: self.localPeer,
            sequenceNumber: self.nextSequenceNumber,
            by: self.signingKey
        )
        self.nextSequenceNumber &+= 1
        let id = message.id
        let frame = message.encodeFrame()
        self.seen.insert(id, now: now)
        self.cache.put(id, topic: topic, frame: frame)
        let subscribers = self.topics[topic]?.subscribers ?? []
        let receivers = subscribers.filter { self.peers[$0]?.score.isGraylisted == false }
        return (id, receivers.map { .send($0, frame) })
    }

    /// Ends the wait of a delivered message.
    ///
    /// - `accept` forwards it to the mesh and to floodsub peers, except to its publisher and to
    ///   those that sent it.
    /// - `reject` counts against each peer that sent it, and lets the id arrive again.
    /// - `ignore` forgets the message and remembers its id.
    ///
    /// An id that does not wait is ignored.
    public mutating func validated(
        _ id: GossipMessageID,
        verdict: GossipVerdict,
        now: Int64
    ) -> [GossipSubAction] {
        guard let entry = self.pending.close(id) else { return [] }
        switch verdict {
        case .accept: return self.forward(entry, id: id)
        case .reject: return self.discard(entry, id: id, now: now)
        case .ignore: return []
        }
    }

    private mutating func forward(_ entry: PendingMessages.Entry, id: GossipMessageID)
        -> [GossipSubAction]
    {
        let message = entry.message
        guard let topic = self.topics[message.topic] else { return [] }
        let frame = message.encodeFrame()
        self.cache.put(id, topic: message.topic, frame: frame)
        let flooded = self.floodPeers.filter {
            topic.subscribers.contains($0) && self.peers[$0]?.score.isGraylisted == false
        }
        return (Array(topic.mesh) + Array(flooded))
            .filter { !entry.relays.contains($0) && $0.bytes != message.from }
            .map { .send($0, frame) }
    }

    private mutating func discard(
        _ entry: PendingMessages.Entry,
        id: GossipMessageID,
        now: Int64
    ) -> [GossipSubAction] {
        self.counters.rejected += 1
        var actions: [GossipSubAction] = []
        for relay in entry.relays { actions += self.punish(relay, .invalidMessage, now: now) }
        var rivals = entry.rivals
        while let rival = rivals.popFirst() {
            guard let source = try? PeerID(bytes: rival.message.from) else { continue }
            self.pending.open(id, rival.message, from: rival.relay, rivals: rivals)
            return actions + [self.delivery(of: rival.message, source, id: id, from: rival.relay)]
        }
        self.seen.remove(id)
        return actions
    }

    /// Takes the messages of an RPC.
    mutating func take(messages: [ArraySlice<UInt8>], from peer: PeerID, now: Int64)
        -> [GossipSubAction]
    {
        var actions: [GossipSubAction] = []
        for bytes in messages {
            guard self.peers[peer]?.score.isGraylisted == false else { break }
            do throws(RPCError) {
                let view = try PubsubMessageView(bytes)
                actions += self.take(view, from: peer, now: now)
            } catch .notStrictSign {
                self.counters.notStrictSign += 1
                actions += self.punish(peer, .invalidMessage, now: now)
            } catch {
                self.counters.malformedRPCs += 1
                actions += self.punish(peer, .malformedRPC, now: now)
            }
        }
        return actions
    }

    private mutating func take(_ view: PubsubMessageView, from peer: PeerID, now: Int64)
        -> [GossipSubAction]
    {
        guard self.topics[view.topic] != nil else {
            self.counters.foreignTopic += 1
            return []
        }
        let id = view.id
        self.promises.fulfil(id)
        guard !self.seen.contains(id) else {
            self.counters.duplicates += 1
            self.pending.note(view, id: id, from: peer)
            return []
        }
        guard self.pending.hasRoom(for: view.byteCount) else {
            self.counters.overloaded += 1
            return []
        }
        return self.takeFirst(view, id: id, from: peer, now: now)
    }

    private mutating func takeFirst(
        _ view: PubsubMessageView,
        id: GossipMessageID,
        from peer: PeerID,
        now: Int64
    ) -> [GossipSubAction] {
        let message = view.message
        guard let source = try? PeerID(bytes: message.from) else {
            self.counters.notStrictSign += 1
            return self.punish(peer, .invalidMessage, now: now)
        }
        guard source != self.localPeer else {
            // An echo of what we published long ago, or somebody who poses as us.
            self.counters.duplicates += 1
            return []
        }
        self.seen.insert(id, now: now)
        self.pending.open(id, message, from: peer)
        return [self.delivery(of: message, source, id: id, from: peer)]
    }

    private mutating func delivery(
        of message: PubsubMessage,
        _ source: PeerID,
        id: GossipMessageID,
        from peer: PeerID
    ) -> GossipSubAction {
        self.counters.delivered += 1
        let delivered = GossipMessage(
            id: id,
            propagatedFrom: peer,
            source: source,
            topic: message.topic,
            data: message.data,
            signature: PubsubSignature(message)
        )
        return .deliver(delivered)
    }
}
