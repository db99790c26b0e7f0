import DequeModule
import Messages
import OrderedCollections
import Primitives

/// The ledger of one identity: its direct score and how it came about (§9).
struct Account: Sendable {
    private(set) var direct: FixedPoint
    private(set) var observations = 0
    private(set) var history: Deque<ScoreHistory.Entry> = []
    /// A founder is known through the genesis list, before any observation (D-36).
    let isFounder: Bool
    /// A banned identity has no score and is not heard (D-85).
    private(set) var isBanned = false
    /// Gain above the velocity boundary by UTC day, newest days only.
    private var gains: OrderedDictionary<Int64, FixedPoint> = [:]
    /// Types observed in the newest observed hour.
    private var observedHour: Int64 = .min
    private var observedTypes: OrderedSet<String> = []

    init(direct: FixedPoint = ReputationLimits.start, isFounder: Bool = false) {
        self.direct = direct
        self.isFounder = isFounder
    }

    /// Adds a gain: split at 0.2, limited by day and week above it, capped at 1.
    ///
    /// - Returns: what was applied.
    @discardableResult
    mutating func gain(_ amount: FixedPoint, at time: Timestamp, cause: String) -> FixedPoint {
        guard !self.isBanned else { return .zero }
        let boundary = ReputationLimits.velocityBoundary
        let free = max(.zero, min(amount, boundary - self.direct))
        let wanted = amount - free
        let limited = min(wanted, self.allowance(on: time.utcDay), .one - self.direct - free)
        let above = max(.zero, limited)
        if above > .zero {
            self.gains[time.utcDay, default: .zero] = self.gained(time.utcDay) + above
        }
        self.change(by: free + above, at: time, cause: cause)
        return free + above
    }

    /// Takes a loss, down to the floor.
    mutating func lose(_ amount: FixedPoint, at time: Timestamp, cause: String) {
        let room = max(.zero, self.direct - ReputationLimits.floor)
        self.change(by: .zero - min(amount, room), at: time, cause: cause)
    }

    /// A ban forfeits everything; the floor does not protect (D-85).
    mutating func forfeit(at time: Timestamp, cause: String) {
        self.isBanned = true
        self.change(by: .zero - self.direct, at: time, cause: cause)
    }

    private mutating func change(by amount: FixedPoint, at time: Timestamp, cause: String) {
        guard amount != .zero else { return }
        self.direct = self.direct + amount
        self.history.append(
            ScoreHistory.Entry(
                at: time,
                cause: cause,
                changeMillionths: amount.millionths,
                after: self.direct
            )
        )
        if self.history.count > ReputationLimits.historyMax { self.history.removeFirst() }
    }

    private func gained(_ day: Int64) -> FixedPoint { self.gains[day] ?? .zero }

    private mutating func allowance(on day: Int64) -> FixedPoint {
        let first = day.saturatingSubtracting(ReputationLimits.windowDays - 1)
        let week = self.gains.filter { (first...max(first, day)).contains($0.key) }
        let weekly = week.values.reduce(FixedPoint.zero, +)
        return min(
            ReputationLimits.dailyGain - self.gained(day),
            ReputationLimits.weeklyGain - weekly
        )
    }

    /// Counts a message of the identity, once per type and hour (R-09-034).
    mutating func observe(_ typeName: String, at time: Timestamp) {
        let hour = time.milliseconds / 3_600_000
        guard hour >= self.observedHour else { return }
        if hour > self.observedHour {
            self.observedHour = hour
            self.observedTypes = []
        }
        if self.observedTypes.append(typeName).inserted { self.observations += 1 }
    }

    /// Weight of the own opinion in millionths.
    var alpha: Int64 {
        let observed = Int64(clamping: self.observations)
            .multipliedReportingOverflow(by: ReputationLimits.alphaPerObservation)
        return observed.overflow
            ? ReputationLimits.alphaMax : min(ReputationLimits.alphaMax, observed.partialValue)
    }

    /// The score while nobody else has an opinion: the direct one, once there is one (D-39).
    var overall: FixedPoint {
        self.isFounder || self.isBanned || self.alpha > 0 ? self.direct : ReputationLimits.start
    }
}
