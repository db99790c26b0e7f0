/// How often Sync performs its recurring work.
///
/// A node always runs at the standard pace; a simulation of months may run at a slower one.
public struct SyncPace: Sendable, Equatable {
    /// Time between two looks whether something is due, in milliseconds.
    public var tickMilliseconds = SyncLimits.tickMilliseconds
    /// Time between two incremental syncs, in milliseconds.
    public var incrementalMilliseconds = SyncLimits.incrementalMilliseconds

    /// The standard pace.
    public init() {}
}
