import Cryptography
import DequeModule
import Messages
import Primitives

/// Proofs of delay: whose allowance the hashing uses up, and how much of it is done (D-23, ADR 0040,
/// R-10-006).
struct ProofChecks: Sendable {
    /// What follows for a proof.
    enum Step: Sendable {
        /// These segments are recomputed.
        case recompute(OpenProof, segments: [Int], Claim)
        /// The verdict; nil when the proof holds.
        case decided(Claim, Refusal?)
    }

    private(set) var memory: ProofMemory
    /// Whether a proof in the announcement of a stranger is being recomputed.
    private var isBusy = false
    /// Others in such announcements, which are recomputed one after the other: on its way to the workers
    /// nothing else waits behind more than one of them.
    private var waiting: Deque<(open: OpenProof, claim: Claim)> = []

    init(hasQuota: Bool) { self.memory = ProofMemory(hasQuota: hasQuota) }

    private static let badProof = Refusal(.invalidProof, "a segment of the proof does not hold")

    /// Takes over what a checkpoint kept.
    mutating func restore(_ memory: ProofMemory) { self.memory = memory }

    /// A proof is known to hold, whoever found out.
    mutating func remember(_ proof: VDFProof, of key: NodeID) {
        self.memory.remember(proof, of: key)
    }

    // MARK: The beginning

    /// The proof if its segments must be recomputed, nil if it is known to hold.
    ///
    /// The allowances are for strangers; a key that was verified before and its proof are known, so
    /// neither its proof nor junk in its name costs any hashing (D-23).
    mutating func open(
        _ proof: VDFProof,
        key: NodeID,
        allowance: ProofMemory.Allowance,
        now: Timestamp
    ) -> Result<OpenProof?, Refusal> {
        do {
            try VDF.checkStructure(proof, key: key.bytes, now: now)
        } catch {
            return .failure(Refusal(.invalidProof, "\(error)"))
        }
        switch self.memory.verdict(on: proof, of: key) {
        case .holds: return .success(nil)
        case .cannotHold: return .failure(Self.badProof)
        case .unknown: break
        }
        let allowance = self.memory.hasQuota ? allowance : .paid
        if let refusal = self.memory.objection(to: allowance, now: now) {
            return .failure(refusal)
        }
        return .success(OpenProof(proof: proof, key: key, allowance: allowance))
    }

    /// A caller in this node wants to know of a proof.
    mutating func check(_ query: CheckProof, for claim: Claim, now: Timestamp, entropy: UInt64)
        -> [Step]
    {
        let open = self.open(
            query.proof,
            key: query.key,
            allowance: query.isOutbound ? .paid : .connection,
            now: now
        )
        return self.begin(open, for: claim, now: now, entropy: entropy)
    }

    private mutating func begin(
        _ open: Result<OpenProof?, Refusal>,
        for claim: Claim,
        now: Timestamp,
        entropy: UInt64
    ) -> [Step] {
        switch open {
        case .failure(let refusal): [.decided(claim, refusal)]
        case .success(nil): [.decided(claim, nil)]
        case .success(let open?): self.begin(open, for: claim, now: now, entropy: entropy)
        }
    }

    /// Begins with a proof, or puts it behind others.
    mutating func begin(
        _ open: OpenProof,
        for claim: Claim,
        now: Timestamp,
        entropy: UInt64
    ) -> [Step] {
        if open.isAnnounced {
            guard !self.isBusy else { return self.wait(open, claim) }
            self.isBusy = true
        }
        self.memory.probe(open.allowance, now: now)
        return [Self.recompute(open, for: claim, entropy: entropy)]
    }

    private mutating func wait(_ open: OpenProof, _ claim: Claim) -> [Step] {
        guard self.waiting.count < VerificationLimits.proofsWaitingMax else {
            let waiting = "\(self.waiting.count) proofs of new keys are waiting"
            return [.decided(claim, Refusal(.busy, "\(waiting); send it again later"))]
        }
        self.waiting.append((open, claim))
        return []
    }

    private static func recompute(_ open: OpenProof, for claim: Claim, entropy: UInt64) -> Step {
        var open = open
        let segments = open.segments(entropy: entropy)
        return .recompute(open, segments: segments, claim)
    }

    // MARK: Outcomes

    /// Some or all segments of a proof were recomputed.
    mutating func recomputed(
        _ open: OpenProof,
        for claim: Claim,
        holds: Bool,
        now: Timestamp,
        entropy: UInt64
    ) -> [Step] {
        guard holds, open.isProbe else {
            if holds { self.memory.remember(open.proof, of: open.key) }
            let end = Step.decided(claim, holds ? nil : Self.badProof)
            return [end] + (open.isAnnounced ? self.beginNext(now: now, entropy: entropy) : [])
        }
        if let refusal = self.memory.spend(open.allowance, now: now) {
            return [.decided(claim, refusal)]
        }
        var rest = open
        rest.continueWithRest()
        return [Self.recompute(rest, for: claim, entropy: entropy)]
    }

    /// A stranger's announcement is decided: the next one's turn.
    private mutating func beginNext(now: Timestamp, entropy: UInt64) -> [Step] {
        self.isBusy = false
        var steps: [Step] = []
        while !self.isBusy, let (open, claim) = self.waiting.popFirst() {
            // Its key may have connected, or its relay used up its share, while it waited.
            let again = self.open(open.proof, key: open.key, allowance: open.allowance, now: now)
            steps += self.begin(again, for: claim, now: now, entropy: entropy)
        }
        return steps
    }
}
