import OrderedCollections
import Primitives

/// What an identity gained above 0.2 by UTC day: the limits of a day and of seven (D-41).
struct Velocity: Sendable {
    private var days: OrderedDictionary<Int64, FixedPoint> = [:]

    /// What the limits still allow on a day, by the timestamp of the cause.
    func allowance(on day: Int64) -> FixedPoint {
        if self.days.count >= ReputationLimits.velocityDaysMax,
            let oldest = self.days.keys.min(), day < oldest
        {
            return .zero
        }
        let week = (0..<ReputationLimits.windowDays).reduce(FixedPoint.zero) { sum, back in
            sum + self.counted(on: day.saturatingSubtracting(back))
        }
        let daily = ReputationLimits.dailyGain - self.counted(on: day)
        return max(.zero, min(daily, ReputationLimits.weeklyGain - week))
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

    /// For the digest.
    var line: String {
        self.days.sorted { $0.key < $1.key }
            .map { "\($0.key):\($0.value.millionths)" }.joined(separator: ",")
    }
}
