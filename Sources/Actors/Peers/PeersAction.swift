import Cryptography
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum PeersAction: Equatable {
    /// Dial an address.
    case dial(String)
    /// Look for addresses in the TXT records of a name.
    case lookUp(String)
    /// Close the connections of a peer.
    case disconnect(NodeID, reason: String)
    /// Keep the connections of a peer when there are too many of others, or no longer.
    case protect(NodeID, Bool)
    /// Put the anchors into the log.
    case save(Anchors)
    /// Open an auth exchange with a challenge.
    case challenge(OutboundExchange, AuthChallenge)
    /// Have Identity sign the answer to a peer's challenge.
    case sign(InboundExchange, AuthChallenge)
    /// Send the answer, or refuse with nil.
    case answerAuth(InboundExchange, AuthResponse?)
    /// Have Verification recompute a peer's proof.
    ///
    /// Proofs of peers that this node dialled cost no allowance (D-23).
    case checkProof(NodeID, VDFProof, isOutbound: Bool)
    /// Tell Verification how far the own clock is ahead of a peer's, in milliseconds.
    case compareClock(NodeID, offset: Int64)
    /// Have Verification compute this node's proof, for its key.
    case computeProof(NodeID)
    /// Tell everybody that a peer may speak now, and what is known of it.
    case authenticated(PeerAuthenticated)
    /// Broadcast PEER_ANNOUNCE.
    case announce(PeerAnnounce)
    /// Ask a peer for its peer list.
    case requestList(OutboundExchange, PeerListRequest)
    /// Answer a peer's request for the list.
    case answerList(InboundExchange, PeerListResponse)
    /// Take a message in: it will be relayed, and logged if it says something new.
    case accept(isLogged: Bool)
    /// End a message.
    case refuse(Refusal)
    /// Look through the table again after so long.
    case wake(afterMilliseconds: Int64)
}
