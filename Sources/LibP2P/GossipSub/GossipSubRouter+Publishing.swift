public import Multiformats
import OrderedCollections
import Primitives

/// Own messages.
extension GossipSubRouter {
    /// Publishes a message of our own.
    ///
    /// It goes to all subscribers of the topic above the publish threshold: flood publishing keeps a
    /// wrongly chosen mesh from silencing this node. It waits for no verdict. With nobody there to
    /// take it, it waits for the next subscriber; what waited in vain is counted in
    /// ``GossipSubCounters/unsentDropped``. Peers that are introduced later get it as well, see
    /// ``introduce(_:)``.
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
        let receivers = self.receivers(of: topic, now: now)
        let actions = self.send(frame, to: receivers)
        let entry = OwnPublications.Entry(
            id: id,
            topic: topic,
            frame: frame,
            publishedAt: now,
            isUnsent: actions.isEmpty
        )
        self.counters.unsentDropped += UInt64(self.own.add(entry))
        return (id, actions)
    }

    /// Gives a new subscriber what was published while there was none.
    mutating func sendUnsent(_ topic: String, to peer: PeerID) -> [GossipSubAction] {
        guard let state = self.peers[peer],
            state.reaches(self.parameters.scoring.publishThreshold)
        else { return [] }
        let waiting = self.own.take(frameBytesMax: state.frameBytesMax, onlyUnsent: true) {
            $0 == topic
        }
        for entry in waiting {
            // It left the message cache long ago, but is new to the peers of this subscriber, which may
            // fetch it.
            self.cache.put(entry.id, topic: topic, frame: entry.frame)
        }
        return waiting.map { .send(peer, $0.frame) }
    }

    /// A peer and this node may hear each other from now on: it gets the own publications of the last
    /// minutes, and is reminded of them for a while, as it may be slower to hear this node.
    ///
    /// The other peers do not send it what was published before it came, and it has dropped what it got
    /// before it could accept it.
    public mutating func introduce(_ peer: PeerID) -> [GossipSubAction] {
        guard let state = self.peers[peer],
            state.reaches(self.parameters.scoring.publishThreshold)
        else { return [] }
        self.peers[peer]?.reminders = self.parameters.reminders
        let topics = self.topics
        return self.own.take(frameBytesMax: state.frameBytesMax) { topic in
            topics[topic]?.subscribers.contains(peer) ?? state.otherTopics.contains(topic)
        }.map { .send(peer, $0.frame) }
    }

    /// Connected peers that follow a topic, whether this node does or not.
    func subscribers(of topic: String) -> [PeerID] {
        if let state = self.topics[topic] { return Array(state.subscribers) }
        return self.peers.keys.filter { self.peers[$0]?.otherTopics.contains(topic) == true }
    }

    private mutating func receivers(of topic: String, now: Int64) -> [PeerID] {
        let threshold = self.parameters.scoring.publishThreshold
        let willing = self.subscribers(of: topic).filter {
            guard let index = self.peers.index(forKey: $0) else { return false }
            return self.peers.values[index].reaches(threshold)
        }
        guard !self.parameters.floodsPublications else { return willing }
        let chosen = self.chosen(of: topic, among: willing, now: now)
        return willing.filter { peer in
            guard let state = self.peers[peer] else { return false }
            return state.isDirect || !state.hasMesh || chosen.contains(peer)
        }
    }

    /// The mesh, or what stands for it where there is none.
    private mutating func chosen(of topic: String, among willing: [PeerID], now: Int64)
        -> OrderedSet<PeerID>
    {
        if let mesh = self.topics[topic]?.mesh {
            guard mesh.isEmpty else { return mesh }
            return OrderedSet(self.random.sample(self.parameters.fanoutSize, of: willing))
        }
        self.fanout[topic, default: FanoutState(publishedAt: now)].publishedAt = now
        self.fillFanout(of: topic, from: willing)
        return self.fanout[topic]?.peers ?? []
    }

    // MARK: Fanout

    /// Source: gossipsub v1.0 spec, Fanout Maintenance.
    mutating func maintainFanout(now: Int64) {
        let lifetime = self.parameters.fanoutLifetime
        self.fanout.removeAll {
            $0.value.publishedAt.advanced(byMilliseconds: lifetime) <= now
        }
        let threshold = self.parameters.scoring.publishThreshold
        for topic in Array(self.fanout.keys) {
            let willing = self.subscribers(of: topic).filter {
                self.peers[$0]?.reaches(threshold) == true
            }
            self.fanout[topic]?.peers.removeAll { !willing.contains($0) }
            self.fillFanout(of: topic, from: willing)
        }
    }

    private mutating func fillFanout(of topic: String, from willing: [PeerID]) {
        guard let peers = self.fanout[topic]?.peers else { return }
        let others = willing.filter {
            !peers.contains($0) && self.peers[$0]?.hasMesh == true
                && self.peers[$0]?.isDirect == false
        }
        let missing = self.parameters.fanoutSize - peers.count
        self.fanout[topic]?.peers.append(contentsOf: self.random.sample(missing, of: others))
    }
}
