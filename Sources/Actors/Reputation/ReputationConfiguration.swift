public import Messages
public import Multiformats
public import Primitives

/// What the Reputation subsystem has to know about this node and its network.
public struct ReputationConfiguration: Sendable, Codable {
    /// One founder of the network with the score it starts from (D-36).
    public struct Founder: Sendable, Equatable, Codable {
        /// The founder's root key.
        public let identity: NodeID
        /// The score.
        public let score: FixedPoint

        /// Names a founder.
        public init(identity: NodeID, score: FixedPoint) {
            self.identity = identity
            self.score = score
        }
    }

    /// The founders; everybody else starts from 0.2.
    public let genesis: [Founder]
    /// This node's identity at boot.
    public let ownIdentity: NodeID
    /// Every identity stands for a network of its own (D-25).
    public let isLocalProfile: Bool
    /// Who runs which addresses (D-25).
    public var operators = PrefixTable()
    /// Voting in step costs reputation and trust (D-50).
    public var detectsCollusion = true
    /// Comments that verify claims move reputation (D-45).
    public var believesClaims = false
    /// A ratified ban silences its subject here (D-61).
    public var enforcesBans = true
    /// Lists of artefacts that are known to be bad (R-06-123).
    public var hashDatabases = HashDatabases.none
    /// How long the days of the storage market are.
    public var calendar = MarketCalendar.standard
    /// The numbers that the network starts with (D-36).
    public var parameters = NetworkParameters()
    /// Time between two own broadcasts, in milliseconds (R-09-042); only simulations change it.
    public var gossipMilliseconds = ReputationLimits.gossipMilliseconds

    /// The lists are files of the operator, so that no checkpoint holds them.
    private enum CodingKeys: CodingKey {
        case genesis, ownIdentity, isLocalProfile, detectsCollusion, believesClaims, enforcesBans
        case calendar, parameters, gossipMilliseconds
    }

    /// Puts a configuration together.
    public init(genesis: [Founder], ownIdentity: NodeID, isLocalProfile: Bool = false) {
        self.genesis = genesis
        self.ownIdentity = ownIdentity
        self.isLocalProfile = isLocalProfile
    }
}
