/// How often something may be done: what is not used is saved up, to a bound, and earned again with time.
public struct EarnedAllowance: Sendable {
    /// Time in which one is earned.
    private let interval: Int64
    /// How long it takes to earn all that can be saved up.
    private let whole: Int64
    /// When all that was used will have been earned again.
    private var usedUntil: Timestamp?

    /// Everything is saved up.
    ///
    /// - Parameters:
    ///   - burst: how many can be saved up.
    ///   - milliseconds: time in which one is earned.
    public init(burst: Int, oneInMilliseconds milliseconds: Int64) {
        self.interval = milliseconds
        self.whole = Int64(burst) * milliseconds
    }

    /// Whether there is one left.
    public func hasRoom(now: Timestamp) -> Bool { self.debt(now) + self.interval <= self.whole }

    /// Uses one up.
    public mutating func spend(now: Timestamp) {
        self.usedUntil = now.adding(milliseconds: self.debt(now) + self.interval)
    }

    /// What lies further ahead than everything was noted by a clock that has been put right.
    private func debt(_ now: Timestamp) -> Int64 {
        let debt = self.usedUntil?.milliseconds(since: now) ?? 0
        return (0...self.whole).contains(debt) ? debt : 0
    }
}
