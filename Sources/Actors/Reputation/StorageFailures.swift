import Identities
import Primitives

/// Failed storage challenges of one identity within the last seven days (D-64).
///
/// A timeout and a wrong proof are alike. Passed challenges take nothing out of the window: a
/// provider that passes for a week has an empty one.
struct StorageFailures: Sendable, Codable {
    /// Ascending.
    private var times: [Timestamp] = []
    /// How long days are.
    private let calendar: MarketCalendar

    init(_ calendar: MarketCalendar) { self.calendar = calendar }

    private var window: Int64 { self.calendar.milliseconds(EarningLimits.failureWindow) }

    /// Notes a failure.
    ///
    /// - Returns: what it costs; nil when it does not count, because another one counted within a
    ///   day of it.
    mutating func failed(at time: Timestamp) -> FixedPoint? {
        let pause = self.calendar.milliseconds(EarningLimits.failurePause).magnitude
        guard !self.times.contains(where: { time.milliseconds(since: $0).magnitude < pause })
        else { return nil }
        self.insert(time)
        let steps = EarningLimits.storageFailures
        return steps[min(self.count(at: time), steps.count) - 1]
    }

    /// How many are inside the window; one that is exactly seven days old has left it.
    func count(at time: Timestamp) -> Int {
        self.times.count { $0 <= time && time.milliseconds(since: $0) < self.window }
    }

    private mutating func insert(_ time: Timestamp) {
        let newest = max(self.times.last ?? time, time)
        self.times = (self.times + [time]).sorted().filter {
            $0 == time || newest.milliseconds(since: $0) < self.window
        }
    }

    /// Takes in the failures of another key that is the same identity now.
    mutating func merge(_ other: StorageFailures) {
        for time in other.times { self.insert(time) }
    }
}

extension StorageFailures: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("times", self.times)
    }
}
