public import Primitives

/// SYNC_REQUEST: messages behind a cursor, or a question about one of the trees (R-05-003, D-22).
public struct SyncRequest: WirePayload {
    package static var messageType: MessageType { .syncRequest }

    /// Which tree a narrowing request walks (D-21).
    public enum Tree: String, Sendable, CaseIterable, Codable {
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
    /// Levels below the path, clamped to 0...64.
    public let depth: Int64?
    /// 0 is left, 1 is right, from the root.
    public let subtreePath: [Int64]?
    /// What the asking node holds, to be compared; nil for an ordinary request.
    public let comparison: SyncComparison?

    /// Puts one together.
    public init(
        sinceTimestamp: Timestamp,
        sinceID: MessageID? = nil,
        types: [String] = [],
        limit: Int,
        ids: [MessageID] = [],
        identityKey: NodeID? = nil,
        merkleTree: Tree? = nil,
        depth: Int64? = nil,
        subtreePath: [Int64]? = nil,
        comparison: SyncComparison? = nil
    ) {
        self.sinceTimestamp = sinceTimestamp
        self.sinceID = sinceID
        self.types = types
        self.limit = limit
        self.ids = ids
        self.identityKey = identityKey
        self.merkleTree = merkleTree
        self.depth = depth
        self.subtreePath = subtreePath
        self.comparison = comparison
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.sinceTimestamp =
            try payload.optionalTimestamp("since_timestamp") ?? Timestamp(milliseconds: 0)
        self.sinceID = try payload.optionalID("since_id")
        self.types = try payload.optionalTexts("types") ?? []
        let page = WireLimits.syncPage
        let limit = try payload.optionalInteger("limit", Int64.min...Int64.max)
        self.limit = Int(min(max(limit ?? page.upperBound, page.lowerBound), page.upperBound))
        let idsMax = Int(WireLimits.syncPage.upperBound)
        self.ids = try payload.optionalIDs("ids", processed: idsMax) ?? []
        self.identityKey = try payload.optionalID("identity_key")
        self.merkleTree = try payload.optionalChoice("merkle_tree")
        let depth = try payload.optionalInteger("depth", Int64.min...Int64.max)
        self.depth = depth.map { min(max($0, 0), Int64(WireLimits.merkleLevelsMax)) }
        self.subtreePath = try payload.optionalTreePath("subtree_path")
        self.comparison = try SyncComparison(reading: payload)
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("since_timestamp", self.sinceTimestamp)
        payload.setOrNull("since_id", self.sinceID)
        payload.set("types", self.types)
        payload.set("limit", self.limit)
        if !self.ids.isEmpty { payload.set("ids", self.ids) }
        payload.set("identity_key", self.identityKey)
        payload.set("merkle_tree", self.merkleTree)
        payload.set("depth", self.depth)
        if let path = self.subtreePath { payload.set("subtree_path", path) }
        payload.set("compare", self.comparison)
    }
}

/// SYNC_RESPONSE: a page of messages, or nodes of a tree (R-05-004, D-21, D-22).
public struct SyncResponse: WirePayload {
    package static var messageType: MessageType { .syncResponse }

    /// A node of a Merkle tree.
    public struct MerkleNode: PayloadObject {
        /// 0 is left, 1 is right, from the root.
        public let path: [Int64]
        /// Its hash.
        public let hash: Bytes32
        /// The message of a leaf.
        public let messageID: MessageID?

        /// Puts one together.
        public init(path: [Int64], hash: Bytes32, messageID: MessageID? = nil) {
            self.path = path
            self.hash = hash
            self.messageID = messageID
        }

        init(reading node: PayloadReader) throws(SchemaError) {
            self.path = try node.optionalTreePath("path") ?? []
            self.hash = try node.bytes32("hash")
            self.messageID = try node.optionalID("message_id")
        }

        package func write(to node: inout PayloadWriter) {
            node.set("path", self.path)
            node.set("hash", self.hash)
            node.set("message_id", self.messageID)
        }
    }

    /// A peer's present opinion of an identity.
    public struct CurrentReputation: PayloadObject {
        /// The root key.
        public let nodeID: NodeID
        /// The score.
        public let reputation: FixedPoint
        /// Of the newest assessment behind it.
        public let lastAssessment: Timestamp

        /// Puts one together.
        public init(nodeID: NodeID, reputation: FixedPoint, lastAssessment: Timestamp) {
            self.nodeID = nodeID
            self.reputation = reputation
            self.lastAssessment = lastAssessment
        }

        init(reading entry: PayloadReader) throws(SchemaError) {
            self.nodeID = try entry.id("node_id")
            self.reputation = try entry.fraction("reputation")
            self.lastAssessment = try entry.timestamp("last_assessment_timestamp")
        }

        package func write(to entry: inout PayloadWriter) {
            entry.set("node_id", self.nodeID)
            entry.set("reputation", self.reputation)
            entry.set("last_assessment_timestamp", self.lastAssessment)
        }
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
    /// Proposals of bans that the peer knows as ratified (R-06-137, ADR 0054).
    public let banList: [MessageID]
    /// Why the page is empty, such as `rate_limited`.
    public let error: String?
    /// How long to wait before the next request.
    public let retryAfterMilliseconds: Int64?

