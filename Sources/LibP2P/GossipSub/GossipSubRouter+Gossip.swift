import Multiformats
import OrderedCollections
import Primitives

/// IHAVE, IWANT and IDONTWANT.
extension GossipSubRouter {
    // MARK: IHAVE

    /// The advertised ids to ask for; one of them becomes the peer's promise.
    mutating func wanted(
        of advertised: [RPCControl.IHave],
        from peer: PeerID,
        now: Int64
    ) -> [GossipMessageID] {
        guard let state = self.peers[peer], !advertised.isEmpty,
            state.reaches(self.parameters.scoring.gossipThreshold)
        else { return [] }
        var budget = state.budget
        var wanted: [GossipMessageID] = []
        for ihave in advertised {
            budget.ihaveEntries += 1
            guard budget.ihaveEntries <= self.parameters.ihaveEntriesMax else { break }
            guard self.topics[ihave.topic] != nil else { continue }
            let room = max(0, self.parameters.ihaveIDsMax - budget.ihaveIDs)
            let ids = ihave.ids.prefix(room)
            budget.ihaveIDs += ids.count
            for id in ids where self.isWanted(id) && self.isAffordable(id, &budget) {
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
            && self.promises.askedCount < self.parameters.askedIDsMax && self.pending.hasRoom
    }

    /// Few ids are asked of one peer, and fewer still of ids in a foreign form, for which no promise is
    /// tracked.
    private func isAffordable(_ id: GossipMessageID, _ budget: inout HeartbeatBudget) -> Bool {
        budget.askedIDs += 1
        guard budget.askedIDs <= self.parameters.askedPerPeerMax else { return false }
        guard !id.isDefaultForm else { return true }
        budget.foreignIDs += 1
        return budget.foreignIDs <= self.parameters.foreignIDsMax
    }

    private mutating func expectOne(of wanted: [GossipMessageID], from peer: PeerID, now: Int64) {
        guard !wanted.isEmpty else { return }
        let id = wanted[self.random.index(below: wanted.count)]
        guard id.isDefaultForm else { return }
        let deadline = now.advanced(byMilliseconds: self.parameters.promiseLifetime)
        self.promises.expect(id, from: peer, deadline: deadline)
    }

    // MARK: IWANT

    /// Sends what is still there, within the limits of one heartbeat.
    mutating func serve(_ ids: [GossipMessageID], to peer: PeerID) -> [GossipSubAction] {
        guard let state = self.peers[peer], !ids.isEmpty,
            state.reaches(self.parameters.scoring.gossipThreshold)
        else { return [] }
        var budget = state.budget
        var actions: [GossipSubAction] = []
        let limit = self.parameters.retransmissionsMax
        for id in ids where budget.iwantBytes < self.parameters.iwantBytesMax {
            budget.iwantIDs += 1
            guard budget.iwantIDs <= self.parameters.iwantIDsMax else { break }
            // From one place only: a peer that used up its share of the cache must not get more from
            // the own publications.
            let frame =
                self.cache.holds(id)
                ? self.cache.frame(of: id, for: peer, limit: limit)
                : self.own.frame(of: id, for: peer, limit: limit)
            guard let frame else { continue }
            budget.iwantBytes += frame.count
            actions += self.send(frame, to: [peer])
        }
        self.peers[peer]?.budget = budget
        return actions
    }

    // MARK: IDONTWANT

    /// Source: gossipsub v1.2 spec, IDONTWANT Message; a peer of an older version means nothing.
    mutating func take(idontwant ids: [GossipMessageID], from peer: PeerID) {
        guard !ids.isEmpty, self.peers[peer]?.speaks == .gossipSub12 else { return }
        let limit = self.parameters.idontwantIDsMax
        for id in ids { self.peers[peer]?.unwanted.insert(id, limit: limit) }
    }

    /// Tells the mesh that a large message is here, so that nobody sends it a second time.
    ///
    /// Call it for messages whose signature holds and no others: a forger who made the mesh hold
    /// back the true message under the same id would have silenced its publisher.
    func announceArrival(
        of id: GossipMessageID,
        _ message: PubsubMessage,
        from relay: PeerID
    ) -> [GossipSubAction] {
        guard let mesh = self.topics[message.topic]?.mesh else { return [] }
        let receivers = mesh.filter {
            $0 != relay && $0.bytes != message.from && self.peers[$0]?.speaks == .gossipSub12
        }
        guard !receivers.isEmpty else { return [] }
        let control = RPCControl(idontwant: [id])
        let frames = RPCEncoder.frames(of: RPC(control: control))
        return receivers.flatMap { peer in frames.map { .send(peer, $0) } }
    }
}
