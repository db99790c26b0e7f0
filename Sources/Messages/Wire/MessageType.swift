/// The gossip topics (R-03-012).
public enum Topic: String, Sendable, CaseIterable, Codable {
    /// Requests, proposals, adoptions, comments and the storage market.
    case proposals = "/valence/proposals"
    /// Votes.
    case votes = "/valence/votes"
    /// Announcements, identities, assessments, shares and flags.
    case peers = "/valence/peers"
}

/// The stream protocols (R-03-002, R-03-003, R-03-004).
public enum StreamProtocol: String, Sendable, CaseIterable, Codable {
    /// The handshake.
    case auth = "/valence/auth/1.0.0"
    /// Pull synchronisation, peer lists, storage challenges.
    case sync = "/valence/sync/1.0.0"
    /// Content in pieces.
    case content = "/valence/content/1.0.0"
}

/// The way in which messages of a type travel.
public enum MessageChannel: Sendable, Equatable {
    /// Broadcast on a topic.
    case gossip(Topic)
    /// One request and one answer on a stream of its own (D-18).
    case stream(StreamProtocol)
}

/// Every message type of the protocol (§2 Message Type Inventory).
public enum MessageType: String, Sendable, CaseIterable, Codable {
    case authChallenge = "AUTH_CHALLENGE"
    case authResponse = "AUTH_RESPONSE"
    case peerAnnounce = "PEER_ANNOUNCE"
    case peerListRequest = "PEER_LIST_REQUEST"
    case peerListResponse = "PEER_LIST_RESPONSE"
    case syncRequest = "SYNC_REQUEST"
    case syncResponse = "SYNC_RESPONSE"
    case request = "REQUEST"
    case propose = "PROPOSE"
    case withdraw = "WITHDRAW"
    case adopt = "ADOPT"
    case vote = "VOTE"
    case reputationGossip = "REPUTATION_GOSSIP"
    case storageChallenge = "STORAGE_CHALLENGE"
    case storageProof = "STORAGE_PROOF"
    case copyQuery = "COPY_QUERY"
    case copyQueryResponse = "COPY_QUERY_RESPONSE"
    case keyRotate = "KEY_ROTATE"
    case keyConflict = "KEY_CONFLICT"
    case didLink = "DID_LINK"
    case didRevoke = "DID_REVOKE"
    case challengeResult = "CHALLENGE_RESULT"
    case share = "SHARE"
    case replicateRequest = "REPLICATE_REQUEST"
    case replicateAccept = "REPLICATE_ACCEPT"
    case copyAssignment = "COPY_ASSIGNMENT"
    case copyReceived = "COPY_RECEIVED"
    case contentRequest = "CONTENT_REQUEST"
    case contentResponse = "CONTENT_RESPONSE"
    case flag = "FLAG"
    case comment = "COMMENT"
    case rentPayment = "RENT_PAYMENT"
    case rentTransfer = "RENT_TRANSFER"
    case rentTransferAck = "RENT_TRANSFER_ACK"
    case contentWithdraw = "CONTENT_WITHDRAW"
    case stateSnapshot = "STATE_SNAPSHOT"

    /// The way in which messages of this type travel (R-02-028).
    public var channel: MessageChannel {
        switch self {
        case .authChallenge, .authResponse: .stream(.auth)
        case .peerListRequest, .peerListResponse, .syncRequest, .syncResponse, .storageChallenge,
            .storageProof, .copyQuery, .copyQueryResponse, .stateSnapshot:
            .stream(.sync)
        case .contentRequest, .contentResponse: .stream(.content)
        case .vote: .gossip(.votes)
        case .peerAnnounce, .reputationGossip, .keyRotate, .keyConflict, .didLink, .didRevoke,
            .share, .flag:
            .gossip(.peers)
        case .request, .propose, .withdraw, .adopt, .comment, .challengeResult, .replicateRequest,
            .replicateAccept, .copyAssignment, .copyReceived, .rentPayment, .rentTransfer,
            .rentTransferAck, .contentWithdraw:
            .gossip(.proposals)
        }
    }

    /// The reconciliation phase that fetches the type, 1 to 5; nil for what no phase fetches (D-28).
    public var syncPhase: Int? {
        switch self {
        case .didLink, .didRevoke, .keyRotate, .keyConflict: 1
        case .reputationGossip: 2
        case .request, .propose, .withdraw, .vote, .comment, .adopt: 3
        case .share, .flag, .contentWithdraw, .rentPayment: 4
        case .replicateRequest, .replicateAccept, .copyAssignment, .copyReceived, .challengeResult,
            .rentTransfer, .rentTransferAck:
            5
        case .authChallenge, .authResponse, .peerAnnounce, .peerListRequest, .peerListResponse,
            .syncRequest, .syncResponse, .storageChallenge, .storageProof, .copyQuery,
            .copyQueryResponse, .contentRequest, .contentResponse, .stateSnapshot:
            nil
        }
    }

    /// Whether a nearly full log still takes such a message from any sender: without them, revoked keys
    /// would go on counting, and votes would be lost.
    public var usesReserve: Bool {
        switch self {
        case .didLink, .didRevoke, .keyRotate, .keyConflict, .propose, .withdraw, .vote, .adopt:
            true
        default: false
        }
    }

    /// Whether originals may be relayed again long after they were signed (D-15).
    public var isIdentityType: Bool {
        switch self {
        case .didLink, .didRevoke, .keyRotate, .keyConflict: true
        default: false
        }
    }
}
