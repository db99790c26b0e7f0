/// Bounds of the Chronicle subsystem.
enum ChronicleLimits {
    /// Lines about peers within ``windowMilliseconds``; beyond that only their number is told.
    ///
    /// Source: own choice: an operator reads no more, and a stranger who comes and goes fills no disk.
    static let peerLinesMax = 30

    /// The time that ``peerLinesMax`` is about.
    ///
    /// Source: own choice.
    static let windowMilliseconds: Int64 = 60_000

    /// Another process with this node's key is told once in this time.
    ///
    /// Source: own choice: it dials again and again, and one line tells all.
    static let ownKeyMilliseconds: Int64 = 600_000

    /// Peers whose addresses are remembered until they are told.
    ///
    /// Source: own choice: above the connections that a node keeps.
    static let peersMax = 4_096
}
