import Cryptography
import Messages
import Primitives

/// Which proofs are known to hold, and how many new ones may still be recomputed today (D-23).
struct ProofMemory: Sendable {
    private struct Key: Hashable, Sendable {
        let node: NodeID
        let checkpoints: Bytes32
    }

    private var known = LRUSet<Key>(capacity: VerificationLimits.knownProofsMax)
    private var day: Int64 = 0
    private var recomputedToday = 0
    private let hasQuota: Bool

    init(hasQuota: Bool) {
        self.hasQuota = hasQuota
    }

    /// The chain depends on the key alone, so a proof seen before holds whatever its date says.
    mutating func isKnown(_ proof: VDFProof, of node: NodeID) -> Bool {
        self.known.contains(Self.key(proof, node))
    }

    mutating func remember(_ proof: VDFProof, of node: NodeID) {
        _ = self.known.insert(Self.key(proof, node))
    }

    /// Takes one recomputation out of the day's allowance; false when it is spent.
    mutating func spend(now: Timestamp) -> Bool {
        guard self.hasQuota else { return true }
        if now.utcDay != self.day {
            self.day = now.utcDay
            self.recomputedToday = 0
        }
        guard self.recomputedToday < VerificationLimits.proofsPerDayMax else { return false }
        self.recomputedToday += 1
        return true
    }

    private static func key(_ proof: VDFProof, _ node: NodeID) -> Key {
        var bytes = proof.output.array
        for checkpoint in proof.checkpoints { bytes += checkpoint.hash.array }
        return Key(node: node, checkpoints: SHA256Digest.hash(bytes))
    }
}
