public import Primitives

/// REPLICATE_REQUEST: an uploader looks for providers (R-06-016).
public struct ReplicateRequest: WirePayload {
    /// The artefact, at most 100 MB.
    public let content: ContentDescription
    /// Copies wanted, 1 to 5.
    public let copyCount: Int64
    /// What the uploader declares to be able to pay (D-73).
    public let reputationStake: FixedPoint

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.content = try ContentDescription(
            reading: payload,
            sizeMax: WireLimits.replicatedContentBytesMax
        )
        self.copyCount = try payload.integer("copy_count", 1...5)
        self.reputationStake = try payload.fraction("reputation_stake")
    }
}

/// REPLICATE_ACCEPT: a provider offers room (R-06-021).
public struct ReplicateAccept: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash
    /// Free bytes.
    public let capacityAvailable: Int64

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.capacityAvailable = try payload.integer("capacity_available")
    }
}

/// COPY_ASSIGNMENT: the uploader chooses providers (R-06-025).
public struct CopyAssignment: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash
    /// The chosen ones.
    public let providers: [NodeID]

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.providers = try payload.texts("providers").map { text throws(SchemaError) in
            guard let id = NodeID(hex: text) else {
                throw payload.error("providers", "must hold 64 lower-case hex digits each")
            }
            return id
        }
    }
}

/// COPY_RECEIVED: a provider holds its copy (R-06-026).
public struct CopyReceived: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
    }
}

/// STORAGE_CHALLENGE: prove that you hold this window of the artefact (R-06-105).
public struct StorageChallenge: WirePayload {
    /// On which side of the offset the window lies.
    public enum Direction: String, Sendable, CaseIterable {
        case before
        case after
    }

    /// The artefact.
    public let contentHash: ContentHash
    /// Where the window begins or ends.
    public let offset: Int64
    /// On which side it lies.
    public let direction: Direction
    /// Bytes of the window; 4,096 when absent.
    public let windowSize: Int64
    /// Thirty-two fresh bytes.
    public let challengeNonce: Bytes32

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.offset = try payload.integer("offset")
        self.direction = try payload.choice("direction")
        self.windowSize =
            try payload.optionalInteger("window_size", WireLimits.challengeWindowBytes) ?? 4_096
        self.challengeNonce = try payload.bytes32("challenge_nonce")
    }
}

/// STORAGE_PROOF: SHA-256 over the nonce and the window (R-06-107).
public struct StorageProof: WirePayload {
    /// The hash.
    public let proofHash: Bytes32

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proofHash = try payload.bytes32("proof_hash")
    }
}

/// CHALLENGE_RESULT: how a challenge ended (R-06-111).
public struct ChallengeResult: WirePayload {
    /// The outcome.
    public enum Outcome: String, Sendable, CaseIterable {
        case pass
        case fail
    }

    /// The STORAGE_CHALLENGE message.
    public let challengeID: MessageID
    /// The artefact.
    public let contentHash: ContentHash
    /// Who was challenged.
    public let challengedNode: NodeID
    /// The outcome.
    public let result: Outcome

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.challengeID = try payload.id("challenge_id")
        self.contentHash = try payload.id("content_hash")
        self.challengedNode = try payload.id("challenged_node")
        self.result = try payload.choice("result")
    }
}

/// COPY_QUERY asks whether a peer holds an artefact (R-06-116).
public struct CopyQuery: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
    }
}

/// COPY_QUERY_RESPONSE (R-06-117).
public struct CopyQueryResponse: WirePayload {
    /// Whether the whole artefact is held.
    public let hasCopy: Bool

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.hasCopy = try payload.bool("has_copy")
    }
}

/// RENT_PAYMENT: an uploader pays a cycle's rent (R-06-076).
public struct RentPayment: WirePayload {
    /// One provider's part.
    public struct Share: Sendable, Equatable {
        /// The provider.
        public let nodeID: NodeID
        /// Its part.
        public let amount: FixedPoint
    }

    /// The artefact.
    public let contentHash: ContentHash
    /// Number of the billing cycle.
    public let billingCycle: Int64
    /// The whole rent.
    public let amount: FixedPoint
    /// Its parts.
    public let providers: [Share]

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.billingCycle = try payload.integer("billing_cycle")
        self.amount = try payload.fraction("amount")
        self.providers = try payload.objects("providers").map { share throws(SchemaError) in
            Share(nodeID: try share.id("node_id"), amount: try share.fraction("amount"))
        }
    }
}

/// RENT_TRANSFER: a provider hands its copy on (R-06-088).
public struct RentTransfer: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash
    /// Who takes over.
    public let receivingProvider: NodeID
    /// What the receiver gets for it.
    public let transferFee: FixedPoint

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.receivingProvider = try payload.id("receiving_provider")
        self.transferFee = try payload.fraction("transfer_fee")
    }
}

/// RENT_TRANSFER_ACK: the receiver holds the copy (R-06-089).
public struct RentTransferAck: WirePayload {
    /// The artefact.
    public let contentHash: ContentHash
    /// Who handed it on.
    public let originalProvider: NodeID
    /// The RENT_TRANSFER message.
    public let transferID: MessageID

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.originalProvider = try payload.id("original_provider")
        self.transferID = try payload.id("transfer_id")
    }
}
