public import Primitives

/// REPLICATE_REQUEST: an uploader looks for providers (R-06-016).
public struct ReplicateRequest: WirePayload, Codable {
    package static var messageType: MessageType { .replicateRequest }

    /// The artefact, at most 100 MB.
    public let content: ContentDescription
    /// Copies wanted, 1 to 5.
    public let copyCount: Int64
    /// What the uploader declares to be able to pay (D-73).
    public let reputationStake: FixedPoint

    /// Puts one together.
    public init(content: ContentDescription, copyCount: Int64, reputationStake: FixedPoint) {
        self.content = content
        self.copyCount = copyCount
        self.reputationStake = reputationStake
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.content = try ContentDescription(
            reading: payload,
            sizeMax: WireLimits.replicatedContentBytesMax
        )
        self.copyCount = try payload.integer("copy_count", WireLimits.copyCount)
        self.reputationStake = try payload.fraction("reputation_stake")
    }

    package func write(to payload: inout PayloadWriter) {
        self.content.write(to: &payload)
        payload.set("copy_count", self.copyCount)
        payload.set("reputation_stake", self.reputationStake)
    }
}

/// REPLICATE_ACCEPT: a provider offers room (R-06-021).
public struct ReplicateAccept: WirePayload {
    package static var messageType: MessageType { .replicateAccept }

    /// The artefact.
    public let contentHash: ContentHash
    /// Free bytes.
    public let capacityAvailable: Int64

    /// Puts one together.
    public init(contentHash: ContentHash, capacityAvailable: Int64) {
        self.contentHash = contentHash
        self.capacityAvailable = capacityAvailable
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.capacityAvailable = try payload.integer("capacity_available")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("capacity_available", self.capacityAvailable)
    }
}

/// COPY_ASSIGNMENT: the uploader chooses providers (R-06-025).
public struct CopyAssignment: WirePayload {
    package static var messageType: MessageType { .copyAssignment }

    /// The artefact.
    public let contentHash: ContentHash
    /// The chosen ones.
    public let providers: [NodeID]

    /// Puts one together.
    public init(contentHash: ContentHash, providers: [NodeID]) {
        self.contentHash = contentHash
        self.providers = providers
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.providers = try payload.ids("providers")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("providers", self.providers)
    }
}

/// COPY_RECEIVED: a provider holds its copy (R-06-026).
public struct CopyReceived: WirePayload {
    package static var messageType: MessageType { .copyReceived }

    /// The artefact.
    public let contentHash: ContentHash

    /// Puts one together.
    public init(contentHash: ContentHash) {
        self.contentHash = contentHash
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
    }
}

/// STORAGE_CHALLENGE: prove that you hold this window of the artefact (R-06-105).
public struct StorageChallenge: WirePayload {
    package static var messageType: MessageType { .storageChallenge }

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

    /// Puts one together.
    public init(
        contentHash: ContentHash,
        offset: Int64,
        direction: Direction,
        windowSize: Int64,
        challengeNonce: Bytes32
    ) {
        self.contentHash = contentHash
        self.offset = offset
        self.direction = direction
        self.windowSize = windowSize
        self.challengeNonce = challengeNonce
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.offset = try payload.integer("offset")
        self.direction = try payload.choice("direction")
        self.windowSize =
            try payload.optionalInteger("window_size", WireLimits.challengeWindowBytes)
            ?? WireLimits.challengeWindowUsual
        self.challengeNonce = try payload.bytes32("challenge_nonce")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("offset", self.offset)
        payload.set("direction", self.direction)
        payload.set("window_size", self.windowSize)
        payload.set("challenge_nonce", self.challengeNonce)
    }
}

/// STORAGE_PROOF: SHA-256 over the nonce and the window (R-06-107).
public struct StorageProof: WirePayload {
    package static var messageType: MessageType { .storageProof }

    /// The hash.
    public let proofHash: Bytes32

    /// Puts one together.
    public init(proofHash: Bytes32) {
        self.proofHash = proofHash
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.proofHash = try payload.bytes32("proof_hash")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("proof_hash", self.proofHash)
    }
}

/// CHALLENGE_RESULT: how a challenge ended (R-06-111).
public struct ChallengeResult: WirePayload {
    package static var messageType: MessageType { .challengeResult }

    /// The outcome.
    public enum Outcome: String, Sendable, CaseIterable, Codable {
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

