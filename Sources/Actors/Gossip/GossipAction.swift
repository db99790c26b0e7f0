import GossipSub
import Messages
import Primitives

/// What the state machine wants done; the actor carries it out.
enum GossipAction: Equatable {
    /// Send an encoded RPC frame.
    case sendGossip([UInt8], to: NodeID)
    /// Hand bytes to admission, with the relay-layer signature still to be checked.
    case admit([UInt8], Origin, PubsubSignature?)
    /// Hand a bare AUTH frame to Peers.
    case deliverAuthFrame(ReceiveAuthFrame.Side, [UInt8])
    /// Open a stream.
    case openExchange(token: UInt64, OutboundExchange, [UInt8])
    /// Answer or reset a stream that a peer opened.
    case answerExchange(UInt64, [UInt8]?)
    /// Tell the opener that its exchange failed.
    case exchangeFailed(OutboundExchange, String)
    /// Refuse a message on behalf of its judge.
    case refuse(Origin, MessageID, Refusal)
    /// Tell everybody where this node listens.
    case listening([String])
    /// Tell everybody about a connection.
    case peerConnected(NodeID, address: String, isOutbound: Bool)
    /// Tell everybody where a connected peer is seen now.
    case peerAddressChanged(NodeID, address: String)
    /// Tell everybody about the end of a connection.
    case peerDisconnected(NodeID, reason: String, isShunned: Bool)
    /// Have Reputation say what peers are worth.
    case askStandings([NodeID])
    /// Tell the transport what a connection is worth.
    case setValue(NodeID, Int)
    /// Close the connections of a peer.
    case disconnect(NodeID, reason: String)
    /// Stop or resume reading from sockets.
    case setReading(paused: Bool)
    /// Tend the mesh again after a while.
    case wake(after: Duration)
}
