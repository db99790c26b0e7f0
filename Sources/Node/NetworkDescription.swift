import Messages
public import Primitives

/// What the members of one network agree on beforehand: founders, and where to meet (D-36).
///
/// The file is one JSON object:
///
/// ```json
/// {"name": "example", "founders": {"<node id>": 500000}, "bootstrap": ["/ip4/…/p2p/…"]}
/// ```
///
/// A score is in millionths, or a decimal in quotes such as `"0.5"`. Nodes announce the hash of the
/// description, so that a peer of another network is recognised.
public struct NetworkDescription: Sendable, Equatable {
    /// An identity with the score that it starts from.
    public struct Founder: Sendable, Equatable {
        /// The founder's root key.
        public let node: NodeID
        /// Between 0.1 and 1.
        public let score: FixedPoint

        /// Names a founder.
        public init(node: NodeID, score: FixedPoint) {
            self.node = node
            self.score = score
        }
    }

    /// What people call the network.
    public let name: String
    /// Sorted by node id.
    public let founders: [Founder]
    /// Multiaddrs of nodes to start from, beside those that the operator names.
    public let bootstrap: [String]

    /// Sorts the founders.
    public init(name: String = "", founders: [Founder] = [], bootstrap: [String] = []) {
        self.name = name
        self.founders = founders.sorted { $0.node < $1.node }
        self.bootstrap = bootstrap
    }

    /// The file's content.
    public var json: JSONValue {
        let scores = self.founders.map { ($0.node.hex, JSONValue.integer($0.score.millionths)) }
        return .object([
            ("name", .string(self.name)),
            ("founders", .object(scores)),
            ("bootstrap", .array(self.bootstrap.map { .string($0) })),
        ])
    }

    /// What nodes announce of their network (D-36); nil without founders.
    ///
    /// It covers who founded what, not where they are met, which changes.
    public var hash: Bytes32? {
        guard !self.founders.isEmpty else { return nil }
        let core = NetworkDescription(name: self.name, founders: self.founders)
        return SHA256Digest.hash(core.json.canonicalBytes())
    }
}
