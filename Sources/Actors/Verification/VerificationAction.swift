import Cryptography
import Kernel
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum VerificationAction {
    /// Give a job to the pool.
    case submit(VerificationJob, token: UInt64)
    /// Pass a verified message on.
    case pass(Message, Origin, receivedAt: Timestamp)
    /// End a message.
    case refuse(Origin, MessageID?, Refusal)
    /// Say in the log that the own clock is wrong, or right again.
    case warnOfClock(ClockComparison)
    /// Tell other subsystems how the own clock compares.
    case tellOfClock(ClockComparison)
    /// Answer a proof check.
    case answerCheck(ReplyAddress<CheckProof>, failure: String?)
    /// Answer a proof computation.
    case answerCompute(ReplyAddress<ComputeProof>, VDFProof)
}
