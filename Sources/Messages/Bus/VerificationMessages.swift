public import Cryptography
public import Kernel
public import Primitives

/// Recompute a proof of delay of another key: structure, freshness and all ten segments (D-80).
public struct CheckProof: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .verification }
    /// The verdict.
    public struct Reply: BusMessage {
        /// Nil when the proof holds, else the cause in words.
        public let failure: String?
        /// Gives a verdict.
        public init(failure: String?) { self.failure = failure }
    }
    /// The proof.
    public let proof: VDFProof
    /// The key that must be its input.
    public let key: NodeID
    /// This node dialled the key, so the allowance for strangers does not apply (D-23).
    public let isOutbound: Bool
    /// Asks for a check.
    public init(proof: VDFProof, key: NodeID, isOutbound: Bool = false) {
        self.proof = proof
        self.key = key
        self.isOutbound = isOutbound
    }
}

/// Compute a proof of delay for a key (about a quarter of a second of one core).
public struct ComputeProof: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .verification }
    /// The proof.
    public struct Reply: BusMessage {
        /// Fresh from the moment of the question.
        public let proof: VDFProof
        /// Hands the proof over.
        public init(proof: VDFProof) { self.proof = proof }
    }
    /// The key to prove work for.
    public let key: NodeID
    /// Asks for a proof.
    public init(key: NodeID) { self.key = key }
}

/// How busy admission is.
public struct VerificationStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .verification }
    /// Counters since the start.
    public struct Reply: BusMessage {
        /// Messages whose signature was checked.
        public let verified: UInt64
        /// Messages refused, by cause, sorted by code.
        public let refused: [(code: String, count: UInt64)]
        /// Signature checks waiting or running.
        public let pending: Int
        /// How far the own clock is ahead of others (R-02-025); nil before any was heard.
        public let clockOffsetMilliseconds: Int64?
        /// Puts a reply together.
        public init(
            verified: UInt64,
            refused: [(code: String, count: UInt64)],
            pending: Int,
            clockOffsetMilliseconds: Int64?
        ) {
            self.verified = verified
            self.refused = refused
            self.pending = pending
            self.clockOffsetMilliseconds = clockOffsetMilliseconds
        }
    }
    /// Asks.
    public init() {}
}
