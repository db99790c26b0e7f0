public import Cryptography
public import Identity
public import Messages
import Multiformats
public import Primitives
public import StorageMarket
import Sync

/// Everything that the subsystems of one node must know at boot.
public struct NodeSettings: Sendable {
    /// Which rules of admission apply.
    public enum Profile: String, Sendable, CaseIterable {
        /// Everything as the protocol demands.
        case standard
        /// For devnets and tests on one machine: quotas, jitter and ASN classes are lifted
        /// (D-23, D-24, D-25, D-27).
        case local
    }

    /// The node's key; also its libp2p host key (D-11).
    public var key: SigningKey
    /// Admission profile.
    public var profile: Profile
    /// Multiaddrs of well-known nodes in text form, beside those of the network's description.
    public var bootstrap: [String]
    /// The operator's choice of a domain under which addresses of nodes are looked up.
    public var domain: String?
    /// Multiaddrs of direct peers in text form, with `/p2p/…`.
    public var direct: [String]
    /// Founders, their starting scores and where to meet (D-36).
    public var description: NetworkDescription
    /// The node counts as synced from the start (D-27).
    public var isGenesisNode: Bool
    /// What its operator judges otherwise than others may.
    public var policy: LocalPolicy
    /// Lists of artefacts that are known to be bad (R-06-123).
    public var hashDatabases = HashDatabases.none
    /// Plug-ins that are processes of their own (ADR 0058).
    public var plugins: [PluginRegistration] = []
    /// Whatever the node's key signed is its operator's own doing (ADR 0039).
    public var acceptsOwnHistory = false
    /// Says that the key was put back from a backup (ADR 0072).
    public var restored: RestoredKey?
    /// What the line brings, in bytes a second (R-05-086).
    public var bandwidth = SyncConfiguration.defaultBandwidth
    /// How often the node performs its recurring work.
    public var pace: NodePace
    /// How long artefacts stay that nobody is owed.
    public var retention = ArtefactRetention.everything
    /// How long the days of the storage market are; only the local profile may shorten them.
    public var calendar = MarketCalendar.standard

    /// Puts settings together.
    public init(
        key: SigningKey,
        profile: Profile = .standard,
        bootstrap: [String] = [],
        domain: String? = nil,
        direct: [String] = [],
        description: NetworkDescription = NetworkDescription(),
        isGenesisNode: Bool = false,
        policy: LocalPolicy = LocalPolicy(),
        pace: NodePace = NodePace()
    ) {
        self.key = key
        self.profile = profile
        self.bootstrap = bootstrap
        self.domain = domain
        self.direct = direct
        self.description = description
        self.isGenesisNode = isGenesisNode
        self.policy = policy
        self.pace = pace
    }

    /// Whether the local profile applies.
    public var isLocalProfile: Bool { self.profile == .local }

    /// Every address that the node starts from, beside those of direct peers.
    var startingPoints: [String] { self.bootstrap + self.description.bootstrap }

    /// Every address that the operator or the network names.
    var namedAddresses: [String] { self.startingPoints + self.direct }

    /// The domain under which addresses of nodes are looked up when nothing else leads to one; nil
    /// when neither the operator nor the network names one (R-04-005).
    var bootstrapDomain: String? { self.domain ?? self.description.bootstrapDomain }

    /// The keys of direct peers.
    var directNodes: [NodeID] {
        self.direct.compactMap { text in
            (try? Multiaddr(text))?.peerID?.ed25519Key.map { NodeID($0) }
        }
    }

    /// An address that nobody can read would never be dialled; better to say so at the start.
    ///
    /// - Parameter own: where others are told to dial this node.
    /// - Throws: ``NodeError`` that names the address.
    func checkAddresses(own: [String]) throws(NodeError) {
        for address in self.startingPoints + own { _ = try Self.read(address) }
        if let domain = self.bootstrapDomain, !NetworkDescription.isDomain(domain) {
            throw .invalidDomain(domain)
        }
        for address in self.direct where try Self.read(address).peerID?.ed25519Key == nil {
            throw .directPeerWithoutKey(address)
        }
    }

    /// Days of another length belong to trials: with others, whose days are those of the protocol, the node
    /// would be at odds about everything that is owed in the market.
    ///
    /// - Throws: ``NodeError`` that names the profile.
    func checkCalendar() throws(NodeError) {
        guard self.calendar == .standard || self.isLocalProfile else {
            throw .shortDays
        }
    }

    static func read(_ address: String) throws(NodeError) -> Multiaddr {
        do {
            return try Multiaddr(address)
        } catch {
            throw .invalidAddress(address, cause: "\(error)")
        }
    }

    /// A node that has nobody to catch up with counts as synced at once (D-27).
    var isSyncedAtStart: Bool {
        self.isGenesisNode
            || (self.isLocalProfile && self.startingPoints.isEmpty && self.direct.isEmpty
                && self.bootstrapDomain == nil)
    }
}