    /// Puts one together.
    public init(
        messages: [[UInt8]] = [],
        hasMore: Bool,
        nextTimestamp: Timestamp? = nil,
        nextID: MessageID? = nil,
        checkpoint: Bytes32? = nil,
        identityCheckpoint: Bytes32? = nil,
        merkleNodes: [MerkleNode] = [],
        reputationCurrent: [CurrentReputation] = [],
        differing: [SyncDifference]? = nil,
        banList: [MessageID] = [],
        error: String? = nil,
        retryAfterMilliseconds: Int64? = nil
    ) {
        self.messages = messages
        self.hasMore = hasMore
        self.nextTimestamp = nextTimestamp
        self.nextID = nextID
        self.checkpoint = checkpoint
        self.identityCheckpoint = identityCheckpoint
        self.merkleNodes = merkleNodes
        self.reputationCurrent = reputationCurrent
        self.differing = differing
        self.banList = banList
        self.error = error
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.messages = try payload.list("messages").map { $0.canonicalBytes() }
        self.hasMore = try payload.bool("has_more")
        self.nextTimestamp = try payload.optionalTimestamp("next_timestamp")
        self.nextID = try payload.optionalID("next_id")
        self.checkpoint = try payload.optionalBytes32("checkpoint")
        self.identityCheckpoint = try payload.optionalBytes32("identity_checkpoint")
        let nodes =
            try payload.optionalObjects("merkle_nodes", processed: WireLimits.merkleNodesMax) ?? []
        self.merkleNodes = try nodes.map { node throws(SchemaError) in
            try MerkleNode(reading: node)
        }
        let scores = try payload.optionalObjects("reputation_current") ?? []
        self.reputationCurrent = try scores.map { entry throws(SchemaError) in
            try CurrentReputation(reading: entry)
        }
        let differing = try payload.optionalObjects(
            "differing",
            processed: WireLimits.differencesMax
        )
        self.differing = try differing?.map { entry throws(SchemaError) in
            try SyncDifference(reading: entry)
        }
        self.banList =
            try payload.optionalIDs("ban_list", processed: WireLimits.bansMax) ?? []
        self.error = try payload.optionalText("error")
        self.retryAfterMilliseconds = try payload.optionalInteger("retry_after_ms")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("messages", canonical: self.messages)
        payload.set("has_more", self.hasMore)
        payload.setOrNull("next_timestamp", self.nextTimestamp)
        payload.setOrNull("next_id", self.nextID)
        payload.set("checkpoint", self.checkpoint)
        payload.set("identity_checkpoint", self.identityCheckpoint)
        if !self.merkleNodes.isEmpty { payload.set("merkle_nodes", self.merkleNodes) }
        if !self.reputationCurrent.isEmpty {
            payload.set("reputation_current", self.reputationCurrent)
        }
        if let differing = self.differing { payload.set("differing", differing) }
        if !self.banList.isEmpty { payload.set("ban_list", self.banList) }
        payload.set("error", self.error)
        payload.set("retry_after_ms", self.retryAfterMilliseconds)
    }
}

extension PayloadReader {
    /// Steps from the root of a tree, 0 left and 1 right (D-21).
    ///
    /// No tree is deeper than the bound, so that a longer path names nothing, and its beginning something
    /// else.
    fileprivate func optionalTreePath(_ key: String) throws(SchemaError) -> [Int64]? {
        guard let steps = try self.optionalList(key) else { return nil }
        guard steps.count <= WireLimits.merkleLevelsMax else {
            throw self.error(key, "has more than \(WireLimits.merkleLevelsMax) steps")
        }
        return try steps.map { step throws(SchemaError) in
            guard let side = step.integer, side == 0 || side == 1 else {
                throw self.error(key, "must hold 0 and 1 only")
            }
            return side
        }
    }
}

/// STATE_SNAPSHOT: what a trusted node's state looks like as a whole (R-05-049).
public struct StateSnapshot: WirePayload {
    package static var messageType: MessageType { .stateSnapshot }

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

    /// Puts one together.
    public init(
        identityMerkleRoot: Bytes32,
        proposalMerkleRoot: Bytes32,
        reputationSummaryHash: Bytes32,
        activeNodeCount: Int64,
        snapshotTimestamp: Timestamp,
        identityCount: Int64,
        proposalCount: Int64,
        governanceSince: Timestamp? = nil
    ) {
        self.identityMerkleRoot = identityMerkleRoot
        self.proposalMerkleRoot = proposalMerkleRoot
        self.reputationSummaryHash = reputationSummaryHash
        self.activeNodeCount = activeNodeCount
        self.snapshotTimestamp = snapshotTimestamp
        self.identityCount = identityCount
        self.proposalCount = proposalCount
        self.governanceSince = governanceSince
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.identityMerkleRoot = try payload.bytes32("identity_merkle_root")
        self.proposalMerkleRoot = try payload.bytes32("proposal_merkle_root")
        self.reputationSummaryHash = try payload.bytes32("reputation_summary_hash")
        self.activeNodeCount = try payload.integer("active_node_count")
        self.snapshotTimestamp = try payload.timestamp("snapshot_timestamp")
        self.identityCount = try payload.integer("identity_count")
        self.proposalCount = try payload.integer("proposal_count")
        self.governanceSince = try payload.optionalTimestamp("governance_since")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("identity_merkle_root", self.identityMerkleRoot)
        payload.set("proposal_merkle_root", self.proposalMerkleRoot)
        payload.set("reputation_summary_hash", self.reputationSummaryHash)
        payload.set("active_node_count", self.activeNodeCount)
        payload.set("snapshot_timestamp", self.snapshotTimestamp)
        payload.set("identity_count", self.identityCount)
        payload.set("proposal_count", self.proposalCount)
        payload.set("governance_since", self.governanceSince)
    }
}
