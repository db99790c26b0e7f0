import Identities
import OrderedCollections
import Primitives

/// What an identity gained above 0.2 by UTC day: the limits of a day and of seven (D-41).
///
/// Gains are booked on the day that was signed, in whatever order they arrive, so every seven days in
/// a row that a day is part of must stay within the limit, those that end after it included.
struct Velocity: Sendable, Codable {
    private var days: OrderedDictionary<Int64, FixedPoint> = [:]

    /// What the limits still allow on a day, by the timestamp of the cause.
    func allowance(on day: Int64) -> FixedPoint {
        if self.days.count >= ReputationLimits.velocityDaysMax,
            let oldest = self.days.keys.min(), day < oldest
        {
            return .zero
        }
        let weeks = (0..<ReputationLimits.windowDays).map { ahead in
            self.week(endingOn: day.saturatingAdding(ahead))
        }
        let daily = ReputationLimits.dailyGain - self.counted(on: day)
        return max(.zero, min(daily, ReputationLimits.weeklyGain - (weeks.max() ?? .zero)))
    }

    private func week(endingOn day: Int64) -> FixedPoint {
        (0..<ReputationLimits.windowDays).reduce(.zero) { sum, back in
            sum + self.counted(on: day.saturatingSubtracting(back))
        }
    }

    /// What was counted on a day.
    func counted(on day: Int64) -> FixedPoint { self.days[day] ?? .zero }

    /// Counts what was applied; losses give nothing back.
    mutating func count(_ amount: FixedPoint, on day: Int64) {
        guard amount > .zero else { return }
        self.days[day, default: .zero] = self.counted(on: day) + amount
        if self.days.count > ReputationLimits.velocityDaysMax,
            let oldest = self.days.keys.min()
        {
            self.days.removeValue(forKey: oldest)
        }
    }

    /// Takes in the gains of another key that is the same identity now.
    mutating func merge(_ other: Velocity) {
        for (day, amount) in other.days { self.count(amount, on: day) }
    }
}

extension Velocity: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("days", self.days)
    }
}
