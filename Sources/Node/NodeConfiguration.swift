public import Cryptography
import Multiformats
public import Primitives
public import StorageMarket
import SwarmTransport
import Sync

/// What an operator decides about a node: flags, then environment, then defaults.
public struct NodeConfiguration: Sendable {
    /// Whether other nodes can dial this one, as far as its operator knows.
    public enum Reach: String, Sendable, CaseIterable {
        /// Peers find out.
        case auto
        /// Others dial it, so that it may relay for those who cannot be dialled.
        case reachable
        /// It is behind an address translation or a firewall: relays are asked at once.
        case unreachable

        /// nil when nobody knows.
        var isReachable: Bool? {
            switch self {
            case .auto: nil
            case .reachable: true
            case .unreachable: false
            }
        }
    }

    /// Where the node keeps its files.
    public var dataDirectory: DataDirectory
    /// Multiaddrs to listen on, in text form.
    public var listen: [String]
    /// Multiaddrs at which others reach this node, when that is not where it listens.
    public var external: [String]
    /// Whether to look for nodes of the local network, and to be found by them; nil decides by where
    /// the node listens.
    public var findsLocalPeers: Bool?
    /// Whether other nodes can dial this one.
    public var reach: Reach
    /// Whether this node carries connections of others, within narrow bounds, while it can be dialled.
    public var servesAsRelay: Bool
    /// TCP port of the local API on 127.0.0.1; 0 takes a free one.
    public var apiPort: Int
    /// Admission profile.
    public var profile: NodeSettings.Profile
    /// Multiaddrs of well-known nodes in text form.
    public var bootstrap: [String]
    /// The domain under which more of them are looked up; nil leaves it to the network's description.
    public var bootstrapDomain: String?
    /// Multiaddrs of nodes whose operators agreed with this one's to serve each other, with `/p2p/…`.
    public var direct: [String]
    /// Path of a genesis file; nil means no founders.
    public var genesisPath: String?
    /// This node is listed in its own bootstrap configuration (D-27).
    public var isGenesisNode: Bool
    /// What its operator judges otherwise than others may.
    public var policy: LocalPolicy
    /// Whatever the node's key signed is its operator's own doing: messages that it did not write in this
    /// data directory are taken in, and it signs again (ADR 0039).
    public var acceptsOwnHistory = false
    /// How long the days of the storage market are; only the local profile may shorten them.
    public var calendar = MarketCalendar.standard
    /// How long artefacts stay that nobody is owed (ADR 0082).
    public var retention = ArtefactRetention.everything
    /// Time servers with which the node compares its clock, as `host` or `host:port`; nil leaves it to the
    /// profile (ADR 0066).
    public var timeServers: [String]?
    /// What the node takes of its machine at most; sync counts on half of its bytes a second (R-05-086).
    public var caps = Caps()
    /// Who verifies signatures; the whole process has one (ADR 0078).
    public var verifier = SignatureVerifier.Kind.knownSenders
    /// Whether an answer that is not of its operation's form becomes a fault, for tests.
    public var checksAnswers = false
    /// Who started the node and watches it; nil for nobody who wants to be told (ADR 0073).
    public var manager: ServiceManager?
    /// Threads that run subsystems and check signatures; nil takes the number of cores.
    public var workers: Int?

    /// The servers that are asked in the standard profile, unless its operator names others.
    public static let defaultTimeServers = ["pool.ntp.org"]

    /// The port that is listened on unless `--listen` says otherwise.
    public static let defaultListen = ["/ip4/0.0.0.0/tcp/9090"]

    /// Puts a configuration together.
    public init(
        dataDirectory: DataDirectory,
        listen: [String] = NodeConfiguration.defaultListen,
        external: [String] = [],
        findsLocalPeers: Bool? = nil,
        reach: Reach = .auto,
        servesAsRelay: Bool = true,
        apiPort: Int = 0,
        profile: NodeSettings.Profile = .standard,
        bootstrap: [String] = [],
        bootstrapDomain: String? = nil,
        direct: [String] = [],
        genesisPath: String? = nil,
        isGenesisNode: Bool = false,
        policy: LocalPolicy = LocalPolicy(),
        workers: Int? = nil
    ) {
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.external = external
        self.findsLocalPeers = findsLocalPeers
        self.reach = reach
        self.servesAsRelay = servesAsRelay
        self.apiPort = apiPort
        self.profile = profile
        self.bootstrap = bootstrap
        self.bootstrapDomain = bootstrapDomain
        self.direct = direct
        self.genesisPath = genesisPath
        self.isGenesisNode = isGenesisNode
        self.policy = policy
        self.workers = workers
    }

    /// The time servers that are asked; nodes of a trial on one machine have one clock, and ask none.
    var askedTimeServers: [String] {
        self.timeServers ?? (self.profile == .local ? [] : Self.defaultTimeServers)
    }

    /// Where the node is in the network.
    ///
    /// Unless the operator says otherwise, a node looks for others on the local network when it can
    /// be reached from there.
    var place: SwarmTransport.Place {
        let isRemote = self.listen.contains { (try? Multiaddr($0).isLoopback) != true }
        var place = SwarmTransport.Place(listen: self.listen, external: self.external)
        place.findsLocalPeers = self.findsLocalPeers ?? isRemote
        place.isReachable = self.reach.isReachable
        place.servesAsRelay = self.servesAsRelay
        return place
    }
}
