import Cryptography
public import Messages
public import Primitives

/// What becomes of what a node says, on its way out: so a node lies, though its kernel is an honest one.
///
/// Its answers to peers that sync from it pass through ``answer``, and are signed with its own key as an
/// honest answer is. What it passes on of others by gossip passes through ``relays``. Everything else,
/// such as its handshakes and announcements, stays as its kernel says it.
public struct Tampering: Sendable {
    /// What a peer asked, and what the kernel would answer.
    public struct Question: Sendable {
        /// The number of the node that asks.
        public let asker: Int
        /// The number of the node that is asked.
        public let server: Int
        /// What it asks for.
        public let request: SyncRequest
        /// What the kernel answers.
        public let honest: SyncResponse
        /// The answer as the kernel signed it, as it stands on the wire.
        public let frame: [UInt8]
        /// When it answers.
        public let time: Timestamp
        /// The key of the node that is asked.
        let key: SigningKey

        /// Signs a message in the name of the node that is asked.
        ///
        /// - Returns: nil when no node would read it.
        func sign(_ payload: some WirePayload, as type: MessageType) -> Message? {
            try? EnvelopeCodec.sign(
                type,
                payload: payload.json,
                timestamp: self.time,
                key: self.key
            )
        }
    }

    /// What is said in place of the kernel's answer.
    public enum Answer: Sendable {
        /// What the kernel says.
        case honest
        /// Something else, signed with the node's key.
        case signed(SyncResponse)
        /// Any bytes.
        case bytes([UInt8])
        /// Nothing, ever.
        case nothing
    }

    /// What to answer, once for every question; it is asked in the order of time.
    public var answer: @Sendable (Question) -> Answer = { _ in .honest }
    /// How much later than the kernel the answer leaves.
    public var delay: Duration = .zero
    /// Whether a message is sent to peers by gossip.
    public var relays: @Sendable (Message) -> Bool = { _ in true }

    /// Tampers with nothing.
    public init() {}

    /// Tampers with answers.
    public init(delay: Duration = .zero, answer: @escaping @Sendable (Question) -> Answer) {
        self.answer = answer
        self.delay = delay
    }
}

extension SyncResponse {
    /// The same answer with some members replaced.
    ///
    /// - Parameters:
    ///   - messages: in place of its messages; nil keeps them.
    ///   - identityCheckpoint: in place of the root of the identity tree; nil keeps it.
    ///   - differing: in place of where the logs differ; nil keeps it.
    ///   - merkleNodes: in place of the nodes of a tree; nil keeps them.
    /// - Returns: the other answer.
    public func with(
        messages: [[UInt8]]? = nil,
        identityCheckpoint: Bytes32? = nil,
        differing: [SyncDifference]? = nil,
        merkleNodes: [MerkleNode]? = nil
    ) -> SyncResponse {
        SyncResponse(
            messages: messages ?? self.messages,
            hasMore: self.hasMore,
            nextTimestamp: self.nextTimestamp,
            nextID: self.nextID,
            checkpoint: self.checkpoint,
            identityCheckpoint: identityCheckpoint ?? self.identityCheckpoint,
            merkleNodes: merkleNodes ?? self.merkleNodes,
            reputationCurrent: self.reputationCurrent,
            differing: differing ?? self.differing,
            banList: self.banList,
            error: self.error,
            retryAfterMilliseconds: self.retryAfterMilliseconds
        )
    }
}