    /// Puts one together.
    public init(
        challengeID: MessageID,
        contentHash: ContentHash,
        challengedNode: NodeID,
        result: Outcome
    ) {
        self.challengeID = challengeID
        self.contentHash = contentHash
        self.challengedNode = challengedNode
        self.result = result
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.challengeID = try payload.id("challenge_id")
        self.contentHash = try payload.id("content_hash")
        self.challengedNode = try payload.id("challenged_node")
        self.result = try payload.choice("result")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("challenge_id", self.challengeID)
        payload.set("content_hash", self.contentHash)
        payload.set("challenged_node", self.challengedNode)
        payload.set("result", self.result)
    }
}

/// COPY_QUERY asks whether a peer holds an artefact (R-06-116).
public struct CopyQuery: WirePayload {
    package static var messageType: MessageType { .copyQuery }

    /// The artefact.
    public let contentHash: ContentHash

    /// Puts one together.
    public init(contentHash: ContentHash) {
        self.contentHash = contentHash
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
    }
}

/// COPY_QUERY_RESPONSE (R-06-117).
public struct CopyQueryResponse: WirePayload {
    package static var messageType: MessageType { .copyQueryResponse }

    /// Whether the whole artefact is held.
    public let hasCopy: Bool

    /// Puts one together.
    public init(hasCopy: Bool) {
        self.hasCopy = hasCopy
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.hasCopy = try payload.bool("has_copy")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("has_copy", self.hasCopy)
    }
}

/// RENT_PAYMENT: an uploader pays a cycle's rent (R-06-076).
public struct RentPayment: WirePayload {
    package static var messageType: MessageType { .rentPayment }

    /// One provider's part.
    public struct Share: PayloadObject {
        /// The provider.
        public let nodeID: NodeID
        /// Its part.
        public let amount: FixedPoint

        /// Puts one together.
        public init(nodeID: NodeID, amount: FixedPoint) {
            self.nodeID = nodeID
            self.amount = amount
        }

        package func write(to share: inout PayloadWriter) {
            share.set("node_id", self.nodeID)
            share.set("amount", self.amount)
        }
    }

    /// The artefact.
    public let contentHash: ContentHash
    /// Number of the billing cycle.
    public let billingCycle: Int64
    /// The whole rent.
    public let amount: FixedPoint
    /// Its parts.
    public let providers: [Share]

    /// Puts one together.
    public init(
        contentHash: ContentHash,
        billingCycle: Int64,
        amount: FixedPoint,
        providers: [Share]
    ) {
        self.contentHash = contentHash
        self.billingCycle = billingCycle
        self.amount = amount
        self.providers = providers
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.billingCycle = try payload.integer("billing_cycle")
        self.amount = try payload.fraction("amount")
        self.providers = try payload.objects("providers").map { share throws(SchemaError) in
            Share(nodeID: try share.id("node_id"), amount: try share.fraction("amount"))
        }
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("billing_cycle", self.billingCycle)
        payload.set("amount", self.amount)
        payload.set("providers", self.providers)
    }
}

/// RENT_TRANSFER: a provider hands its copy on (R-06-088).
public struct RentTransfer: WirePayload {
    package static var messageType: MessageType { .rentTransfer }

    /// The artefact.
    public let contentHash: ContentHash
    /// Who takes over.
    public let receivingProvider: NodeID
    /// What announcing it costs; nobody gets it (D-65).
    public let transferFee: FixedPoint

    /// Puts one together.
    public init(contentHash: ContentHash, receivingProvider: NodeID, transferFee: FixedPoint) {
        self.contentHash = contentHash
        self.receivingProvider = receivingProvider
        self.transferFee = transferFee
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.receivingProvider = try payload.id("receiving_provider")
        self.transferFee = try payload.fraction("transfer_fee")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("receiving_provider", self.receivingProvider)
        payload.set("transfer_fee", self.transferFee)
    }
}

/// RENT_TRANSFER_ACK: the receiver holds the copy (R-06-089).
public struct RentTransferAck: WirePayload {
    package static var messageType: MessageType { .rentTransferAck }

    /// The artefact.
    public let contentHash: ContentHash
    /// Who handed it on.
    public let originalProvider: NodeID
    /// The RENT_TRANSFER message.
    public let transferID: MessageID

    /// Puts one together.
    public init(contentHash: ContentHash, originalProvider: NodeID, transferID: MessageID) {
        self.contentHash = contentHash
        self.originalProvider = originalProvider
        self.transferID = transferID
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.contentHash = try payload.id("content_hash")
        self.originalProvider = try payload.id("original_provider")
        self.transferID = try payload.id("transfer_id")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("content_hash", self.contentHash)
        payload.set("original_provider", self.originalProvider)
        payload.set("transfer_id", self.transferID)
    }
}
