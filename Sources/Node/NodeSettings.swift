public import Cryptography

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
    /// Multiaddrs of well-known nodes in text form.
    public var bootstrap: [String]
    /// Founders and their starting scores (D-36).
    public var genesis: GenesisList
    /// The node counts as synced from the start (D-27).
    public var isGenesisNode: Bool

    /// Puts settings together.
    public init(
        key: SigningKey,
        profile: Profile = .standard,
        bootstrap: [String] = [],
        genesis: GenesisList = GenesisList(),
        isGenesisNode: Bool = false
    ) {
        self.key = key
        self.profile = profile
        self.bootstrap = bootstrap
        self.genesis = genesis
        self.isGenesisNode = isGenesisNode
    }

    /// Whether the local profile applies.
    public var isLocalProfile: Bool { self.profile == .local }

    /// A node that has nobody to catch up with counts as synced at once (D-27).
    var isSyncedAtStart: Bool {
        self.isGenesisNode || (self.isLocalProfile && self.bootstrap.isEmpty)
    }
}
