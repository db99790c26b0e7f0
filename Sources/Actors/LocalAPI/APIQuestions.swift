import Kernel
import Messages
import Primitives

/// The right to ask other subsystems what the local API may ask them.
struct APIQuestions: Sendable {
    private let keys: Asker<IdentityKeys, RequestID>
    private let phase: Asker<NetworkPhase, RequestID>
    private let peers: Asker<PeerTable, RequestID>
    private let requests: Asker<Requests, RequestID>
    private let proposals: Asker<Proposals, RequestID>
    private let messages: Asker<MessagesByID, RequestID>
    private let refused: Asker<RefusedMessage, RequestID>
    private let scores: Asker<Scores, RequestID>
    private let history: Asker<ScoreHistory, RequestID>
    private let share: Asker<ShareContent, RequestID>
    private let fetch: Asker<FetchContent, RequestID>
    private let find: Asker<FindContent, RequestID>
    private let downloads: Asker<DownloadProgress, RequestID>
    private let replicate: Asker<ReplicateContent, RequestID>
    private let leave: Asker<LeaveContract, RequestID>
    private let offer: Asker<OfferStorage, RequestID>
    private let dealings: Asker<StorageDealings, RequestID>
    private let verify: Asker<VerifyContent, RequestID>
    private let draft: Asker<MessageDraft, RequestID>
    private let draftCheck: Asker<DraftCheck, RequestID>
    private let draftRating: Asker<DraftRating, RequestID>
    private let consensusVerdict: Asker<ConsensusVerdict, RequestID>
    private let storageVerdict: Asker<StorageVerdict, RequestID>
    private let identityVerdict: Asker<IdentityVerdict, RequestID>
    private let inbox: Asker<Inbox, RequestID>
    private let events: Asker<EventPage, RequestID>
    private let gossipStatus: Asker<GossipStatus, RequestID>
    private let verificationStatus: Asker<VerificationStatus, RequestID>
    private let identityStatus: Asker<IdentityStatus, RequestID>
    private let reputationStatus: Asker<ReputationStatus, RequestID>
    private let consensusStatus: Asker<ConsensusStatus, RequestID>
    private let storageStatus: Asker<StorageStatus, RequestID>
    private let syncStatus: Asker<SyncStatus, RequestID>
    private let persistenceStatus: Asker<PersistenceStatus, RequestID>
    /// Nil in a node without plug-ins, which has nobody to ask.
    private let pluginStatus: Asker<PluginStatus, RequestID>?
    private let plugged: [PluggedRead]

    init(_ boot: borrowing Boot, _ extensions: Extensions) {
        self.phase = boot.asks(NetworkPhase.self, about: RequestID.self)
        self.keys = boot.asks(IdentityKeys.self, about: RequestID.self)
        self.peers = boot.asks(PeerTable.self, about: RequestID.self)
        self.requests = boot.asks(Requests.self, about: RequestID.self)
        self.proposals = boot.asks(Proposals.self, about: RequestID.self)
        self.messages = boot.asks(MessagesByID.self, about: RequestID.self)
        self.refused = boot.asks(RefusedMessage.self, about: RequestID.self)
        self.scores = boot.asks(Scores.self, about: RequestID.self)
        self.history = boot.asks(ScoreHistory.self, about: RequestID.self)
        self.share = boot.asks(ShareContent.self, about: RequestID.self)
        self.fetch = boot.asks(FetchContent.self, about: RequestID.self)
        self.find = boot.asks(FindContent.self, about: RequestID.self)
        self.downloads = boot.asks(DownloadProgress.self, about: RequestID.self)
        self.replicate = boot.asks(ReplicateContent.self, about: RequestID.self)
        self.leave = boot.asks(LeaveContract.self, about: RequestID.self)
        self.offer = boot.asks(OfferStorage.self, about: RequestID.self)
        self.dealings = boot.asks(StorageDealings.self, about: RequestID.self)
        self.verify = boot.asks(VerifyContent.self, about: RequestID.self)
        self.draft = boot.asks(MessageDraft.self, about: RequestID.self)
        self.draftCheck = boot.asks(DraftCheck.self, about: RequestID.self)
        self.draftRating = boot.asks(DraftRating.self, about: RequestID.self)
        self.consensusVerdict = boot.asks(ConsensusVerdict.self, about: RequestID.self)
        self.storageVerdict = boot.asks(StorageVerdict.self, about: RequestID.self)
        self.identityVerdict = boot.asks(IdentityVerdict.self, about: RequestID.self)
        self.inbox = boot.asks(Inbox.self, about: RequestID.self)
        self.events = boot.asks(EventPage.self, about: RequestID.self)
        self.gossipStatus = boot.asks(GossipStatus.self, about: RequestID.self)
        self.verificationStatus = boot.asks(VerificationStatus.self, about: RequestID.self)
        self.identityStatus = boot.asks(IdentityStatus.self, about: RequestID.self)
        self.reputationStatus = boot.asks(ReputationStatus.self, about: RequestID.self)
        self.consensusStatus = boot.asks(ConsensusStatus.self, about: RequestID.self)
        self.storageStatus = boot.asks(StorageStatus.self, about: RequestID.self)
        self.syncStatus = boot.asks(SyncStatus.self, about: RequestID.self)
        self.persistenceStatus = boot.asks(PersistenceStatus.self, about: RequestID.self)
        self.pluginStatus =
            extensions.children.isEmpty
            ? nil : boot.asks(PluginStatus.self, about: RequestID.self)
        self.plugged = PluggedRead.all(extensions, boot)
    }

