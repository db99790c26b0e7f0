import Cryptography
import Kernel
import Messages
import Primitives

// Proofs of delay: who pays for the hashing, and how much of it is done (D-23, R-10-006).
extension VerificationStateMachine {
    /// A proof whose segments must be recomputed.
    struct OpenProof: Sendable {
        let proof: VDFProof
        let key: NodeID
        /// Who has to pay for it, and whether it was.
        var fare: ProofMemory.Fare
        /// The segment that a stranger's proof was tried with; all others follow once it is paid.
        var probed: Int?

        /// A stranger's proof is probed first, so that junk uses up nothing that others need.
        ///
        /// Nobody can foresee the segment: the choice is the machine's entropy alone (R-10-006).
        mutating func segments(entropy: UInt64) -> [Int] {
            if self.fare == .paid { return (0..<VDF.segments).filter { $0 != self.probed } }
            let segment = Int(entropy % UInt64(VDF.segments))
            self.probed = segment
            return [segment]
        }
    }

    /// Who is waiting for the verdict on a proof.
    enum Claim: Sendable {
        case message(Message, Origin, receivedAt: Timestamp)
        case query(ReplyAddress<CheckProof>)
    }

    /// The proof if its segments must be recomputed, nil if it is known to hold.
    ///
    /// The allowance is for strangers that come in; a key that was verified before and its proof
    /// are known, so neither its proof nor junk in its name costs any hashing (D-23).
    mutating func openProof(
        _ proof: VDFProof,
        key: NodeID,
        fare: ProofMemory.Fare,
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
        let fare = self.proofs.hasQuota ? fare : .paid
        if let refusal = self.proofs.objection(to: fare, now: now) { return .failure(refusal) }
        return .success(OpenProof(proof: proof, key: key, fare: fare))
    }

    mutating func recompute(_ open: OpenProof, for claim: Claim, entropy: UInt64)
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
        guard outcome == .valid else { return self.decide(claim, Self.badProof) }
        if open.fare == .paid {
            self.proofs.remember(open.proof, of: open.key)
            return self.decide(claim, nil)
        }
        if let refusal = self.proofs.spend(open.fare, now: now) {
            return self.decide(claim, refusal)
        }
        var paid = open
        paid.fare = .paid
        return self.recompute(paid, for: claim, entropy: entropy)
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
            fare: query.isOutbound ? .paid : .connection,
            now: now
        )
        switch open {
        case .failure(let refusal): return [.answerCheck(asker, failure: refusal.detail)]
        case .success(nil): return [.answerCheck(asker, failure: nil)]
        case .success(let open?):
            return self.recompute(open, for: .query(asker), entropy: entropy)
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
