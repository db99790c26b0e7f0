import Cryptography
import Messages
import Primitives

/// Which proofs are known to hold, and how many new ones may still be recomputed today (D-23).
struct ProofMemory: Sendable {
    private struct Key: Hashable, Sendable {
        let node: NodeID
        let checkpoints: Bytes32
    }

    /// Who a proof comes from, hence which allowances it uses up.
    enum Fare: Sendable {
        /// None, or it was paid before.
        case paid
        /// A stranger announced itself: one of the day's recomputations.
        case announcement
        /// A stranger connected: besides, one of the hour's new peers.
        case connection
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
    /// When strangers that connected were let in, oldest first; no more than the hourly limit.
    private var admissions: [Timestamp] = []
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

    /// Why a stranger's proof is not looked at now; nil when it is.
    mutating func objection(to fare: Fare, now: Timestamp) -> Refusal? {
        guard self.hasQuota, fare != .paid else { return nil }
        if now.utcDay != self.day {
            self.day = now.utcDay
            self.recomputedToday = 0
        }
        guard self.recomputedToday < VerificationLimits.proofsPerDayMax else {
            return Refusal(
                .busy,
                "\(VerificationLimits.proofsPerDayMax) proofs of new keys were checked today; "
                    + "try again tomorrow"
            )
        }
        guard fare == .connection else { return nil }
        self.admissions.removeAll {
            now.milliseconds(since: $0) >= VerificationLimits.newPeersMilliseconds
        }
        guard self.admissions.count < VerificationLimits.newPeersMax else {
            return Refusal(
                .busy,
                "\(VerificationLimits.newPeersMax) new peers were let in within an hour; try later"
            )
        }
        return nil
    }

    /// Takes a stranger's proof out of the allowances.
    ///
    /// - Returns: why there is nothing left; nil when it was paid.
    mutating func spend(_ fare: Fare, now: Timestamp) -> Refusal? {
        if let refusal = self.objection(to: fare, now: now) { return refusal }
        guard self.hasQuota, fare != .paid else { return nil }
        self.recomputedToday += 1
        if fare == .connection { self.admissions.append(now) }
        return nil
    }

    private static func key(_ proof: VDFProof, _ node: NodeID) -> Key {
        var bytes = proof.output.array
        for checkpoint in proof.checkpoints { bytes += checkpoint.hash.array }
        return Key(node: node, checkpoints: SHA256Digest.hash(bytes))
    }
}
