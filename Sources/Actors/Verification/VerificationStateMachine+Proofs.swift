import Cryptography
import DequeModule
import Kernel
import Messages
import Primitives

// Proofs of delay: whose allowance the hashing uses up, and how much of it is done (D-23, ADR 0040,
// R-10-006).
extension VerificationStateMachine {
    /// A proof whose segments must be recomputed.
    struct OpenProof: Sendable {
        let proof: VDFProof
        let key: NodeID
        /// The allowance that it uses up.
        let allowance: ProofMemory.Allowance
        /// Only one segment is tried yet; all others follow once they are paid.
        var isProbe: Bool
        /// The segment that a stranger's proof was tried with.
        private var probed: Int?

        init(proof: VDFProof, key: NodeID, allowance: ProofMemory.Allowance) {
            self.proof = proof
            self.key = key
            self.allowance = allowance
            self.isProbe = allowance != .paid
        }

        /// A stranger's proof is probed first, so that junk uses up nothing that others need.
        ///
        /// Nobody can foresee which segment: the choice follows from the machine's entropy alone
        /// (R-10-006).
        mutating func segments(entropy: UInt64) -> [Int] {
            if !self.isProbe { return (0..<VDF.segments).filter { $0 != self.probed } }
            let segment = Int(entropy % UInt64(VDF.segments))
            self.probed = segment
            return [segment]
        }
    }

    /// Proofs in announcements of strangers, which are recomputed one after the other: on its way to the
    /// workers nothing else waits behind more than one of them.
    struct ProofQueue: Sendable {
        fileprivate var isBusy = false
        fileprivate var waiting: Deque<(open: OpenProof, claim: Claim)> = []
    }

    /// Who is waiting for the verdict on a proof.
    enum Claim: Sendable {
        case message(Message, Origin, receivedAt: Timestamp)
        case query(ReplyAddress<CheckProof>)
    }

    /// The proof if its segments must be recomputed, nil if it is known to hold.
    ///
    /// The allowances are for strangers; a key that was verified before and its proof are known, so
    /// neither its proof nor junk in its name costs any hashing (D-23).
    mutating func openProof(
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
        switch self.proofs.verdict(on: proof, of: key) {
        case .holds: return .success(nil)
        case .cannotHold: return .failure(Self.badProof)
        case .unknown: break
        }
        let allowance = self.proofs.hasQuota ? allowance : .paid
        if let refusal = self.proofs.objection(to: allowance, now: now) { return .failure(refusal) }
        return .success(OpenProof(proof: proof, key: key, allowance: allowance))
    }

    /// Begins with a proof, or puts it behind others.
    mutating func begin(
        _ open: OpenProof,
        for claim: Claim,
        now: Timestamp,
        entropy: UInt64
    ) -> [VerificationAction] {
        guard case .announcement = open.allowance else {
            self.proofs.probe(open.allowance, now: now)
            return self.recompute(open, for: claim, entropy: entropy)
        }
        guard self.proofQueue.isBusy else {
            self.proofQueue.isBusy = true
            self.proofs.probe(open.allowance, now: now)
            return self.recompute(open, for: claim, entropy: entropy)
        }
        guard self.proofQueue.waiting.count < VerificationLimits.proofsWaitingMax else {
            let waiting = "\(self.proofQueue.waiting.count) proofs of new keys are waiting"
            return self.decide(claim, Refusal(.busy, "\(waiting); send it again later"))
        }
        self.proofQueue.waiting.append((open, claim))
        return []
    }

    /// A stranger's announcement is decided: the next one's turn.
    private mutating func beginNext(now: Timestamp, entropy: UInt64) -> [VerificationAction] {
        self.proofQueue.isBusy = false
        var actions: [VerificationAction] = []
        while !self.proofQueue.isBusy, let (open, claim) = self.proofQueue.waiting.popFirst() {
            // Its key may have connected, or its relay used up its share, while it waited.
            switch self.openProof(open.proof, key: open.key, allowance: open.allowance, now: now) {
            case .failure(let refusal): actions += self.decide(claim, refusal)
            case .success(nil): actions += self.decide(claim, nil)
            case .success(let open?):
                actions += self.begin(open, for: claim, now: now, entropy: entropy)
            }
        }
        return actions
    }

    private mutating func recompute(_ open: OpenProof, for claim: Claim, entropy: UInt64)
        -> [VerificationAction]
    {
        var open = open
        let job = VerificationJob.proof(open.proof, segments: open.segments(entropy: entropy))
        return [.submit(job, token: self.register(.proof(open, claim)))]
    }

    /// Some or all segments of a proof were recomputed.
    mutating func recomputed(
        _ open: OpenProof,
        _ claim: Claim,
        _ outcome: VerificationOutcome,
        now: Timestamp,
        entropy: UInt64
    ) -> [VerificationAction] {
        guard outcome == .valid, open.isProbe else {
            if outcome == .valid { self.proofs.remember(open.proof, of: open.key) }
            let end = self.decide(claim, outcome == .valid ? nil : Self.badProof)
            guard case .announcement = open.allowance else { return end }
            return end + self.beginNext(now: now, entropy: entropy)
        }
        if let refusal = self.proofs.spend(open.allowance, now: now) {
            return self.decide(claim, refusal)
        }
        var rest = open
        rest.isProbe = false
        return self.recompute(rest, for: claim, entropy: entropy)
    }

    private mutating func decide(_ claim: Claim, _ refusal: Refusal?) -> [VerificationAction] {
        switch claim {
        case .message(let message, let origin, let receivedAt):
            return self.finish(message, origin, receivedAt, refusal)
        case .query(let asker):
            return [.answerCheck(asker, failure: refusal?.detail)]
        }
    }

    private static let badProof = Refusal(.invalidProof, "a segment of the proof does not hold")

    mutating func check(
        _ query: CheckProof,
        from asker: ReplyAddress<CheckProof>,
        now: Timestamp,
        entropy: UInt64
    ) -> [VerificationAction] {
        let open = self.openProof(
            query.proof,
            key: query.key,
            allowance: query.isOutbound ? .paid : .connection,
            now: now
        )
        switch open {
        case .failure(let refusal): return [.answerCheck(asker, failure: refusal.detail)]
        case .success(nil): return [.answerCheck(asker, failure: nil)]
        case .success(let open?):
            return self.begin(open, for: .query(asker), now: now, entropy: entropy)
        }
    }

    mutating func compute(
        _ query: ComputeProof,
        from asker: ReplyAddress<ComputeProof>,
        now: Timestamp
    ) -> [VerificationAction] {
        [.submit(.compute(query.key, at: now), token: self.register(.compute(asker)))]
    }
}
