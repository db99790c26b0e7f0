import Doors
public import Kernel
import Messages
public import Primitives

/// What a status report says of the node beyond what its subsystems know.
public struct NodeAbout: Sendable {
    /// Semantic version of the software.
    public var version: String
    /// The node's key as libp2p writes it.
    public var peerID: String
    /// What the description of the network calls it; empty without one.
    public var networkName: String
    /// The hash that members of the network have in common; nil without a description.
    public var networkHash: Bytes32?
    /// When this run began.
    public var startedAt: Moment
    /// How many peers it must be connected to before it serves: none where it may be the only node.
    public var peersWanted: Int

    /// Describes a node.
    public init(
        version: String,
        peerID: String,
        networkName: String,
        networkHash: Bytes32?,
        startedAt: Moment,
        peersWanted: Int = 0
    ) {
        self.version = version
        self.peerID = peerID
        self.networkName = networkName
        self.networkHash = networkHash
        self.startedAt = startedAt
        self.peersWanted = peersWanted
    }

    /// Members of a status report.
    func members(now: Timestamp) -> [(String, JSONValue)] {
        [
            ("node", NodeRun(about: self, now: now).shown),
            ("network", NetworkInUse(about: self).shown),
        ]
    }
}

/// The program and its run.
struct NodeRun: Record {
    let about: NodeAbout
    let now: Timestamp

    static let about = "The program and its run."
    static let fields: [Field<NodeRun>] = [
        Field("version", "The version of the program.") { $0.about.version }.inOwnWords,
        Field("peer_id", "The node's key as libp2p writes it.") { $0.about.peerID }.inOwnWords,
        Field("started_at", "When this run began.") { $0.about.startedAt.timestamp },
        Field("uptime_ms", "Milliseconds since then.") {
            max(0, $0.now.milliseconds(since: $0.about.startedAt.timestamp))
        },
    ]
}

/// The network that the node belongs to.
struct NetworkInUse: Record {
    let about: NodeAbout

    static let about = "The network that the node belongs to."
    static let fields: [Field<NetworkInUse>] = [
        Field("name", "What its description calls it.") { $0.about.networkName }.inOwnWords,
        Field("hash", "The hash of its description.") { $0.about.networkHash },
    ]
}
