import Cryptography
import Messages
import Primitives

/// Which proofs are known to hold, and how many new ones may still be recomputed today (D-23).
struct ProofMemory: Sendable {
    private struct Key: Hashable, Sendable {
        let node: NodeID
        let checkpoints: Bytes32
    }

    /// What is known of a proof without hashing.
    enum Verdict: Sendable {
        /// It was recomputed before.
        case holds
        /// Another one of the same key holds, and there is but one.
        case cannotHold
        /// Nothing.
        case unknown
    }

    private var known = LRUSet<Key>(capacity: VerificationLimits.knownProofsMax)
    /// The keys of ``known``; both sets forget together, since each key has one proof.
    private var keys = LRUSet<NodeID>(capacity: VerificationLimits.knownProofsMax)
    private var day: Int64 = 0
    private var recomputedToday = 0
    /// False in the local profile.
    let hasQuota: Bool

    init(hasQuota: Bool) {
        self.hasQuota = hasQuota
    }

    /// The chain depends on the key alone, so a proof seen before holds whatever its date says.
    func verdict(on proof: VDFProof, of node: NodeID) -> Verdict {
        if self.known.contains(Self.key(proof, node)) { return .holds }
        return self.keys.contains(node) ? .cannotHold : .unknown
    }

    mutating func remember(_ proof: VDFProof, of node: NodeID) {
        self.known.insert(Self.key(proof, node))
        self.keys.insert(node)
    }

    /// Whether the day's allowance has something left.
    mutating func hasAllowance(now: Timestamp) -> Bool {
        guard self.hasQuota else { return true }
        if now.utcDay != self.day {
            self.day = now.utcDay
            self.recomputedToday = 0
        }
        return self.recomputedToday < VerificationLimits.proofsPerDayMax
    }

    /// Takes one recomputation out of the day's allowance; false when it is spent.
    mutating func spend(now: Timestamp) -> Bool {
        guard self.hasAllowance(now: now) else { return false }
        if self.hasQuota { self.recomputedToday += 1 }
        return true
    }

    private static func key(_ proof: VDFProof, _ node: NodeID) -> Key {
        var bytes = proof.output.array
        for checkpoint in proof.checkpoints { bytes += checkpoint.hash.array }
        return Key(node: node, checkpoints: SHA256Digest.hash(bytes))
    }
}
