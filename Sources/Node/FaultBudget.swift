public import Kernel

/// How often a node may rebuild itself (design §3): the third fault within a minute ends it.
public struct FaultBudget: Sendable {
    private static let faultsMax = 3
    private static let window = Duration.seconds(60)
    private var faults: [Moment] = []

    /// Nothing has failed yet.
    public init() {}

    /// Notes a fault; false when the node must end.
    public mutating func note(at now: Moment) -> Bool {
        self.faults.append(now)
        self.faults.removeAll { now.duration(since: $0) > Self.window }
        return self.faults.count < Self.faultsMax
    }
}
