import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum SyncAction: Equatable {
    /// Ask a peer for a page.
    case request(OutboundExchange, SyncRequest)
    /// Hand an obtained message to admission.
    case admit([UInt8], from: NodeID)
    /// Answer a peer at once.
    case answer(InboundExchange, SyncResponse)
    /// Read a page from the log to answer a peer.
    case readPage(InboundExchange, SyncRequest)
    /// Answer a peer without messages: nothing matches its request, or it wants the logs compared.
    case emptyPage(InboundExchange, SyncRequest, differences: [SyncDifference]? = nil)
    /// Read messages by id to answer a peer.
    case readIDs(InboundExchange, [MessageID])
    /// Look up the identity messages of a key to answer a peer (R-01-031).
    case readChain(InboundExchange, SyncRequest, key: NodeID)
    /// Look up whether any identity message names the key of a peer.
    case lookUp(NodeID)
    /// Tell everybody the new state.
    case stateChanged(SyncState, finishedPhases: [Int] = [])
    /// Tell everybody that nothing is missed any more.
    case caughtUp(isBeginning: Bool)
    /// End a message.
    case refuse(Refusal)
}
