public import Cryptography
import Multiformats

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
    /// Founders, their starting scores and where to meet (D-36).
    public var description: NetworkDescription
    /// The node counts as synced from the start (D-27).
    public var isGenesisNode: Bool
    /// How often it does what it does again and again.
    public var pace: NodePace

    /// Puts settings together.
    public init(
        key: SigningKey,
        profile: Profile = .standard,
        bootstrap: [String] = [],
        description: NetworkDescription = NetworkDescription(),
        isGenesisNode: Bool = false,
        pace: NodePace = NodePace()
    ) {
        self.key = key
        self.profile = profile
        self.bootstrap = bootstrap
        self.description = description
        self.isGenesisNode = isGenesisNode
        self.pace = pace
    }

    /// Whether the local profile applies.
    public var isLocalProfile: Bool { self.profile == .local }

    /// Every address that the node starts from.
    var startingPoints: [String] { self.bootstrap + self.description.bootstrap }

    /// An address that nobody can read would never be dialled; better to say so at the start.
    func checkStartingPoints() throws(NodeError) {
        for address in self.startingPoints {
            do {
                _ = try Multiaddr(address)
            } catch {
                throw .invalidAddress(address, cause: "\(error)")
            }
        }
    }

    /// A node that has nobody to catch up with counts as synced at once (D-27).
    var isSyncedAtStart: Bool {
        self.isGenesisNode || (self.isLocalProfile && self.startingPoints.isEmpty)
    }
}
