/// Counts signed timestamps in a rolling window, in whatever order they arrive (D-86).
public struct RateWindow: Sendable, Codable {
    private let count: Int
    private let milliseconds: Int64

    /// Allows `count` in `milliseconds`.
    public init(count: Int, milliseconds: Int64) {
        self.count = count
        self.milliseconds = milliseconds
    }

    /// The first time after this one at which there is room for one more.
    ///
    /// - Returns: nil when there is room at that moment.
    public func next(from time: Timestamp, among times: [Timestamp]) -> Timestamp? {
        guard !self.allows(time, among: times) else { return nil }
        // Room comes only when a window ends; after the last one there is nothing left to count.
        return times.map { $0.adding(milliseconds: self.milliseconds) }
            .filter { $0 > time }.sorted()
            .first { self.allows($0, among: times) }
    }

    /// Whether one more at this time leaves every window within the limit, those that reach
    /// beyond it included: what comes by sync may be older than what is known.
    public func allows(_ time: Timestamp, among times: [Timestamp]) -> Bool {
        let near = times.filter {
            time.milliseconds(since: $0).magnitude < self.milliseconds.magnitude
        }
        let starts = near.filter { $0 < time } + [time]
        return starts.allSatisfy { start in
            let end = start.adding(milliseconds: self.milliseconds)
            return near.count { $0 >= start && $0 < end } < self.count
        }
    }
}
