public import Cryptography
public import Primitives

/// PEER_ANNOUNCE: a node says that it is there (R-04-010).
public struct PeerAnnounce: WirePayload {
    /// Disk that a node gives to the storage market (§6 Storage Capacity).
    public struct Storage: Sendable, Equatable {
        /// Bytes set aside.
        public let allocatedBytes: Int64
        /// Bytes of these that are free.
        public let availableBytes: Int64
        /// Copies held.
        public let copyCount: Int64
    }

    /// Multiaddrs; the first 32 are processed (D-90).
    public let addresses: [String]
    /// `propose`, `vote`, `store` and names from later proposals; the first 64 are processed.
    public let capabilities: [String]
    /// Protocol version that the node speaks.
    public let version: Int64
    /// Seconds since the node started.
    public let uptimeSeconds: Int64
    /// Its proof of delay (§10).
    public let vdfProof: VDFProof
    /// Its reconciliation state (R-05-009); nil when absent.
    public let syncStatus: SyncState?
    /// Its disk; nil when it stores nothing.
    public let storage: Storage?
    /// When this node saw governance begin (D-59); nil when it did not.
    public let governanceSince: Timestamp?
    /// Hash of the description that its scores start from (D-36); nil when absent or no hash, for it is
    /// said to find mistakes, not to be judged.
    public let genesisHash: Bytes32?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let addresses = try payload.texts("addresses")
        let capabilities = try payload.texts("capabilities")
        self.addresses = Array(addresses.prefix(WireLimits.addressesProcessed))
        self.capabilities = Array(capabilities.prefix(WireLimits.capabilitiesProcessed))
        self.version = try payload.integer("version")
        self.uptimeSeconds = try payload.integer("uptime_seconds")
        self.vdfProof = try VDFProof(reading: payload.object("vdf_proof"))
        let status: SyncState? =
            payload.view["sync_status"].map(\.isNull) ?? true
            ? nil : try payload.choice("sync_status")
        self.syncStatus = status
        self.storage = try payload.optionalObject("storage").map { storage throws(SchemaError) in
            Storage(
                allocatedBytes: try storage.integer("allocated_bytes"),
                availableBytes: try storage.integer("available_bytes"),
                copyCount: try storage.integer("copy_count")
            )
        }
        self.governanceSince = try payload.optionalTimestamp("governance_since")
        self.genesisHash = payload.view["genesis_hash"]?.string.flatMap { Bytes32(hex: $0) }
    }
}

extension VDFProof {
    /// Reads a proof; whether it holds is ``VDF``'s question (R-10-009).
    init(reading payload: PayloadReader) throws(SchemaError) {
        let checkpoints = try payload.objects("checkpoints").map { point throws(SchemaError) in
            VDFCheckpoint(
                iteration: try point.integer("iteration"),
                hash: try point.bytes32("hash")
            )
        }
        self.init(
            output: try payload.bytes32("output"),
            inputData: try payload.bytes32("input_data"),
            difficulty: try payload.integer("difficulty"),
            computedAt: try payload.timestamp("computed_at"),
            checkpoints: checkpoints
        )
    }

    /// The proof as a payload member.
    public var json: JSONValue {
        .object([
            ("output", .string(self.output.hex)),
            ("input_data", .string(self.inputData.hex)),
            ("difficulty", .integer(self.difficulty)),
            ("computed_at", .integer(self.computedAt.milliseconds)),
            (
                "checkpoints",
                .array(
                    self.checkpoints.map {
                        .object([
                            ("iteration", .integer($0.iteration)), ("hash", .string($0.hash.hex)),
                        ])
                    }
                )
            ),
        ])
    }
}

/// PEER_LIST_REQUEST asks which peers a node knows (R-04-007).
public struct PeerListRequest: WirePayload {
    /// Most peers wanted, at least 1.
    public let limit: Int64
    /// Peers behind this one in the order of node ids; nil from the start.
    public let after: NodeID?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.limit = try payload.integer("limit", 1...Int64.max)
        self.after = try payload.optionalID("after")
    }
}

/// PEER_LIST_RESPONSE: peers that were heard lately (R-04-008).
public struct PeerListResponse: WirePayload {
    /// One peer.
    public struct Peer: Sendable, Equatable {
        /// Its name.
        public let nodeID: NodeID
        /// Its multiaddrs; the first 32 are processed.
        public let addresses: [String]
    }

    /// Sorted by node id; the first 1,000 are processed (D-90).
    public let peers: [Peer]
    /// Whether there are more behind the last one.
    public let hasMore: Bool

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let list = try payload.objects("peers", processed: WireLimits.listEntriesProcessed)
        self.peers = try list.map { peer throws(SchemaError) in
            let addresses = try peer.texts("addresses").prefix(WireLimits.addressesProcessed)
            return Peer(nodeID: try peer.id("node_id"), addresses: Array(addresses))
        }
        self.hasMore = try payload.bool("has_more")
    }
}
