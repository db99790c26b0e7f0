/// What the operator decides about sync.
public struct SyncConfiguration: Sendable {
    /// The node lists itself as genesis node, or has no bootstrap peers in the local profile: it is
    /// synced from the start (D-27).
    public var isSyncedAtStart: Bool
    /// No jitter and no pauses, for devnets and tests.
    public var isLocalProfile: Bool
    /// The operator named nodes to start from, one of which takes part in a first sync (R-05-076).
    public var namesBootstrapNodes: Bool
    /// What the line brings, in bytes a second; sync takes half of it at most (R-05-086).
    public var bandwidth = SyncConfiguration.defaultBandwidth
    /// How often sync performs its recurring work.
    public var pace = SyncPace()

    /// What a line brings unless the operator says otherwise, in bytes a second: 100 Mbit/s.
    public static let defaultBandwidth: Int64 = 12_500_000
    /// What a line may bring, in bytes a second: on a slower one no sync would get anywhere.
    public static let bandwidths: ClosedRange<Int64> = 20_000...10_000_000_000

    /// Puts a configuration together.
    public init(isSyncedAtStart: Bool, isLocalProfile: Bool, namesBootstrapNodes: Bool = false) {
        self.isSyncedAtStart = isSyncedAtStart
        self.isLocalProfile = isLocalProfile
        self.namesBootstrapNodes = namesBootstrapNodes
    }
}
