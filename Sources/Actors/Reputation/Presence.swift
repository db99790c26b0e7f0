import Identities
import OrderedCollections
import Primitives

/// When an identity was there: what uptime and inactivity are reckoned from (D-37, D-43).
struct Presence: Sendable, Codable {
    /// Hours seen of a UTC day as bits 0 to 23, and bit 31 once the day is credited.
    private var days: OrderedDictionary<Int64, UInt32> = [:]
    /// The day of the newest sign of the identity, or the one before it was first heard of.
    private(set) var lastActiveDay: Int64

    private static let credited: UInt32 = 1 << 31
    private static let hours: UInt32 = 0x00ff_ffff

    /// Nobody was heard before the day `since`.
    init(since day: Int64) { self.lastActiveDay = day }

    /// Notes a signed message; one of an earlier day breaks the silence at that day.
    mutating func active(at time: Timestamp, today: Int64) {
        self.lastActiveDay = max(self.lastActiveDay, min(time.utcDay, today))
    }

    /// Notes an announcement that was seen when it was made.
    ///
    /// - Returns: whether it completes a day. Days are credited one by one as they complete, so an
    ///   outage of this node can never credit more than 30 at once (R-09-009).
    mutating func seen(at time: Timestamp) -> Bool {
        let day = time.utcDay
        let newest = max(self.days.keys.max() ?? day, day)
        let first = newest.saturatingSubtracting(ReputationLimits.presenceDays)
        guard day > first else { return false }
        self.days.removeAll { $0.key <= first }
        let bits = (self.days[day] ?? 0) | 1 << UInt32(clamping: time.utcHour - day * 24)
        let isComplete =
            bits & Self.credited == 0
            && (bits & Self.hours).nonzeroBitCount >= EarningLimits.uptimeHoursMin
        self.days[day] = isComplete ? bits | Self.credited : bits
        return isComplete
    }

    /// Takes in the presence of another key that is the same identity now.
    mutating func merge(_ other: Presence) {
        for (day, bits) in other.days { self.days[day, default: 0] |= bits }
        self.lastActiveDay = max(self.lastActiveDay, other.lastActiveDay)
    }
}

extension Presence: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("days", self.days)
        writer.field("lastActiveDay", self.lastActiveDay)
    }
}
