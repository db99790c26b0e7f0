public import Cryptography
public import Kernel
public import Primitives

/// Recompute a proof of delay of another key: structure, freshness and all ten segments (D-80).
public struct CheckProof: Procedure {
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

/// Compute a proof of delay for a key (0.06 to 0.3 seconds of one core).
public struct ComputeProof: Procedure {
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

/// What the distance between the clock of this node and those of others means (R-02-026, R-02-027).
public enum ClockStanding: String, Sendable {
    /// Near enough.
    case right
    /// Far enough to warn of it.
    case wrong
    /// So far that others take the node for unreliable.
    case unreliable
}

/// How the clock of this node compares with those of the peers that it hears directly (D-92).
public struct ClockComparison: Sendable, Equatable {
    /// How far the own clock is ahead, by the median; negative when it is behind.
    public let offsetMilliseconds: Int64
    /// How many peers it was compared with.
    public let peers: Int
    /// What that means.
    public let standing: ClockStanding
    /// States a comparison.
    public init(offsetMilliseconds: Int64, peers: Int, standing: ClockStanding) {
        self.offsetMilliseconds = offsetMilliseconds
        self.peers = peers
        self.standing = standing
    }

    /// Where the own clock is, in words.
    public var description: String {
        let seconds = (self.offsetMilliseconds.magnitude + 500) / 1_000
        let others = self.peers == 1 ? "that of the one peer" : "those of \(self.peers) peers"
        let side = self.offsetMilliseconds < 0 ? "behind" : "ahead of"
        return "this node's clock is \(seconds) s \(side) \(others) it compared with"
    }
}

/// How the clock of this node compares with those of time servers (R-02-023, ADR 0066).
public struct ServerTime: Sendable, Equatable {
    /// How far the own clock is ahead, by the median; negative when it is behind.
    public let offsetMilliseconds: Int64
    /// How many servers answered.
    public let servers: Int
    /// When they were asked.
    public let askedAt: Timestamp
    /// Whether the clock is so far off that its operator is told.
    public let isOff: Bool
    /// States a comparison.
    public init(offsetMilliseconds: Int64, servers: Int, askedAt: Timestamp, isOff: Bool) {
        self.offsetMilliseconds = offsetMilliseconds
        self.servers = servers
        self.askedAt = askedAt
        self.isOff = isOff
    }

    /// Where the own clock is, in words.
    public var description: String {
        let seconds = (self.offsetMilliseconds.magnitude + 500) / 1_000
        let servers = self.servers == 1 ? "the time server" : "\(self.servers) time servers"
        let side = self.offsetMilliseconds < 0 ? "behind" : "ahead of"
        return "this node's clock is \(seconds) s \(side) \(servers) that answered"
    }
}

/// The comparison of this node's clock with those of its peers has changed since the last report.
public struct ClockCompared: Event {
    /// How it compares now.
    public let comparison: ClockComparison
    /// Announces a comparison.
    public init(comparison: ClockComparison) { self.comparison = comparison }
}

/// Compare the own clock with that of a peer, which has just said in a handshake what time it is.
public struct CompareClock: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .verification }
    /// Whose clock.
    public let peer: NodeID
    /// How far the own clock is ahead of it.
    public let offsetMilliseconds: Int64
    /// Hands a sample over.
    public init(peer: NodeID, offsetMilliseconds: Int64) {
        self.peer = peer
        self.offsetMilliseconds = offsetMilliseconds
    }
}

/// A jump of the machine's clock, or a time during which the process did not run (ADR 0033).
public struct ClockJump: Sendable, Equatable {
    /// How far it went; negative when the clock was set back.
    public let milliseconds: Int64
    /// When it was noticed, by the clock as it is since.
    public let noticedAt: Timestamp
    /// Notes a jump.
    public init(milliseconds: Int64, noticedAt: Timestamp) {
        self.milliseconds = milliseconds
        self.noticedAt = noticedAt
    }
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
        /// How the own clock compares with others; nil before any was heard.
        public let clock: ClockComparison?
        /// The jump of the clock because of which the node built itself anew; nil for none.
        public let clockJump: ClockJump?
        /// How the own clock compares with those of time servers; nil before any answered.
        public let serverTime: ServerTime?
        /// Puts a reply together.
        public init(
            verified: UInt64,
            refused: [(code: String, count: UInt64)],
            pending: Int,
            clock: ClockComparison?,
            clockJump: ClockJump?,
            serverTime: ServerTime? = nil
        ) {
            self.verified = verified
            self.refused = refused
            self.pending = pending
            self.clock = clock
            self.clockJump = clockJump
            self.serverTime = serverTime
        }
    }
    /// Asks.
    public init() {}
}
