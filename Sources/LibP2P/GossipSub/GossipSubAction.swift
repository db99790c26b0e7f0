public import Multiformats

/// What the router wants done.
public enum GossipSubAction: Sendable {
    /// Send an encoded RPC, varint length prefix included, to a peer.
    case send(PeerID, [UInt8])
    /// Judge a message, then call ``GossipSubRouter/validated(_:verdict:now:)``.
    case deliver(GossipMessage)
    /// A peer crossed the graylist limit; its RPCs are ignored from now on.
    case penalised(PeerID, reason: GossipPenalty)
}

/// What the router did with incoming bytes, counted from its start.
public struct GossipSubCounters: Sendable, Equatable {
    /// RPCs that were no protobuf or over a limit.
    public internal(set) var malformedRPCs: UInt64 = 0
    /// RPCs of peers on the graylist.
    public internal(set) var graylistedRPCs: UInt64 = 0
    /// Messages delivered for a verdict.
    public internal(set) var delivered: UInt64 = 0
    /// Messages that had arrived before.
    public internal(set) var duplicates: UInt64 = 0
    /// Messages without the members that StrictSign demands.
    public internal(set) var notStrictSign: UInt64 = 0
    /// Messages in topics without subscription.
    public internal(set) var foreignTopic: UInt64 = 0
    /// Messages of peers that were not allowed to send any yet.
    public internal(set) var notAccepted: UInt64 = 0
    /// Messages dropped because too many waited for a verdict.
    public internal(set) var overloaded: UInt64 = 0
    /// Large messages whose signature does not hold.
    public internal(set) var forged: UInt64 = 0
    /// Copies that were not sent because the peer had said that it has the message.
    public internal(set) var spared: UInt64 = 0
    /// Messages not sent to a peer that takes no RPCs of their size.
    public internal(set) var oversized: UInt64 = 0
    /// Peers that PRUNEs offered and that were passed over.
    public internal(set) var offersIgnored: UInt64 = 0
    /// Own publications that no peer ever was there to take.
    public internal(set) var unsentDropped: UInt64 = 0
    /// Messages that got the verdict ``GossipVerdict/reject``.
    public internal(set) var rejected: UInt64 = 0
}
