public import Messages
public import Primitives

/// What the members of one network agree on beforehand: founders, and where to meet (D-36).
///
/// The file is one JSON object:
///
/// ```json
/// {"name": "example", "founders": {"<node id>": 500000}, "bootstrap": ["/ip4/…/p2p/…"]}
/// ```
///
/// A score is in millionths, or a decimal in quotes such as `"0.5"`. A member `asn_table` may say who
/// runs which addresses: `{"prefixes": {"192.0.2.0/24": 64500}}`, or, for a file beside the
/// description, `{"file": "asn.txt", "sha256": "<hex>"}`. A member `parameters` may set numbers of
/// the rules, in the same form as scores: `{"standard_threshold": "0.75"}`; ``NetworkParameter``
/// lists them. A member `bootstrap_domain` may name a domain with more addresses to start from, in TXT
/// records of `_valence-bootstrap._tcp` below it (R-04-005). Nodes name the hash of the description in the
/// handshake and in announcements, so that nobody of another network takes part in this one.
public struct NetworkDescription: Sendable, Equatable {
    /// An identity with the score that it starts from.
    public struct Founder: Sendable, Equatable {
        /// Scores that a founder may start from.
        public static let scores = FixedPoint(millionths: 100_000)...FixedPoint.one

        /// The founder's root key.
        public let node: NodeID
        /// One of ``scores``.
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
    /// Under which domain more addresses are looked up.
    public let bootstrapDomain: String?
    /// Who runs which addresses; without it the leading bits of an address decide (D-25).
    public let operators: OperatorTable?
    /// Numbers of the rules that the network starts with; a constitutional vote changes them.
    public let parameters: NetworkParameters

    /// Sorts the founders.
    public init(
        name: String = "",
        founders: [Founder] = [],
        bootstrap: [String] = [],
        bootstrapDomain: String? = nil,
        operators: OperatorTable? = nil,
        parameters: NetworkParameters = NetworkParameters()
    ) {
        self.name = name
        self.founders = founders.sorted { $0.node < $1.node }
        self.bootstrap = bootstrap
        self.bootstrapDomain = bootstrapDomain
        self.operators = operators
        self.parameters = parameters
    }

    /// The file's content.
    public var json: JSONValue {
        var members = self.core
        members.append(("bootstrap", .array(self.bootstrap.map { .string($0) })))
        if let bootstrapDomain { members.append(("bootstrap_domain", .string(bootstrapDomain))) }
        if let operators { members.append(("asn_table", operators.json)) }
        return .object(members)
    }

    private var core: [(String, JSONValue)] {
        let scores = self.founders.map { ($0.node.hex, JSONValue.integer($0.score.millionths)) }
        let core = [("name", JSONValue.string(self.name)), ("founders", .object(scores))]
        let numbers = self.parameters.stated.map {
            ($0.parameter.rawValue, JSONValue.integer($0.value.millionths))
        }
        return numbers.isEmpty ? core : core + [("parameters", .object(numbers))]
    }

    /// What nodes say of their network in the handshake; nil without founders.
    public var mark: NetworkMark? { self.hash.map { NetworkMark(hash: $0, name: self.name) } }

    /// What nodes announce of their network (D-36); nil without founders.
    ///
    /// It covers who founded what, by which numbers, and who runs which addresses; not where members
    /// are met, which changes, nor where a table is kept.
    public var hash: Bytes32? {
        guard !self.founders.isEmpty else { return nil }
        var members = self.core
        members.append(("bootstrap", .array([])))
        if let operators { members.append(("asn_table", .string(operators.hash.hex))) }
        return SHA256Digest.hash(JSONValue.object(members).canonicalBytes())
    }
}
