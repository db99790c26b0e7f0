public import Kernel

extension MessageType {
    /// The subsystem that owns the type and judges its messages (design §3).
    public var judge: SubsystemName {
        switch self {
        case .request, .propose, .withdraw, .vote, .adopt, .comment: .consensus
        case .share, .replicateRequest, .replicateAccept, .copyAssignment, .copyReceived,
            .copyQuery, .copyQueryResponse, .contentRequest, .contentResponse, .contentWithdraw,
            .rentPayment, .rentTransfer, .rentTransferAck, .storageChallenge, .storageProof,
            .challengeResult, .flag:
            .storageMarket
        case .peerAnnounce, .peerListRequest, .peerListResponse, .authChallenge, .authResponse:
            .peers
        case .keyRotate, .keyConflict, .didLink, .didRevoke: .identity
        case .syncRequest, .syncResponse, .stateSnapshot: .sync
        // Reputation accepts what is well formed itself.
        case .reputationGossip: .reputation
        }
    }
}
