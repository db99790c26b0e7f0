import DequeModule
import Multiformats
import OrderedCollections
import Primitives

/// The way of a foreign message: in, verdict, out.
extension GossipSubRouter {
    /// Ends the wait of a delivered message.
    ///
    /// - `accept` forwards it to the mesh, to direct and to floodsub peers, except to its publisher
    ///   and to those that sent it.
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
        case .accept: return self.accept(entry, id: id, now: now)
        case .reject: return self.discard(entry, id: id, now: now)
        case .ignore: return []
        }
    }

    private mutating func accept(_ entry: PendingMessages.Entry, id: GossipMessageID, now: Int64)
        -> [GossipSubAction]
    {
        let message = entry.message
        guard let topic = self.topics.index(forKey: message.topic) else { return [] }
        self.topics.values[topic].brought = self.topics.values[topic].brought + .one
        self.reward(entry.relays, topic: message.topic, includesFirst: true)
        self.recent.add(id, message, from: entry.relays, now: now)
        let frame = message.encodeFrame()
        self.cache.put(id, topic: message.topic, frame: frame)
        var receivers = self.receivers(of: message, except: entry.relays)
        receivers.removeAll { peer in
            guard self.peers[peer]?.unwanted.contains(id) == true else { return false }
            self.counters.spared += 1
            return true
        }
        return self.send(frame, to: receivers)
    }

    private func receivers(of message: PubsubMessage, except relays: OrderedSet<PeerID>)
        -> [PeerID]
    {
        guard let topic = self.topics[message.topic] else { return [] }
        let threshold = self.parameters.scoring.publishThreshold
        var receivers: [PeerID] = []
        func add(_ peer: PeerID) {
            if !relays.contains(peer), peer.bytes != message.from { receivers.append(peer) }
        }
        for peer in topic.mesh { add(peer) }
        for peer in self.floodPeers where topic.subscribers.contains(peer) {
            if self.peers[peer]?.reaches(threshold) == true { add(peer) }
        }
        for peer in self.directPeers where topic.subscribers.contains(peer) {
            if self.peers[peer]?.hasMesh == true { add(peer) }
        }
        return receivers
    }

    private mutating func discard(
        _ entry: PendingMessages.Entry,
        id: GossipMessageID,
        now: Int64
    ) -> [GossipSubAction] {
        self.counters.rejected += 1
        var actions: [GossipSubAction] = []
        for relay in entry.relays {
            actions += self.punish(relay, invalidMessageIn: entry.message.topic, now: now)
        }
        var rivals = entry.rivals
        while let rival = rivals.popFirst() {
            guard let source = try? PeerID(bytes: rival.message.from) else { continue }
            self.pending.open(id, rival.message, from: rival.relay, rivals: rivals)
            return actions + [
                self.delivery(of: rival.message, source, id: id, from: rival.relay)
            ]
        }
        self.seen.remove(id)
        return actions
    }

    // MARK: Arrival

    /// Takes the messages of an RPC.
    mutating func take(
        messages: [ArraySlice<UInt8>],
        from peer: PeerID,
        now: Int64,
        into actions: inout [GossipSubAction]
    ) {
        for bytes in messages {
            guard self.isGraylisted(peer) == false else { break }
            do throws(RPCError) {
                let view = try PubsubMessageView(bytes)
                self.take(view, from: peer, now: now, into: &actions)
            } catch .notStrictSign {
                self.counters.notStrictSign += 1
                actions += self.punish(peer, .invalidMessage, now: now)
            } catch {
                self.counters.malformedRPCs += 1
                actions += self.punish(peer, .malformedRPC, now: now)
            }
        }
    }

    private mutating func take(
        _ view: PubsubMessageView,
        from peer: PeerID,
        now: Int64,
        into actions: inout [GossipSubAction]
    ) {
        guard self.topics.keys.contains(view.topic) else {
            self.counters.foreignTopic += 1
            return
        }
        let id = view.id
        self.promises.fulfil(id)
        guard !self.seen.contains(id) else {
            self.takeCopy(view, id: id, from: peer, now: now)
            return
        }
        guard self.pending.hasRoom(for: view.byteCount, from: peer) else {
            self.counters.overloaded += 1
            return
        }
        self.takeFirst(view, id: id, from: peer, now: now, into: &actions)
    }

    private mutating func takeCopy(
        _ view: PubsubMessageView,
        id: GossipMessageID,
        from peer: PeerID,
        now: Int64
    ) {
        self.counters.duplicates += 1
        if self.pending.note(view, id: id, from: peer) { return }
        if let topic = self.recent.credit(view, id: id, from: peer, now: now) {
            self.reward([peer], topic: topic, includesFirst: false)
        }
    }

    private mutating func takeFirst(
        _ view: PubsubMessageView,
        id: GossipMessageID,
        from peer: PeerID,
        now: Int64,
        into actions: inout [GossipSubAction]
    ) {
        let message = view.message
        guard let source = try? PeerID(bytes: message.from) else {
            self.counters.notStrictSign += 1
            actions += self.punish(peer, .invalidMessage, now: now)
            return
        }
        guard source != self.localPeer else {
            // An echo of what we published long ago, or somebody who poses as us.
            self.counters.duplicates += 1
            return
        }
        let isLarge = message.data.count >= self.parameters.idontwantBytesMin
        if isLarge, !PubsubSignature(message).isValid {
            self.counters.forged += 1
            actions += self.punish(peer, invalidMessageIn: message.topic, now: now)
            return
        }
        self.seen.insert(id, now: now)
        self.pending.open(id, message, from: peer)
        if isLarge { actions += self.announceArrival(of: id, message, from: peer) }
        actions.append(self.delivery(of: message, source, id: id, from: peer, isChecked: isLarge))
    }

    private mutating func delivery(
        of message: PubsubMessage,
        _ source: PeerID,
        id: GossipMessageID,
        from peer: PeerID,
        isChecked: Bool = false
    ) -> GossipSubAction {
        self.counters.delivered += 1
        let delivered = GossipMessage(
            id: id,
            propagatedFrom: peer,
            source: source,
            topic: message.topic,
            data: message.data,
            signature: PubsubSignature(message, isChecked: isChecked)
        )
        return .deliver(delivered)
    }
}
