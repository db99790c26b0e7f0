public import Kernel
public import Primitives

/// A connected peer proved its key and its work (R-03-007), and is connected without a relay; traffic
/// from it is accepted from now on.
public struct PeerAuthenticated: Event, Equatable {
    /// The peer.
    public let peer: NodeID
    /// When the computation of its proof of delay began.
    public let proofComputedAt: Timestamp?
    /// Who runs its network (D-25): peers without a name share one; in the local profile each identity
    /// has its own.
    public let network: String?
    /// The operator named it as one to start from (R-04-001).
    public let isBootstrap: Bool
    /// How far the own clock was ahead of the peer's at the handshake; nil when it did not say.
    public let clockOffsetMilliseconds: Int64?
    /// Announces an authenticated peer.
    public init(
        peer: NodeID,
        proofComputedAt: Timestamp? = nil,
        network: String? = nil,
        isBootstrap: Bool = false,
        clockOffsetMilliseconds: Int64? = nil
    ) {
        self.peer = peer
        self.proofComputedAt = proofComputedAt
        self.network = network
        self.isBootstrap = isBootstrap
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
    }
}

/// Connect to a node that something is wanted of, if its addresses are known.
///
/// Nothing is answered: whoever wants something asks again a little later.
public struct ReachPeer: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .peers }
    /// The node.
    public let node: NodeID
    /// Asks for a connection.
    public init(node: NodeID) { self.node = node }
}

/// Everything known about peers, sorted by node id.
public struct PeerTable: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .peers }
    /// One peer.
    public struct Row: Sendable, Equatable, Codable {
        /// The peer's key.
        public let node: NodeID
        /// Announced or dialled addresses, in multiaddr text form.
        public let addresses: [String]
        /// A secure connection exists.
        public let isConnected: Bool
        /// The connection was dialled by this node.
        public let isOutbound: Bool
        /// The peer proved its key and its work on this connection.
        public let isAuthenticated: Bool
        /// `syncing`, `degraded` or `synced`, as last announced; nil before the first announcement.
        public let syncStatus: String?
        /// Announced capabilities.
        public let capabilities: [String]
        /// Disk that it says to give to the storage market.
        public let storage: PeerAnnounce.Storage?
        /// Timestamp of the newest announcement.
        public let lastAnnounced: Timestamp?
        /// Its handshake named another network than this node's (D-36), so it takes no part in this
        /// one.
        public let hasOtherFounders: Bool
        /// Listed in this node's bootstrap configuration.
        public let isBootstrap: Bool
        /// The operators of both nodes agreed to serve each other.
        public let isDirect: Bool
        /// Saved as one to dial first after a restart.
        public let isAnchor: Bool
        /// Its number, when a table of the network tells it (D-25).
        public let autonomousSystem: UInt32?
        /// Who runs its network, such as `AS64500` or `192.0/16`; nil for the unrouted class.
        public let network: String?
        /// Why the newest dial, or the handshake after it, failed; nil after a success.
        public let lastDialFailure: String?
        /// How far the own clock was ahead of the peer's at the newest handshake; nil when it did not
        /// say.
        public let clockOffsetMilliseconds: Int64?
        /// Puts a row together.
        public init(
            node: NodeID,
            addresses: [String],
            isConnected: Bool,
            isOutbound: Bool,
            isAuthenticated: Bool,
            syncStatus: String?,
            capabilities: [String],
            lastAnnounced: Timestamp?,
            hasOtherFounders: Bool,
            isBootstrap: Bool,
            isDirect: Bool,
            isAnchor: Bool,
            autonomousSystem: UInt32?,
            network: String?,
            lastDialFailure: String?,
            clockOffsetMilliseconds: Int64? = nil,
            storage: PeerAnnounce.Storage? = nil
        ) {
            self.storage = storage
            self.node = node
            self.addresses = addresses
            self.isConnected = isConnected
            self.isOutbound = isOutbound
            self.isAuthenticated = isAuthenticated
            self.syncStatus = syncStatus
            self.capabilities = capabilities
            self.lastAnnounced = lastAnnounced
            self.hasOtherFounders = hasOtherFounders
            self.isBootstrap = isBootstrap
            self.isDirect = isDirect
            self.isAnchor = isAnchor
            self.autonomousSystem = autonomousSystem
            self.network = network
            self.lastDialFailure = lastDialFailure
            self.clockOffsetMilliseconds = clockOffsetMilliseconds
        }
    }
    /// A configured address to start from, or of a direct peer.
    public struct Bootstrap: Sendable, Equatable {
        /// In multiaddr text form.
        public let address: String
        /// Why the newest dial failed; nil after a success.
        public let lastDialFailure: String?
        /// Reports an address.
        public init(address: String, lastDialFailure: String?) {
            self.address = address
            self.lastDialFailure = lastDialFailure
        }
    }
    /// The newest dial of one address.
    public struct Dial: Sendable, Equatable {
        /// Where a dial, or what follows it, can fail.
        public enum Step: String, Sendable, CaseIterable {
            /// There is no secure connection: the reason says at which layer.
            case dial
            /// The operator of its network has enough connections.
            case room
            /// The peer does not show that it has its key.
            case authentication
            /// The peer takes part in another network.
            case network
            /// Its proof of delay is missing or wrong.
            case proof
        }
        /// What came of a dial.
        public enum Outcome: Sendable, Equatable {
            /// Nothing yet.
            case underWay
            /// There was a secure connection, and nothing failed on it.
            case reached
            /// This step failed, for this reason.
            case failed(Step, String)
        }
        /// Whose address it is; nil when that is not known.
        public let node: NodeID?
        /// In multiaddr text form, without the peer.
        public let address: String
        /// When the dial began.
        public let at: Timestamp
        /// What came of it.
        public let outcome: Outcome
        /// Reports a dial.
        public init(node: NodeID?, address: String, at: Timestamp, outcome: Outcome) {
            self.node = node
            self.address = address
            self.at = at
            self.outcome = outcome
        }
    }
    /// The table.
    public struct Reply: BusMessage {
        /// Sorted by node id.
        public let rows: [Row]
        /// Addresses configured.
        public let bootstrap: [Bootstrap]
        /// The newest dials, by node id; for each peer the newest first.
        public let dials: [Dial]
        /// Puts a reply together.
        public init(rows: [Row], bootstrap: [Bootstrap], dials: [Dial] = []) {
            self.dials = dials
            self.rows = rows
            self.bootstrap = bootstrap
        }
    }
    /// Asks.
    public init() {}
}
