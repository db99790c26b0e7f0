import DequeModule
import Identities
import Primitives

/// The UTC days that this node was awake on, by the arrivals in its log.
///
/// Silence is counted in these: on a day that the node slept through nobody was silent (D-43).
struct WatchedDays: Sendable, Codable {
    /// The day of the newest arrival.
    private(set) var today: Int64?
    /// Hours of it in which something arrived, as bits.
    private var hours: UInt32 = 0
    /// Ascending.
    private var days: Deque<Int64> = []

    /// Time passes by arrivals: a day is over when something arrives on a later one.
    ///
    /// - Returns: the day that is over, if it was watched; it still has to be closed.
    mutating func advance(to arrival: Timestamp) -> Int64? {
        let day = arrival.utcDay
        let before = self.today ?? day
        guard day >= before else { return nil }
        let wasWatched = self.hours.nonzeroBitCount >= EarningLimits.uptimeHoursMin
        if day > before { self.hours = 0 }
        self.today = day
        self.hours |= 1 << UInt32(clamping: arrival.utcHour - day * 24)
        return day > before && wasWatched ? before : nil
    }

    /// Counts a day that is over.
    mutating func close(_ day: Int64) {
        self.days.append(day)
        if self.days.count > ReputationLimits.watchedDaysMax { self.days.removeFirst() }
    }

    /// How many watched days are over since a day.
    func count(after day: Int64) -> Int {
        self.days.count - (self.days.lastIndex { $0 <= day }.map { $0 + 1 } ?? 0)
    }
}

extension WatchedDays: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("today", self.today)
        writer.field("hours", self.hours)
        writer.field("days", self.days)
    }
}
