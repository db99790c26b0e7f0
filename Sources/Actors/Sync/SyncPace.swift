/// How often Sync performs its recurring work.
///
/// A node always runs at the standard pace; a simulation of months may run at a slower one.
public struct SyncPace: Sendable, Equatable {
    /// Time between two looks whether something is due, in milliseconds.
    public var tickMilliseconds = SyncLimits.tickMilliseconds
    /// Time between two incremental syncs, in milliseconds.
    public var incrementalMilliseconds = SyncLimits.incrementalMilliseconds

    /// Whether sync makes the random pauses by which nodes that come back together do not ask together;
    /// nil for what the profile says, which is to make none in the local one.
    public var makesPauses: Bool?

    /// The standard pace.
    public init() {}
}
