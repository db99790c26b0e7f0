import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum ReputationAction {
    /// Hand a message to the owner of its type.
    case judge(AdmittedMessage)
    /// A message of its own type holds.
    case accept(AdmittedMessage)
    /// A message ends here.
    case refuse(Origin, MessageID, Refusal)
    /// Tell others what this node thinks of some identities.
    case publish(ReputationGossip)
    /// Flag an artefact on this node's disk.
    case flag(Flag)
    /// Tell whoever keeps artefacts what becomes of one.
    case tell(ContentWeighed)
    /// Put a fact into the log.
    case record(LocalFact)
    /// Wake up after a while.
    case wake(after: Duration)
}
