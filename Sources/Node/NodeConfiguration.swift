import Multiformats
import SwarmTransport

/// What an operator decides about a node: flags, then environment, then defaults.
public struct NodeConfiguration: Sendable {
    /// Where the node keeps its files.
    public var dataDirectory: DataDirectory
    /// Multiaddrs to listen on, in text form.
    public var listen: [String]
    /// Multiaddrs at which others reach this node, when that is not where it listens.
    public var external: [String]
    /// Whether to look for nodes of the local network, and to be found by them; nil decides by where
    /// the node listens.
    public var findsLocalPeers: Bool?
    /// TCP port of the local API on 127.0.0.1; 0 takes a free one.
    public var apiPort: Int
    /// Admission profile.
    public var profile: NodeSettings.Profile
    /// Multiaddrs of well-known nodes in text form.
    public var bootstrap: [String]
    /// Multiaddrs of nodes whose operators agreed with this one's to serve each other, with `/p2p/…`.
    public var direct: [String]
    /// Path of a genesis file; nil means no founders.
    public var genesisPath: String?
    /// This node is listed in its own bootstrap configuration (D-27).
    public var isGenesisNode: Bool
    /// Threads that run subsystems and check signatures; nil takes the number of cores.
    public var workers: Int?

    /// The port that is listened on unless `--listen` says otherwise.
    public static let defaultListen = ["/ip4/0.0.0.0/tcp/9090"]

    /// Puts a configuration together.
    public init(
        dataDirectory: DataDirectory,
        listen: [String] = NodeConfiguration.defaultListen,
        external: [String] = [],
        findsLocalPeers: Bool? = nil,
        apiPort: Int = 0,
        profile: NodeSettings.Profile = .standard,
        bootstrap: [String] = [],
        direct: [String] = [],
        genesisPath: String? = nil,
        isGenesisNode: Bool = false,
        workers: Int? = nil
    ) {
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.external = external
        self.findsLocalPeers = findsLocalPeers
        self.apiPort = apiPort
        self.profile = profile
        self.bootstrap = bootstrap
        self.direct = direct
        self.genesisPath = genesisPath
        self.isGenesisNode = isGenesisNode
        self.workers = workers
    }

    /// Where the node is in the network.
    ///
    /// Unless the operator says otherwise, a node looks for others on the local network when it can
    /// be reached from there.
    var place: SwarmTransport.Place {
        let isRemote = self.listen.contains { (try? Multiaddr($0).isLoopback) != true }
        return SwarmTransport.Place(
            listen: self.listen,
            external: self.external,
            findsLocalPeers: self.findsLocalPeers ?? isRemote
        )
    }
}
