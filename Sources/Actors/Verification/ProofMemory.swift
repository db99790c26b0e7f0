import Cryptography
import Messages
import Primitives

/// Which proofs are known to hold, and who may have new ones recomputed (D-23, ADR 0040).
struct ProofMemory: Sendable, Codable {
    private struct Key: Hashable, Sendable, Codable {
        let node: NodeID
        let checkpoints: Bytes32
    }

    /// The source of a proof, which decides the allowance that it uses up.
    enum Allowance: Sendable, Equatable {
        /// None is used up: the proof is no stranger's, or was paid for before.
        case paid
        /// A stranger's announcement came by a relay: uses up hashing allowed for that relay's
        /// announcements.
        case announcement(by: NodeID)
        /// A stranger connected: uses up one of the hour's and the day's new peers.
        case connection
    }

    /// What is known of a proof without hashing.
    enum Verdict: Sendable {
        /// It was recomputed before.
        case holds
        /// Another proof of the same key holds, and a key has only one.
        case cannotHold
        /// Nothing.
        case unknown
    }

    private var known = LRUSet<Key>(capacity: VerificationLimits.knownProofsMax)
    /// The keys of ``known``; both sets forget together, since each key has one proof.
    private var keys = LRUSet<NodeID>(capacity: VerificationLimits.knownProofsMax)
    private var strangers = StrangerAllowance()
    private var hashing = HashingBudget()
    /// First segments of strangers that connect.
    private var probes = TokenBucket(
        burst: VerificationLimits.probesMax,
        oneInMilliseconds: VerificationLimits.probeMilliseconds
    )
    /// False in the local profile.
    let hasQuota: Bool

    init(hasQuota: Bool) {
        self.hasQuota = hasQuota
    }

    /// The chain depends on the key alone, so a proof seen before holds whatever its date says.
    ///
    /// Asking counts as use: a proof that was asked for is forgotten last.
    mutating func verdict(on proof: VDFProof, of node: NodeID) -> Verdict {
        guard self.known.contains(Self.key(proof, node)) else {
            return self.keys.contains(node) ? .cannotHold : .unknown
        }
        self.remember(proof, of: node)
        return .holds
    }

    mutating func remember(_ proof: VDFProof, of node: NodeID) {
        self.known.insert(Self.key(proof, node))
        self.keys.insert(node)
    }

    /// Why a stranger's proof is not looked at now; nil when it is.
    func objection(to allowance: Allowance, now: Timestamp) -> Refusal? {
        guard self.hasQuota else { return nil }
        switch allowance {
        case .paid: return nil
        case .announcement(let relay):
            return self.hashing.objection(to: VDF.segments, of: relay, now: now)
        case .connection:
            if let refusal = self.strangers.objection(now: now) { return refusal }
            guard !self.probes.hasRoom(now: now) else { return nil }
            return Refusal(.busy, "too many proofs of new keys are being tried; try again later")
        }
    }

    /// Charges for the one segment of a stranger's proof that is tried first: it is not free, since a
    /// peer that relays announcements or connects can make up as many proofs as it likes.
    mutating func probe(_ allowance: Allowance, now: Timestamp) {
        guard self.hasQuota else { return }
        switch allowance {
        case .paid: break
        case .announcement(let relay): self.hashing.spend(1, of: relay, now: now)
        case .connection: self.probes.spend(now: now)
        }
    }

    /// The tried segment held: takes the rest of a stranger's proof out of the allowances.
    ///
    /// - Returns: why there is nothing left; nil when it was paid.
    mutating func spend(_ allowance: Allowance, now: Timestamp) -> Refusal? {
        guard self.hasQuota else { return nil }
        switch allowance {
        case .paid: return nil
        case .announcement(let relay):
            // The budget was checked before the first segment and may be used up by now, which does no
            // harm.
            self.hashing.spend(VDF.segments - 1, of: relay, now: now)
            return nil
        case .connection: return self.strangers.spend(now: now)
        }
    }

    private static func key(_ proof: VDFProof, _ node: NodeID) -> Key {
        var bytes = proof.output.array
        for checkpoint in proof.checkpoints { bytes += checkpoint.hash.array }
        return Key(node: node, checkpoints: SHA256Digest.hash(bytes))
    }
}
