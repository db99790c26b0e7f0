import Kernel
import Messages
import Primitives

/// What the local API may ask other subsystems.
struct APIQuestions: Sendable {
    let keys: Asker<IdentityKeys, RequestID>
    let phase: Asker<NetworkPhase, RequestID>
    let peers: Asker<PeerTable, RequestID>
    let requests: Asker<Requests, RequestID>
    let proposals: Asker<Proposals, RequestID>
    let scores: Asker<Scores, RequestID>
    let history: Asker<ScoreHistory, RequestID>
    let share: Asker<ShareContent, RequestID>
    let fetch: Asker<FetchContent, RequestID>
    let gossipStatus: Asker<GossipStatus, RequestID>
    let verificationStatus: Asker<VerificationStatus, RequestID>
    let identityStatus: Asker<IdentityStatus, RequestID>
    let reputationStatus: Asker<ReputationStatus, RequestID>
    let consensusStatus: Asker<ConsensusStatus, RequestID>
    let storageStatus: Asker<StorageStatus, RequestID>
    let syncStatus: Asker<SyncStatus, RequestID>
    let persistenceStatus: Asker<PersistenceStatus, RequestID>

    init(_ boot: borrowing Boot) {
        self.phase = boot.asks(NetworkPhase.self, about: RequestID.self)
        self.keys = boot.asks(IdentityKeys.self, about: RequestID.self)
        self.peers = boot.asks(PeerTable.self, about: RequestID.self)
        self.requests = boot.asks(Requests.self, about: RequestID.self)
        self.proposals = boot.asks(Proposals.self, about: RequestID.self)
        self.scores = boot.asks(Scores.self, about: RequestID.self)
        self.history = boot.asks(ScoreHistory.self, about: RequestID.self)
        self.share = boot.asks(ShareContent.self, about: RequestID.self)
        self.fetch = boot.asks(FetchContent.self, about: RequestID.self)
        self.gossipStatus = boot.asks(GossipStatus.self, about: RequestID.self)
        self.verificationStatus = boot.asks(VerificationStatus.self, about: RequestID.self)
        self.identityStatus = boot.asks(IdentityStatus.self, about: RequestID.self)
        self.reputationStatus = boot.asks(ReputationStatus.self, about: RequestID.self)
        self.consensusStatus = boot.asks(ConsensusStatus.self, about: RequestID.self)
        self.storageStatus = boot.asks(StorageStatus.self, about: RequestID.self)
        self.syncStatus = boot.asks(SyncStatus.self, about: RequestID.self)
        self.persistenceStatus = boot.asks(PersistenceStatus.self, about: RequestID.self)
    }

    /// Whether each part of a status report is available, by the name of its subsystem.
    private var parts: [(name: SubsystemName, isConnected: Bool)] {
        [
            (.gossip, self.gossipStatus.isConnected),
            (.peers, self.peers.isConnected),
            (.verification, self.verificationStatus.isConnected),
            (.identity, self.identityStatus.isConnected),
            (.reputation, self.reputationStatus.isConnected),
            (.consensus, self.consensusStatus.isConnected),
            (.storageMarket, self.storageStatus.isConnected),
            (.sync, self.syncStatus.isConnected),
            (.persistence, self.persistenceStatus.isConnected),
        ]
    }

    /// A report that waits for every subsystem that is plugged in.
    func report(known: [(String, JSONValue)]) -> StatusReport {
        let absent = self.parts.filter { !$0.isConnected }.map(\.name.rawValue)
        return StatusReport(parts: self.parts.count - absent.count, absent: absent, known: known)
    }
}
