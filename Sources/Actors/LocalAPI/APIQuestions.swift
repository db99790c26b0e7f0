import Kernel
import Messages
import Primitives

/// The queries that the local API may put.
struct APIQuestions: Sendable {
    let keys: Emitter<IdentityKeys>
    let phase: Emitter<NetworkPhase>
    let peers: Emitter<PeerTable>
    let requests: Emitter<Requests>
    let proposals: Emitter<Proposals>
    let scores: Emitter<Scores>
    let history: Emitter<ScoreHistory>
    let share: Emitter<ShareContent>
    let fetch: Emitter<FetchContent>
    let gossipStatus: Emitter<GossipStatus>
    let verificationStatus: Emitter<VerificationStatus>
    let identityStatus: Emitter<IdentityStatus>
    let reputationStatus: Emitter<ReputationStatus>
    let consensusStatus: Emitter<ConsensusStatus>
    let storageStatus: Emitter<StorageStatus>
    let syncStatus: Emitter<SyncStatus>
    let persistenceStatus: Emitter<PersistenceStatus>

    init(_ boot: borrowing Boot) {
        self.phase = boot.asks(NetworkPhase.self)
        self.keys = boot.asks(IdentityKeys.self)
        self.peers = boot.asks(PeerTable.self)
        self.requests = boot.asks(Requests.self)
        self.proposals = boot.asks(Proposals.self)
        self.scores = boot.asks(Scores.self)
        self.history = boot.asks(ScoreHistory.self)
        self.share = boot.asks(ShareContent.self)
        self.fetch = boot.asks(FetchContent.self)
        self.gossipStatus = boot.asks(GossipStatus.self)
        self.verificationStatus = boot.asks(VerificationStatus.self)
        self.identityStatus = boot.asks(IdentityStatus.self)
        self.reputationStatus = boot.asks(ReputationStatus.self)
        self.consensusStatus = boot.asks(ConsensusStatus.self)
        self.storageStatus = boot.asks(StorageStatus.self)
        self.syncStatus = boot.asks(SyncStatus.self)
        self.persistenceStatus = boot.asks(PersistenceStatus.self)
    }

    /// Whether each part of a status report can be had, by the name of its subsystem.
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
