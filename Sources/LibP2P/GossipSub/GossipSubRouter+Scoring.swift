public import Multiformats
import OrderedCollections
public import Primitives

/// The scores of peers.
extension GossipSubRouter {
    /// Sets the application's part of a connected peer's score (P5), in points.
    ///
    /// It is forgotten with the connection. For scale: topics bring a peer at most eight points, and
    /// one below −100 is not heard any more.
    @discardableResult
    public mutating func setApplicationScore(_ points: FixedPoint, of peer: PeerID, now: Int64)
        -> [GossipSubAction]
    {
        guard self.peers[peer] != nil else { return [] }
        self.peers[peer]?.score.application = points
        return self.refreshScore(of: peer, now: now)
    }

    /// The score of a connected peer in points, as of its last deed or the last heartbeat.
    public func score(of peer: PeerID) -> FixedPoint? { self.peers[peer]?.score.value }

    // MARK: Deeds

    /// Holds a breach of the protocol against a peer (P7).
    ///
    /// - Returns: the action that is due when the peer crosses the graylist threshold by it.
    mutating func punish(
        _ peer: PeerID,
        _ deed: GossipPenalty,
        breaches: FixedPoint = .one,
        now: Int64
    ) -> [GossipSubAction] {
        guard self.peers[peer] != nil else {
            self.departed.update(peer, now: now) { $0.misbehaved(breaches) }
            return []
        }
        self.peers[peer]?.score.misbehaved(breaches)
        return self.refreshScore(of: peer, reason: deed, now: now)
    }

    /// Holds an invalid message against a peer (P4).
    mutating func punish(_ peer: PeerID, invalidMessageIn topic: String, now: Int64)
        -> [GossipSubAction]
    {
        guard self.topics[topic] != nil else { return [] }
        guard self.peers[peer] != nil else {
            self.departed.update(peer, now: now) { $0.update(topic) { $0.sentInvalid() } }
            return []
        }
        self.changeScore(of: peer, in: topic) { $0.sentInvalid() }
        return self.refreshScore(of: peer, reason: .invalidMessage, now: now)
    }

    /// Counts a valid message for those that sent it (P2, P3).
    mutating func reward(
        _ relays: some Sequence<PeerID>,
        topic: String,
        includesFirst: Bool
    ) {
        let parameters = self.parameters.scoring.parameters(of: topic)
        var isFirst = includesFirst
        for relay in relays {
            // Outside the mesh only the first one has something to win.
            if isFirst || self.topics[topic]?.mesh.contains(relay) == true {
                self.changeScore(of: relay, in: topic) {
                    $0.delivered(isFirst: isFirst, parameters)
                }
            }
            isFirst = false
        }
    }

    /// Changes what a connected peer did in a topic; the sum is worked out later.
    mutating func changeScore(
        of peer: PeerID,
        in topic: String,
        _ change: (inout TopicScore) -> Void
    ) {
        // By index, so that what is known of the peer is changed where it lies.
        guard let index = self.peers.index(forKey: peer) else { return }
        self.peers.values[index].score.update(topic, change)
    }

    // MARK: The mesh

    /// Puts a peer into a mesh.
    mutating func joinMesh(_ peer: PeerID, of topic: String, now: Int64) {
        guard let brought = self.topics[topic]?.brought else { return }
        self.topics[topic]?.mesh.append(peer)
        self.changeScore(of: peer, in: topic) { $0.grafted(now: now, brought: brought) }
    }

    /// Takes a peer out of a mesh; what it owed stays on its score.
    ///
    /// Pass the standard when several leave together: the last ones owe as much as the first.
    mutating func leaveMesh(
        _ peer: PeerID,
        of topic: String,
        standard: TopicScore.Standard? = nil,
        now: Int64
    ) {
        guard self.topics[topic]?.mesh.contains(peer) == true,
            let standard = standard ?? self.standard(of: topic, now: now)
        else { return }
        self.changeScore(of: peer, in: topic) { $0.pruned(standard) }
        self.topics[topic]?.mesh.remove(peer)
    }

    // MARK: The sum

    /// Works a peer's score out anew.
    ///
    /// - Returns: the action that is due when the peer crosses the graylist threshold.
    @discardableResult
    mutating func refreshScore(of peer: PeerID, reason: GossipPenalty = .lowScore, now: Int64)
        -> [GossipSubAction]
    {
        guard let index = self.peers.index(forKey: peer) else { return [] }
        return self.refreshScore(at: index, reason, self.standards(now: now))
    }

    /// Lets all counters fade and works all scores out anew.
    mutating func decayScores(now: Int64) -> [GossipSubAction] {
        let scoring = self.parameters.scoring
        for index in self.topics.values.indices {
            let decay = scoring.parameters(of: self.topics.keys[index]).meshDeliveriesDecay
            self.topics.values[index].brought.decay(by: decay, toZero: scoring.decayToZero)
        }
        let standards = self.standards(now: now)
        var actions: [GossipSubAction] = []
        for index in self.peers.values.indices {
            self.peers.values[index].score.decay(scoring)
            actions += self.refreshScore(at: index, .lowScore, standards)
        }
        return actions
    }

    private mutating func refreshScore(
        at index: Int,
        _ reason: GossipPenalty,
        _ standards: [String: TopicScore.Standard]
    ) -> [GossipSubAction] {
        let scoring = self.parameters.scoring
        let neighbours = self.colocation.neighbours(of: self.peers.values[index].group)
        self.peers.values[index].score.evaluate(scoring, neighbours: neighbours, standards)
        let state = self.peers.values[index]
        let isGraylisted = !state.reaches(scoring.graylistThreshold)
        self.peers.values[index].isGraylisted = isGraylisted
        guard isGraylisted, !state.isGraylisted else { return [] }
        return [.penalised(self.peers.keys[index], reason: reason)]
    }

    /// What mesh peers are held against, by topic.
    private func standards(now: Int64) -> [String: TopicScore.Standard] {
        var standards: [String: TopicScore.Standard] = [:]
        for topic in self.topics.keys { standards[topic] = self.standard(of: topic, now: now) }
        return standards
    }

    /// What the mesh peers of a topic are held against.
    func standard(of topic: String, now: Int64) -> TopicScore.Standard? {
        guard let state = self.topics[topic] else { return nil }
        return TopicScore.Standard(
            parameters: self.parameters.scoring.parameters(of: topic),
            brought: state.brought,
            isMeshLarge: state.mesh.count >= self.parameters.meshSizeLow,
            now: now
        )
    }
}
