public import Kernel
public import Primitives

extension SubsystemName {
    /// Drives the libp2p swarm: GossipSub mesh, streams, relaying.
    public static let gossip: SubsystemName = "Gossip"
    /// Keeps the peer table: bootstrap, authentication, announcements.
    public static let peers: SubsystemName = "Peers"
    /// Admits messages: parsing, identifiers, time, signatures, proofs of delay.
    public static let verification: SubsystemName = "Verification"
    /// Owns the node's keys and the map from keys to identities.
    public static let identity: SubsystemName = "Identity"
    /// Keeps the reputation ledger.
    public static let reputation: SubsystemName = "Reputation"
    /// Judges requests, proposals, votes, comments and adoptions.
    public static let consensus: SubsystemName = "Consensus"
    /// Stores, shares and fetches content.
    public static let storageMarket: SubsystemName = "StorageMarket"
    /// Answers and issues sync requests.
    public static let sync: SubsystemName = "Sync"
    /// Owns the durable log.
    public static let persistence: SubsystemName = "Persistence"
    /// Serves people and agents on loopback.
    public static let localAPI: SubsystemName = "LocalAPI"
    /// Tells the operator what goes on in the network.
    public static let chronicle: SubsystemName = "Chronicle"
    /// Tells people and agents what happened and what waits for them.
    public static let events: SubsystemName = "Events"
    /// Runs plug-ins that are processes of their own; only in nodes that have any.
    public static let pluginHost: SubsystemName = "PluginHost"

    /// The subsystems of a complete node (design §3); what is missing from a topology is reported.
    public static let standard: [SubsystemName] = [
        .gossip, .peers, .verification, .identity, .reputation, .consensus, .storageMarket, .sync,
        .persistence, .localAPI, .chronicle, .events,
    ]
}

extension Moment {
    /// The same instant as a protocol timestamp, in Unix milliseconds.
    public var timestamp: Timestamp { Timestamp(milliseconds: self.milliseconds) }

    /// The instant of a protocol timestamp.
    public init(_ timestamp: Timestamp) {
        self.init(milliseconds: timestamp.milliseconds)
    }
}
