import Kernel

/// How often a node may rebuild itself (design §3): the third fault within a minute ends it.
struct FaultBudget: Sendable {
    private static let faultsMax = 3
    private static let window = Duration.seconds(60)
    private var faults: [Moment] = []

    /// Notes a fault; false when the node must end.
    mutating func note(at now: Moment) -> Bool {
        self.faults.append(now)
        self.faults.removeAll { now.duration(since: $0) > Self.window }
        return self.faults.count < Self.faultsMax
    }
}
