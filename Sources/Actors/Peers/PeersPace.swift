/// How often Peers performs its recurring work, and how many peers it looks for.
///
/// A node always runs at the standard pace; a simulation of months may run at a slower one.
public struct PeersPace: Sendable, Equatable {
    /// Time between two looks through the table, in milliseconds.
    public var tickMilliseconds = PeersLimits.tickMilliseconds
    /// Time between two own announcements, in milliseconds.
    public var announceMilliseconds = PeersLimits.announceMilliseconds
    /// Connections that the node dials by itself.
    public var outboundTarget = PeersLimits.outboundTarget

    /// The standard pace.
    public init() {}
}