    /// The places of plugged-in subsystems' questions.
    var places: [PluggedPlace] { self.plugged.map(\.place) }

    /// The subsystems that are plugged in; known after the boot.
    var present: Set<SubsystemName> {
        let own: [(name: SubsystemName, isConnected: Bool)] = [
            (.gossip, self.gossipStatus.isConnected),
            (.peers, self.peers.isConnected),
            (.verification, self.verificationStatus.isConnected),
            (.identity, self.identityStatus.isConnected),
            (.reputation, self.reputationStatus.isConnected),
            (.consensus, self.consensusStatus.isConnected),
            (.storageMarket, self.storageStatus.isConnected),
            (.sync, self.syncStatus.isConnected),
            (.persistence, self.persistenceStatus.isConnected),
            (.events, self.events.isConnected),
            (.pluginHost, self.pluginStatus?.isConnected == true),
        ]
        let others = self.plugged.map { (name: $0.answerer, isConnected: $0.isConnected()) }
        return Set((own + others).filter(\.isConnected).map(\.name))
    }

    /// Puts a question on behalf of a request.
    func put(_ question: APIQuestion, for id: RequestID, _ outbox: inout Outbox) {
        switch question {
        case .keys(let query): Self.put(query, self.keys, id, &outbox)
        case .phase: Self.put(NetworkPhase(), self.phase, id, &outbox)
        case .peers: Self.put(PeerTable(), self.peers, id, &outbox)
        case .requests(let query): Self.put(query, self.requests, id, &outbox)
        case .proposals(let query): Self.put(query, self.proposals, id, &outbox)
        case .messages(let query): Self.put(query, self.messages, id, &outbox)
        case .refused(let query): Self.put(query, self.refused, id, &outbox)
        case .scores: Self.put(Scores(), self.scores, id, &outbox)
        case .history(let query): Self.put(query, self.history, id, &outbox)
        case .share(let procedure): Self.put(procedure, self.share, id, &outbox)
        case .fetch(let procedure): Self.put(procedure, self.fetch, id, &outbox)
        case .find(let query): Self.put(query, self.find, id, &outbox)
        case .downloads: Self.put(DownloadProgress(), self.downloads, id, &outbox)
        case .replicate(let procedure): Self.put(procedure, self.replicate, id, &outbox)
        case .leave(let procedure): Self.put(procedure, self.leave, id, &outbox)
        case .offer(let procedure): Self.put(procedure, self.offer, id, &outbox)
        case .dealings: Self.put(StorageDealings(), self.dealings, id, &outbox)
        case .verify(let procedure): Self.put(procedure, self.verify, id, &outbox)
        case .draft(let query): Self.put(query, self.draft, id, &outbox)
        case .draftCheck(let query): Self.put(query, self.draftCheck, id, &outbox)
        case .draftRating(let query): Self.put(query, self.draftRating, id, &outbox)
        case .consensusVerdict(let query): Self.put(query, self.consensusVerdict, id, &outbox)
        case .storageVerdict(let query): Self.put(query, self.storageVerdict, id, &outbox)
        case .identityVerdict(let query): Self.put(query, self.identityVerdict, id, &outbox)
        case .inbox(let query): Self.put(query, self.inbox, id, &outbox)
        case .events(let query): Self.put(query, self.events, id, &outbox)
        case .status(let part, let isBrief):
            self.put(part, isBrief: isBrief, for: id, &outbox)
        case .plugged(let question): question.put(id, &outbox)
        }
    }

    private func put(
        _ part: StatusQuestion,
        isBrief: Bool,
        for id: RequestID,
        _ outbox: inout Outbox
    ) {
        switch part {
        case .gossip: Self.put(GossipStatus(), self.gossipStatus, id, &outbox)
        case .peers: Self.put(PeerTable(), self.peers, id, &outbox)
        case .verification: Self.put(VerificationStatus(), self.verificationStatus, id, &outbox)
        case .identity:
            Self.put(IdentityStatus(isBrief: isBrief), self.identityStatus, id, &outbox)
        case .reputation:
            Self.put(ReputationStatus(isBrief: isBrief), self.reputationStatus, id, &outbox)
        case .consensus:
            Self.put(ConsensusStatus(isBrief: isBrief), self.consensusStatus, id, &outbox)
        case .storage:
            Self.put(StorageStatus(isBrief: isBrief), self.storageStatus, id, &outbox)
        case .sync: Self.put(SyncStatus(), self.syncStatus, id, &outbox)
        case .log: Self.put(PersistenceStatus(), self.persistenceStatus, id, &outbox)
        case .plugins:
            if let asker = self.pluginStatus { Self.put(PluginStatus(), asker, id, &outbox) }
        }
    }

    /// Puts any question; whoever does not answer in time answers nothing.
    static func put<Q: RoundTrip>(
        _ question: Q,
        _ asker: Asker<Q, RequestID>,
        _ id: RequestID,
        _ outbox: inout Outbox
    ) {
        let patience = Duration.milliseconds(APILimits.requestMilliseconds)
        outbox.ask(asker, question, context: id, deadline: patience)
    }
}
