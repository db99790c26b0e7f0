import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum SyncAction: Equatable {
    /// Ask a peer for a page.
    case request(OutboundExchange, SyncRequest)
    /// Hand an obtained message to admission.
    case admit([UInt8], from: NodeID)
    /// Ask another subsystem.
    case ask(SyncQuestion)
    /// Answer a peer.
    case answer(InboundExchange, SyncResponse)
    /// End an exchange without an answer, so that the peer turns to somebody else.
    case hangUp(InboundExchange)
    /// Tell how many messages a peer was served.
    case tellServed(NodeID, messages: Int)
    /// Say in the log that no answer can carry this message.
    case warnOfUnserved(MessageID)
    /// Tell everybody the new state.
    case stateChanged(SyncState, finishedPhases: [Int] = [])
    /// Tell which phases are yet to be read, so that their live messages wait.
    case await([Int])
    /// Tell everybody that nothing is missed any more.
    case caughtUp(isBeginning: Bool)
    /// Tell that the trees of a peer differ from the own ones.
    case tell(Divergence)
    /// Say in the log that trees of this node and of synced peers differ this gravely.
    case warnOfPartition(PartitionSeverity)
    /// Tell everybody that they are equal again.
    case partitionHealed
    /// Tell what peers agree on about scores.
    case tellScores([ScoresReported.Bound])
    /// Sign a snapshot of what this node holds.
    case publish(StateSnapshot)
    /// Say in the log how the own state compares with snapshots that agree.
    case tellSnapshots(Snapshots.Finding)
    /// End a message.
    case refuse(Origin, MessageID, Refusal)
}
