/// What the operator decides about sync.
public struct SyncConfiguration: Sendable {
    /// The node lists itself as genesis node, or has no bootstrap peers in the local profile: it is
    /// synced from the start (D-27).
    public var isSyncedAtStart: Bool
    /// No jitter and no pauses, for devnets and tests.
    public var isLocalProfile: Bool
    /// The operator named nodes to start from, one of which takes part in a first sync (R-05-076).
    public var namesBootstrapNodes: Bool
    /// How often sync performs its recurring work.
    public var pace = SyncPace()

    /// Puts a configuration together.
    public init(isSyncedAtStart: Bool, isLocalProfile: Bool, namesBootstrapNodes: Bool = false) {
        self.isSyncedAtStart = isSyncedAtStart
        self.isLocalProfile = isLocalProfile
        self.namesBootstrapNodes = namesBootstrapNodes
    }
}
