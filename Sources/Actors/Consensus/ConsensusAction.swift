import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum ConsensusAction {
    /// A message holds and was applied.
    case accept(AdmittedMessage)
    /// A message ends here.
    case refuse(AdmittedMessage, Refusal)
    /// Get a proposal that others talk about.
    case fetch(MessageID, likelyHolders: [NodeID])
}
