public import Messages
public import Multiformats
public import Primitives

/// What the operator decides about peers.
public struct PeersConfiguration: Sendable {
    /// The node's own key.
    public var ownNode: NodeID
    /// Multiaddrs of well-known nodes, in text form, best with `/p2p/…` (R-04-001).
    public var bootstrap: [String]
    /// Multiaddrs of direct peers, in text form with `/p2p/…`: the operators of both nodes agreed to
    /// serve each other, and the node keeps dialling them.
    public var direct: [String] = []
    /// Under which domain name addresses of nodes are looked up when nothing else leads to one
    /// (R-04-005); nil looks nothing up.
    public var bootstrapDomain: String?
    /// What the node announces that it does: `propose`, `vote`; `store` is added while it offers room
    /// (R-06-024).
    public var capabilities: [String]
    /// Lifts quotas and ASN rules for devnets and tests (D-23, D-24).
    public var isLocalProfile: Bool
    /// The described network that the node belongs to (D-36); nil without founders.
    public var network: NetworkMark?
    /// Nodes that name no network may take part in a described one, and described ones where this node
    /// has no description (ADR 0039).
    public var admitsUndescribed = false
    /// Who runs which addresses (D-25).
    public var operators = PrefixTable()
    /// How often the table is looked through and the node announces itself.
    public var pace = PeersPace()

    /// Puts a configuration together.
    public init(
        ownNode: NodeID,
        bootstrap: [String],
        capabilities: [String] = ["propose", "vote"],
        isLocalProfile: Bool,
        network: NetworkMark? = nil
    ) {
        self.ownNode = ownNode
        self.bootstrap = bootstrap
        self.capabilities = capabilities
        self.isLocalProfile = isLocalProfile
        self.network = network
    }
}
