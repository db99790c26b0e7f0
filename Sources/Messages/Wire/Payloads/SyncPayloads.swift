public import Primitives

/// SYNC_REQUEST: messages behind a cursor, or a question about one of the trees (R-05-003, D-22).
public struct SyncRequest: WirePayload, Equatable {
    /// Which tree a narrowing request walks (D-21).
    public enum Tree: String, Sendable, CaseIterable {
        case identity
        case proposal
    }

    /// Messages stamped later than this; 0 when absent.
    public let sinceTimestamp: Timestamp
    /// Messages of that very millisecond with a larger id; nil excludes the millisecond.
    public let sinceID: MessageID?
    /// Names of the wanted types; empty means all.
    public let types: [String]
    /// Most messages wanted, clamped to 1...1,000.
    public let limit: Int
    /// Messages wanted by id (D-88); empty asks by cursor.
    public let ids: [MessageID]
    /// A key whose identity messages are wanted (D-89).
    public let identityKey: NodeID?
    /// The tree to narrow; nil for an ordinary request.
    public let merkleTree: Tree?
    /// Levels below the path.
    public let depth: Int64?
    /// 0 is left, 1 is right, from the root.
    public let subtreePath: [Int64]?
    /// What the asking node holds, to be compared; nil for an ordinary request.
    public let comparison: SyncComparison?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.sinceTimestamp =
            try payload.optionalTimestamp("since_timestamp") ?? Timestamp(milliseconds: 0)
        self.sinceID = try payload.optionalID("since_id")
        self.types = try payload.optionalTexts("types") ?? []
        let page = WireLimits.syncPage
        let limit = try payload.optionalInteger("limit", Int64.min...Int64.max)
        self.limit = Int(min(max(limit ?? page.upperBound, page.lowerBound), page.upperBound))
        self.ids = try Self.ids(payload)
        self.identityKey = try payload.optionalID("identity_key")
        self.merkleTree =
            payload.view["merkle_tree"].map(\.isNull) ?? true
            ? nil : try payload.choice("merkle_tree")
        self.depth = try payload.optionalInteger("depth", 0...64)
        self.subtreePath = try Self.path(payload)
        self.comparison = try SyncComparison(reading: payload)
    }

    private static func ids(_ payload: PayloadReader) throws(SchemaError) -> [MessageID] {
        let texts = try payload.optionalTexts("ids") ?? []
        return try texts.prefix(Int(WireLimits.syncPage.upperBound)).map {
            text throws(SchemaError) in
            guard let id = MessageID(hex: text) else {
                throw payload.error("ids", "must hold 64 lower-case hex digits each")
            }
            return id
        }
    }

    private static func path(_ payload: PayloadReader) throws(SchemaError) -> [Int64]? {
        try payload.optionalList("subtree_path")?.map { step throws(SchemaError) in
            guard let side = step.integer, side == 0 || side == 1 else {
                throw payload.error("subtree_path", "must hold 0 and 1 only")
            }
            return side
        }
    }
}

/// SYNC_RESPONSE: a page of messages, or nodes of a tree (R-05-004, D-21, D-22).
public struct SyncResponse: WirePayload {
    /// A node of a Merkle tree.
    public struct MerkleNode: Sendable, Equatable {
        /// 0 is left, 1 is right, from the root.
        public let path: [Int64]
        /// Its hash.
        public let hash: Bytes32
        /// The message of a leaf.
        public let messageID: MessageID?
    }

    /// A peer's present opinion of an identity.
    public struct CurrentReputation: Sendable, Equatable {
        /// The root key.
        public let nodeID: NodeID
        /// The score.
        public let reputation: FixedPoint
        /// Of the newest assessment behind it.
        public let lastAssessment: Timestamp
    }

    /// Envelopes in RFC 8785 form; each is admitted on its own.
    public let messages: [[UInt8]]
    /// Whether the cursor leads to more.
    public let hasMore: Bool
    /// The cursor behind the page; nil for an empty page.
    public let nextTimestamp: Timestamp?
    /// The cursor behind the page.
    public let nextID: MessageID?
    /// Root of the proposal tree.
    public let checkpoint: Bytes32?
    /// Root of the identity tree; nil from peers that do not send it.
    public let identityCheckpoint: Bytes32?
    /// The nodes that were asked for.
    public let merkleNodes: [MerkleNode]
    /// Scores, when they were asked for.
    public let reputationCurrent: [CurrentReputation]
    /// Where the logs differ; nil when nothing was compared.
    public let differing: [SyncDifference]?
    /// Why the page is empty, such as `rate_limited`.
    public let error: String?
    /// How long to wait before the next request.
    public let retryAfterMilliseconds: Int64?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.messages = try payload.list("messages").map { $0.canonicalBytes() }
        self.hasMore = try payload.bool("has_more")
        self.nextTimestamp = try payload.optionalTimestamp("next_timestamp")
        self.nextID = try payload.optionalID("next_id")
        self.checkpoint = try payload.optionalBytes32("checkpoint")
        self.identityCheckpoint = try payload.optionalBytes32("identity_checkpoint")
        self.merkleNodes =
            payload.view["merkle_nodes"].map(\.isNull) ?? true
            ? []
            : try payload.objects("merkle_nodes").map { node throws(SchemaError) in
                MerkleNode(
                    path: (try node.optionalList("path") ?? []).compactMap(\.integer),
                    hash: try node.bytes32("hash"),
                    messageID: try node.optionalID("message_id")
                )
            }
        self.reputationCurrent =
            payload.view["reputation_current"].map(\.isNull) ?? true
            ? []
            : try payload.objects("reputation_current").map { entry throws(SchemaError) in
                CurrentReputation(
                    nodeID: try entry.id("node_id"),
                    reputation: try entry.fraction("reputation"),
                    lastAssessment: try entry.timestamp("last_assessment_timestamp")
                )
            }
        self.differing =
            payload.view["differing"].map(\.isNull) ?? true
            ? nil
            : try payload.objects("differing", processed: WireLimits.differencesMax).map {
                entry throws(SchemaError) in
                try SyncDifference(reading: entry)
            }
        self.error = try payload.optionalText("error")
        self.retryAfterMilliseconds = try payload.optionalInteger("retry_after_ms")
    }
}

/// STATE_SNAPSHOT: what a trusted node's state looks like as a whole (R-05-049).
public struct StateSnapshot: WirePayload {
    /// Root of the identity tree.
    public let identityMerkleRoot: Bytes32
    /// Root of the proposal tree.
    public let proposalMerkleRoot: Bytes32
    /// Hash over all scores (D-82).
    public let reputationSummaryHash: Bytes32
    /// Nodes announced within 30 minutes.
    public let activeNodeCount: Int64
    /// When the state was taken.
    public let snapshotTimestamp: Timestamp
    /// Identities known.
    public let identityCount: Int64
    /// Proposals known.
    public let proposalCount: Int64
    /// When governance began (D-59); nil when it did not.
    public let governanceSince: Timestamp?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.identityMerkleRoot = try payload.bytes32("identity_merkle_root")
        self.proposalMerkleRoot = try payload.bytes32("proposal_merkle_root")
        self.reputationSummaryHash = try payload.bytes32("reputation_summary_hash")
        self.activeNodeCount = try payload.integer("active_node_count")
        self.snapshotTimestamp = try payload.timestamp("snapshot_timestamp")
        self.identityCount = try payload.integer("identity_count")
        self.proposalCount = try payload.integer("proposal_count")
        self.governanceSince = try payload.optionalTimestamp("governance_since")
    }
}
