import Cryptography
import Messages
import Primitives

@testable import Kernel
@testable import Verification

/// Verification's answer to a query about a proof, with the pool's work done at once.
enum ProofCheck {
    /// - Returns: nil when the proof holds, else the cause.
    static func failure(of proof: VDFProof, key: NodeID, now: Timestamp) throws -> String? {
        var machine = VerificationStateMachine(isLocalProfile: true)
        let asker = ReplyAddress<CheckProof>(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: 1),
            topic: 0
        )
        let query = CheckProof(proof: proof, key: key)
        var actions = machine.check(query, from: asker, now: now, entropy: 7)
        while case .submit(let job, let token)? = actions.first {
            actions = machine.done(token, job.run(), now: now, entropy: 7)
        }
        guard case .answerCheck(_, let failure)? = actions.first else {
            throw VectorFailure("Verification does not answer")
        }
        return failure
    }
}
