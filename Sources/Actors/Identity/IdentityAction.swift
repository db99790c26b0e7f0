import Identities
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum IdentityAction {
    /// Pass a message with what is known of its sender on.
    case rate(RateSender)
    /// Send a signed broadcast of our own through admission, and whom it comes from.
    case admit([UInt8], Origin)
    /// Open an exchange with a signed request.
    case open(OutboundExchange, Message)
    /// Answer an exchange with a signed answer; nil resets it.
    case answer(InboundExchange, [UInt8]?)
    /// A live message waits; what gave way for it is refused.
    case hold(Origin)
    /// Get what gave way while it waited.
    case fetchPhase(Int, since: Timestamp)
    /// A message of an identity type holds.
    case accept(AdmittedMessage)
    /// Broadcast the original bytes of own links again.
    case repeatLinks([MessageID])
    /// Tell everybody of contradicting rotations.
    case announce(KeyContradiction)
    /// Get the rotations that a conflict notice names.
    case fetch([MessageID], likelyHolders: [NodeID])
    /// Put a fact into the log.
    case record(LocalFact)
    /// Tell everybody that nothing is signed any more, as the key is used elsewhere, or may be.
    case stopSigning(Refusal)
    /// Tell everybody that it is signed again.
    case resumeSigning
    /// Tell the operator that peers have messages of this node that it lacked.
    case tellOfRestoredMessages
    /// A message ends here.
    case refuse(Origin, MessageID?, Refusal)
}
