import Kernel
import Messages

/// The last hop of admission: every type has exactly one owner (design §3).
struct Judges: Sendable {
    private let consensus: Emitter<JudgeConsensusMessage>
    private let storage: Emitter<JudgeStorageMessage>
    private let peers: Emitter<JudgePeerMessage>
    private let identity: Emitter<JudgeIdentityMessage>
    private let sync: Emitter<JudgeSyncMessage>
    private let unknown: Emitter<JudgeUnknownMessage>

    init(_ boot: borrowing Boot) {
        self.consensus = boot.emits(JudgeConsensusMessage.self)
        self.storage = boot.emits(JudgeStorageMessage.self)
        self.peers = boot.emits(JudgePeerMessage.self)
        self.identity = boot.emits(JudgeIdentityMessage.self)
        self.sync = boot.emits(JudgeSyncMessage.self)
        self.unknown = boot.emits(JudgeUnknownMessage.self)
    }

    /// Hands a message to the owner of its type.
    func hand(over admitted: AdmittedMessage, _ outbox: inout Outbox) {
        switch admitted.message.type {
        case .request, .propose, .withdraw, .vote, .adopt, .comment:
            outbox.send(self.consensus, JudgeConsensusMessage(admitted: admitted))
        case .share, .replicateRequest, .replicateAccept, .copyAssignment, .copyReceived,
            .copyQuery, .copyQueryResponse, .contentRequest, .contentResponse, .contentWithdraw,
            .rentPayment, .rentTransfer, .rentTransferAck, .storageChallenge, .storageProof,
            .challengeResult, .flag:
            outbox.send(self.storage, JudgeStorageMessage(admitted: admitted))
        case .peerAnnounce, .peerListRequest, .peerListResponse, .authChallenge, .authResponse:
            outbox.send(self.peers, JudgePeerMessage(admitted: admitted))
        case .keyRotate, .keyConflict, .didLink, .didRevoke:
            outbox.send(self.identity, JudgeIdentityMessage(admitted: admitted))
        case .syncRequest, .syncResponse, .stateSnapshot:
            outbox.send(self.sync, JudgeSyncMessage(admitted: admitted))
        case nil, .reputationGossip:
            outbox.send(self.unknown, JudgeUnknownMessage(admitted: admitted))
        }
    }
}
