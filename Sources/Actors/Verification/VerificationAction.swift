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
    /// Ask time servers.
    case askTime([String])
    /// Look again at this moment whether they are to be asked.
    case wake(at: Timestamp)
    /// Say in the log that the own clock is off by time servers, or right again.
    case warnOfServers(ServerTime)
    /// Tell other subsystems how the own clock compares.
    case tellOfClock(ClockComparison)
    /// Answer a proof check.
    case answerCheck(ReplyAddress<CheckProof>, failure: String?)
    /// Answer a proof computation.
    case answerCompute(ReplyAddress<ComputeProof>, VDFProof)
}
