/// A token bucket: each use takes a token, and tokens come back with time, up to a bound.
public struct TokenBucket: Sendable, Codable {
    /// Time in which one token comes back.
    private let interval: Int64
    /// How long it takes to fill the empty bucket.
    private let whole: Int64
    /// When the bucket will be full again.
    private var usedUntil: Timestamp?

    /// Begins with a full bucket.
    ///
    /// - Parameters:
    ///   - burst: the most tokens that it holds.
    ///   - milliseconds: time in which one token comes back.
    public init(burst: Int, oneInMilliseconds milliseconds: Int64) {
        self.interval = milliseconds
        self.whole = Int64(burst) * milliseconds
    }

    /// Whether there is a token left.
    public func hasRoom(now: Timestamp) -> Bool { self.debt(now) + self.interval <= self.whole }

    /// Takes a token; an empty bucket stays empty.
    public mutating func spend(now: Timestamp) {
        let debt = min(self.debt(now) + self.interval, self.whole)
        self.usedUntil = now.adding(milliseconds: debt)
    }

    /// A time further ahead than a whole filling was noted by a clock that has been corrected since.
    private func debt(_ now: Timestamp) -> Int64 {
        let debt = self.usedUntil?.milliseconds(since: now) ?? 0
        return (0...self.whole).contains(debt) ? debt : 0
    }
}
