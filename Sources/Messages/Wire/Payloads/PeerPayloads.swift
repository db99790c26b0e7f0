public import Cryptography
public import Primitives

/// PEER_ANNOUNCE: a node says that it is there (R-04-010).
public struct PeerAnnounce: WirePayload {
    package static var messageType: MessageType { .peerAnnounce }

    /// Disk that a node gives to the storage market (§6 Storage Capacity).
    public struct Storage: PayloadObject, Codable {
        /// Bytes set aside.
        public let allocatedBytes: Int64
        /// Bytes of these that are free.
        public let availableBytes: Int64
        /// Copies held.
        public let copyCount: Int64

        /// Puts one together.
        public init(allocatedBytes: Int64, availableBytes: Int64, copyCount: Int64) {
            self.allocatedBytes = allocatedBytes
            self.availableBytes = availableBytes
            self.copyCount = copyCount
        }

        package func write(to storage: inout PayloadWriter) {
            storage.set("allocated_bytes", self.allocatedBytes)
            storage.set("available_bytes", self.availableBytes)
            storage.set("copy_count", self.copyCount)
        }
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
    /// Hash of the description that its scores start from (D-36); nil when absent or malformed: it
    /// helps to find mistakes, so a wrong value is no reason to refuse the message.
    public let genesisHash: Bytes32?

    /// Puts one together.
    public init(
        addresses: [String],
        capabilities: [String],
        version: Int64,
        uptimeSeconds: Int64,
        vdfProof: VDFProof,
        syncStatus: SyncState? = nil,
        storage: Storage? = nil,
        governanceSince: Timestamp? = nil,
        genesisHash: Bytes32? = nil
    ) {
        self.addresses = addresses
        self.capabilities = capabilities
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.vdfProof = vdfProof
        self.syncStatus = syncStatus
        self.storage = storage
        self.governanceSince = governanceSince
        self.genesisHash = genesisHash
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let addresses = try payload.texts("addresses")
        let capabilities = try payload.texts("capabilities")
        self.addresses = Array(addresses.prefix(WireLimits.addressesProcessed))
        self.capabilities = Array(capabilities.prefix(WireLimits.capabilitiesProcessed))
        self.version = try payload.integer("version")
        self.uptimeSeconds = try payload.integer("uptime_seconds")
        self.vdfProof = try VDFProof(reading: payload.object("vdf_proof"))
        self.syncStatus = try payload.optionalChoice("sync_status")
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

    package func write(to payload: inout PayloadWriter) {
        payload.set("addresses", self.addresses)
        payload.set("capabilities", self.capabilities)
        payload.set("version", self.version)
        payload.set("uptime_seconds", self.uptimeSeconds)
        payload.set("vdf_proof", self.vdfProof)
        payload.set("sync_status", self.syncStatus)
        payload.set("storage", self.storage)
        payload.set("governance_since", self.governanceSince)
        payload.set("genesis_hash", self.genesisHash)
    }
}

extension VDFProof: PayloadObject {
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

    package func write(to payload: inout PayloadWriter) {
        payload.set("output", self.output)
        payload.set("input_data", self.inputData)
        payload.set("difficulty", self.difficulty)
        payload.set("computed_at", self.computedAt)
        payload.set("checkpoints", self.checkpoints)
    }
}

extension VDFCheckpoint: PayloadObject {
    package func write(to payload: inout PayloadWriter) {
        payload.set("iteration", self.iteration)
        payload.set("hash", self.hash)
    }
}

/// PEER_LIST_REQUEST asks which peers a node knows (R-04-007).
public struct PeerListRequest: WirePayload {
    package static var messageType: MessageType { .peerListRequest }

    /// Most peers wanted, at least 1.
    public let limit: Int64
    /// Peers behind this one in the order of node ids; nil from the start.
    public let after: NodeID?

    /// Puts one together.
    public init(limit: Int64, after: NodeID? = nil) {
        self.limit = limit
        self.after = after
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.limit = try payload.integer("limit", 1...Int64.max)
        self.after = try payload.optionalID("after")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("limit", self.limit)
        payload.setOrNull("after", self.after)
    }
}

/// PEER_LIST_RESPONSE: peers that were heard lately (R-04-008).
public struct PeerListResponse: WirePayload {
    package static var messageType: MessageType { .peerListResponse }

    /// One peer.
    public struct Peer: PayloadObject {
        /// Its name.
        public let nodeID: NodeID
        /// Its multiaddrs; the first 32 are processed.
        public let addresses: [String]

        /// Puts one together.
        public init(nodeID: NodeID, addresses: [String]) {
            self.nodeID = nodeID
            self.addresses = addresses
        }

        package func write(to peer: inout PayloadWriter) {
            peer.set("node_id", self.nodeID)
            peer.set("addresses", self.addresses)
        }
    }

    /// Sorted by node id; the first 1,000 are processed (D-90).
    public let peers: [Peer]
    /// Whether there are more behind the last one.
    public let hasMore: Bool

    /// Puts one together.
    public init(peers: [Peer], hasMore: Bool) {
        self.peers = peers
        self.hasMore = hasMore
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let list = try payload.objects("peers", processed: WireLimits.listEntriesProcessed)
        self.peers = try list.map { peer throws(SchemaError) in
            let addresses = try peer.texts("addresses").prefix(WireLimits.addressesProcessed)
            return Peer(nodeID: try peer.id("node_id"), addresses: Array(addresses))
        }
        self.hasMore = try payload.bool("has_more")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("peers", self.peers)
        payload.set("has_more", self.hasMore)
    }
}
