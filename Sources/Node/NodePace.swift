public import Gossip
public import Peers
public import Sync

/// How often a node performs its recurring work.
///
/// These are intervals of work, no rules of the protocol: what is accepted, counted and decided does
/// not depend on them. Operators cannot change them; a simulation of months does (R-03-013,
/// R-04-014 and R-09-042 name the standard ones).
public struct NodePace: Sendable, Equatable {
    /// The mesh.
    public var gossip = GossipPace()
    /// The peer table and own announcements.
    public var peers = PeersPace()
    /// Catching up.
    public var sync = SyncPace()
    /// Time between two broadcasts of assessments; nil for the standard one.
    public var assessments: Duration?

    /// The standard pace.
    public init() {}
}
