public import Cryptography
public import Kernel
public import Primitives

/// Sign a broadcast of this node and send it through admission like anybody's message.
public struct PublishMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .identity }
    /// A gossip type.
    public let type: MessageType
    /// The payload; Verification checks it with the same decoder as foreign ones.
    public let payload: JSONValue
    /// The API request that waits for the fate of the message.
    public let request: RequestID?
    /// What that request is recognised by when it comes again, for the record of the message.
    public let key: RequestKey?
    /// Asks for a broadcast of a ready-made JSON payload, which may have members that no schema names.
    public init(
        type: MessageType,
        payload: JSONValue,
        request: RequestID? = nil,
        key: RequestKey? = nil
    ) {
        self.type = type
        self.payload = payload
        self.request = request
        self.key = key
    }
    /// Asks for a broadcast.
    package init(_ payload: some WirePayload) {
        self.init(type: Swift.type(of: payload).messageType, payload: payload.json)
    }
}

/// Sign a stream request and open the exchange.
public struct SendRequest: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .identity }
    /// The exchange to open.
    public let exchange: OutboundExchange
    /// A stream type.
    public let type: MessageType
    /// The payload.
    public let payload: JSONValue
    /// Asks for a request to be sent.
    package init(exchange: OutboundExchange, _ payload: some WirePayload) {
        self.exchange = exchange
        self.type = Swift.type(of: payload).messageType
        self.payload = payload.json
    }
}

/// A request of this node was signed and is on its way; a challenge is named by its message (R-06-111).
public struct RequestSigned: Event {
    /// The exchange that it opens.
    public let exchange: OutboundExchange
    /// The message.
    public let id: MessageID
    /// Announces it.
    public init(exchange: OutboundExchange, id: MessageID) {
        self.exchange = exchange
        self.id = id
    }
}

/// Sign the answer to a peer's request and send it.
public struct SendAnswer: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .identity }
    /// The exchange to answer.
    public let exchange: InboundExchange
    /// A stream type.
    public let type: MessageType
    /// The payload.
    public let payload: JSONValue
    /// Asks for an answer to be sent.
    package init(exchange: InboundExchange, _ payload: some WirePayload) {
        self.exchange = exchange
        self.type = Swift.type(of: payload).messageType
        self.payload = payload.json
    }
}

/// Sign a peer's AUTH_CHALLENGE, unless signing it would enable the attack of D-09.
public struct SignChallenge: Procedure {
    /// Who answers it.
    public static var answerer: SubsystemName { .identity }
    /// The signature or the refusal.
    public struct Reply: BusMessage {
        /// The signature over nonce and initiator key.
        public let signature: Result<Signature, Refusal>
        /// Gives the outcome.
        public init(signature: Result<Signature, Refusal>) { self.signature = signature }
    }
    /// The challenge.
    public let challenge: AuthChallenge
    /// The key that the handshake proved for the connection.
    public let channelKey: NodeID
    /// Asks for a signature.
    public init(challenge: AuthChallenge, channelKey: NodeID) {
        self.challenge = challenge
        self.channelKey = channelKey
    }
}

/// The keys of one identity, as this node sees them now.
public struct IdentityKeys: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .identity }
    /// The identity.
    public struct Reply: BusMessage {
        /// The key that was asked about; the node's own unless another one was named.
        public let key: NodeID
        /// The root that it acts for, at the end of all rotations.
        public let identity: NodeID
        /// Keys that may sign for the identity, root first.
        public let keys: [NodeID]
        /// What the root calls each of them.
        public let labels: [String?]
        /// A contradiction of rotations is open over the identity.
        public let isSuspended: Bool
        /// The key that took the place of the key in question, if any.
        public let rotatedTo: NodeID?
        /// The root that took the key out of its identity, if any did.
        public let revokedBy: NodeID?
        /// Messages of a revoked key are void from here on (D-14).
        public let revokedFrom: Timestamp?
        /// Puts a reply together.
        public init(
            key: NodeID,
            identity: NodeID,
            keys: [NodeID],
            labels: [String?] = [],
            isSuspended: Bool,
            rotatedTo: NodeID? = nil,
            revokedBy: NodeID? = nil,
            revokedFrom: Timestamp? = nil
        ) {
            self.key = key
            self.identity = identity
            self.keys = keys
            self.labels = labels
            self.isSuspended = isSuspended
            self.rotatedTo = rotatedTo
            self.revokedBy = revokedBy
            self.revokedFrom = revokedFrom
        }
    }
    /// The key in question; nil asks about this node.
    public let key: NodeID?
    /// Asks.
    public init(key: NodeID? = nil) { self.key = key }
}

