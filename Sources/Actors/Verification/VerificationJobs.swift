import Kernel
import Messages
import Primitives

/// Jobs that were submitted to the pool and are not finished.
struct VerificationJobs: Sendable {
    /// What a job is for.
    enum Purpose: Sendable {
        case message(Message, Origin, receivedAt: Timestamp, proof: OpenProof?)
        case proof(OpenProof, Claim)
        case compute(ReplyAddress<ComputeProof>)
    }

    private var purposes: [UInt64: Purpose] = [:]
    private var nextToken: UInt64 = 1

    var count: Int { self.purposes.count }

    /// Submits a job.
    mutating func submit(_ job: VerificationJob, for purpose: Purpose) -> VerificationAction {
        defer { self.nextToken += 1 }
        self.purposes[self.nextToken] = purpose
        return .submit(job, token: self.nextToken)
    }

    /// The pool finished a job.
    ///
    /// - Returns: what it was for.
    mutating func finish(_ token: UInt64) -> Purpose? { self.purposes.removeValue(forKey: token) }
}
