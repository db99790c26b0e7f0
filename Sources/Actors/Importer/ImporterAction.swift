import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum ImporterAction: Equatable {
    /// Ask the log which of the messages it has.
    case look(for: [MessageID])
    /// Hand a message to admission.
    case admit([UInt8], Origin)
    /// Tell what became of the page.
    case end(ImportOutcome)
    /// Tell that the log takes no more.
    case stop(reason: String)
}
