import Cryptography
import Messages
import OrderedCollections
import Primitives

// PEER_ANNOUNCE and the peer lists of §4.
extension PeersStateMachine {
    /// Judges and applies PEER_ANNOUNCE, PEER_LIST_REQUEST and PEER_LIST_RESPONSE.
    mutating func judge(_ admitted: AdmittedMessage, now: Timestamp) -> [PeersAction] {
        defer { self.peers[admitted.message.from]?.identity = admitted.sender.identity }
        switch (admitted.message.payload, admitted.origin) {
        case (.peerAnnounce(let announcement), _):
            if let refusal = self.refusal(of: announcement, by: admitted.message.from) {
                return [.refuse(refusal)]
            }
            let isLogged = self.apply(announcement, of: admitted, now: now)
            return [.accept(isLogged: isLogged)]
        case (.peerListRequest(let request), .exchange(let exchange)):
            return [.answerList(exchange, self.list(answering: request))]
        case (.peerListResponse(let response), .answer):
            self.learn(response, now: now)
            return []
        default:
            return [.refuse(Refusal(.rule, "\(admitted.message.typeName) is not expected here"))]
        }
    }

    /// Takes an announcement into the table.
    ///
    /// - Returns: whether it says something that the log does not hold yet; the own ones never do.
    @discardableResult
    mutating func apply(
        _ announcement: PeerAnnounce,
        of admitted: AdmittedMessage,
        now: Timestamp
    ) -> Bool {
        let node = admitted.message.from
        guard node != self.configuration.ownNode else { return false }
        if self.peers[node] == nil { self.makeRoom() }
        var record = self.record(of: node, now: now)
        if let last = record.lastAnnounced, last > admitted.message.timestamp { return false }
        record.lastHeard = max(record.lastHeard, admitted.receivedAt)
        record.lastAnnounced = admitted.message.timestamp
        record.syncStatus = announcement.syncStatus?.rawValue
        record.rise(to: .unproven)
        record.learn(capabilities: announcement.capabilities)
        let addresses = self.usable(announcement.addresses, of: node)
        // Otherwise somebody on the local network could put any peer at the end of the dial order by
        // naming it.
        if addresses.contains(where: AddressText.isElsewhere) { record.isLocalFind = false }
        for address in addresses.reversed() { record.learn(address) }
        let mark = AnnouncementMark(announcement, at: admitted.message.timestamp)
        let isNews = record.logged != mark
        record.logged = mark
        self.peers[node] = record
        return isNews
    }

    /// The own announcement, when the interval is over or there is news.
    mutating func announceIfDue(now: Timestamp) -> [PeersAction] {
        guard let proof = self.ownProof, !self.listenAddresses.isEmpty,
            self.peers.has({ $0.isHeard })
        else { return [] }
        if let last = self.announcedAt {
            let silence = now.milliseconds(since: last)
            if silence < self.configuration.pace.announceMilliseconds {
                guard self.maySpeakOfNews(after: silence, now: now) else { return [] }
                self.newsAllowance.spend(now: now)
            }
        }
        self.announcedAt = now
        self.wantsAnnouncement = false
        return [.announce(self.announcement(proof: proof, now: now))]
    }

    /// Whether there is news that may be told before the interval is over.
    private func maySpeakOfNews(after silence: Int64, now: Timestamp) -> Bool {
        self.wantsAnnouncement && silence >= PeersLimits.announceOnNewsMilliseconds
            && self.newsAllowance.hasRoom(now: now)
    }

    private func announcement(proof: VDFProof, now: Timestamp) -> PeerAnnounce {
        PeerAnnounce(
            addresses: self.listenAddresses,
            capabilities: self.configuration.capabilities,
            version: 0,
            uptimeSeconds: max(0, now.milliseconds(since: self.startedAt)) / 1_000,
            vdfProof: proof,
            syncStatus: self.syncState,
            governanceSince: self.governanceSince,
            genesisHash: self.configuration.network?.hash
        )
    }

    // MARK: Lists

    /// The request sent to every newly authenticated peer.
    var listRequest: PeerListRequest { PeerListRequest(limit: Int64(PeersLimits.listLimit)) }

    private func list(answering request: PeerListRequest) -> PeerListResponse {
        let limit = min(max(Int(clamping: request.limit), 1), PeersLimits.listEntriesMax)
        let known = self.peers
            .filter { $0.key > request.after ?? .lowest }
            .mapValues(\.addressesToTell).filter { !$0.value.isEmpty }
            .sorted { $0.key < $1.key }
        let entries = known.prefix(limit).map { node, addresses in
            PeerListResponse.Peer(nodeID: node, addresses: addresses)
        }
        return PeerListResponse(peers: entries, hasMore: known.count > limit)
    }
}

extension NodeID {
    /// Smaller than every real key: the cursor at the start of the list.
    fileprivate static let lowest = NodeID(Bytes32.zero)
}
