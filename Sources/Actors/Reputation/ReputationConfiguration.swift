public import Primitives

/// What the Reputation subsystem has to know about this node and its network.
public struct ReputationConfiguration: Sendable {
    /// One founder of the network with the score it starts from (D-36).
    public struct Founder: Sendable, Equatable {
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
    /// This node's identity.
    public let ownIdentity: NodeID

    /// Puts a configuration together.
    public init(genesis: [Founder], ownIdentity: NodeID) {
        self.genesis = genesis
        self.ownIdentity = ownIdentity
    }
}