/// The identity messages in which a key, or another key of its rotation chain, takes part.
///
/// Source: R-01-031, R-01-033, D-89.
public struct IdentityChain: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .identity }
    /// Where a message stands in the order of sync.
    public struct Entry: Sendable, Equatable {
        /// The message's own time.
        public let timestamp: Timestamp
        /// The message.
        public let id: MessageID
        /// Names a message.
        public init(timestamp: Timestamp, id: MessageID) {
            self.timestamp = timestamp
            self.id = id
        }
    }
    /// One page, ordered by (timestamp, id).
    public struct Reply: BusMessage, Equatable {
        /// The messages.
        public let entries: [Entry]
        /// More follow after the last one.
        public let hasMore: Bool
        /// Puts a page together.
        public init(entries: [Entry], hasMore: Bool) {
            self.entries = entries
            self.hasMore = hasMore
        }
    }
    /// Root or child.
    public let key: NodeID
    /// Types wanted; empty means all identity types.
    public let types: [MessageType]
    /// Timestamp part of the cursor.
    public let since: Timestamp
    /// Identifier part of the cursor; nil means before every id of that timestamp.
    public let sinceID: MessageID?
    /// Most messages in the page.
    public let limit: Int
    /// Asks for a page.
    public init(
        key: NodeID,
        types: [MessageType] = [],
        since: Timestamp = Timestamp(milliseconds: 0),
        sinceID: MessageID? = nil,
        limit: Int
    ) {
        self.key = key
        self.types = types
        self.since = since
        self.sinceID = sinceID
        self.limit = limit
    }
}

/// Nothing is broadcast in this node's name: somebody else signs with its key (ADR 0039), or may do so (ADR 0072).
public struct SigningStopped: Event {
    /// Cause and next step.
    public let refusal: Refusal
    /// Announces the stop.
    public init(_ refusal: Refusal) { self.refusal = refusal }
}

/// This node broadcasts again.
public struct SigningResumed: Event {
    /// Announces the end of a stop.
    public init() {}
}

/// Who this node is, and the identity part of the state digest.
public struct IdentityStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .identity }
    /// The node and its identity state.
    public struct Reply: BusMessage {
        /// The node's own key.
        public let nodeID: NodeID
        /// The identity that the node acts for.
        public let identity: NodeID
        /// Known identities with more than one key.
        public let linkedIdentities: Int
        /// Identity Merkle root (§5).
        public let merkleRoot: Bytes32
        /// Digest of the subsystem's replayable state; nil when the question was brief.
        public let digest: Bytes32?
        /// Why nothing is broadcast in this node's name, and what to do; nil when it is.
        public let signingStoppedBecause: String?
        /// Own messages signed before this start that the log lacked and that came back from peers.
        public let restoredMessages: Int
        /// Puts a reply together.
        public init(
            nodeID: NodeID,
            identity: NodeID,
            linkedIdentities: Int,
            merkleRoot: Bytes32,
            digest: Bytes32?,
            signingStoppedBecause: String? = nil,
            restoredMessages: Int = 0
        ) {
            self.signingStoppedBecause = signingStoppedBecause
            self.restoredMessages = restoredMessages
            self.nodeID = nodeID
            self.identity = identity
            self.linkedIdentities = linkedIdentities
            self.merkleRoot = merkleRoot
            self.digest = digest
        }
    }
    /// Whether the digest, which takes longer the more there is, is left out.
    public let isBrief: Bool
    /// Asks.
    public init(isBrief: Bool = false) { self.isBrief = isBrief }
}
