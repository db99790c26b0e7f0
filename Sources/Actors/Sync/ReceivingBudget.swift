import Primitives

/// Keeps what this node takes in while it syncs to half of what its line brings (R-05-086, R-16-143).
///
/// What came is owed, and paid off at that rate. Nothing more is asked for while more than a second's worth is
/// owed, so that a line never carries more than half, but for one second's worth and one answer.
struct ReceivingBudget: Sendable {
    private let bytesPerSecond: Int64
    private var owed: Int64 = 0
    private var countedAt = Timestamp(milliseconds: 0)
    private static let hourMilliseconds: Int64 = 3_600_000

    /// - Parameter bandwidth: what the line brings, in bytes a second.
    init(bandwidth: Int64) {
        let range = SyncConfiguration.bandwidths
        let bounded = min(max(bandwidth, range.lowerBound), range.upperBound)
        self.bytesPerSecond = bounded / SyncLimits.requesterShare
    }

    /// A peer served so much.
    mutating func received(_ bytes: Int, now: Timestamp) {
        self.owed = self.owed(at: now).saturatingAdding(Int64(bytes))
        self.countedAt = now
    }

    /// Whether more may be asked for.
    func allowsMore(now: Timestamp) -> Bool { self.owed(at: now) <= self.bytesPerSecond }

    private func owed(at now: Timestamp) -> Int64 {
        let elapsed = max(0, now.milliseconds(since: self.countedAt))
        guard elapsed < Self.hourMilliseconds else { return 0 }
        return max(0, self.owed - elapsed * self.bytesPerSecond / 1_000)
    }
}
