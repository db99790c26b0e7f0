import Primitives

/// Counts signed timestamps in a rolling window, in whatever order they arrive (D-86).
struct RateWindow: Sendable {
    private let count: Int
    private let milliseconds: Int64

    /// Allows `count` in `milliseconds`.
    init(count: Int, milliseconds: Int64) {
        self.count = count
        self.milliseconds = milliseconds
    }

    /// Whether one more at this time leaves every window within the limit, those that reach
    /// beyond it included: what comes by sync may be older than what is known.
    func allows(_ time: Timestamp, among times: [Timestamp]) -> Bool {
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
