import DequeModule
import Identities
import Messages
import Primitives

/// The ledger of one identity: its direct score and how it came about (§9).
struct Account: Sendable, Codable {
    /// What the identity started from: 0.2, or a founder's score (D-36).
    let initial: FixedPoint
    /// The own opinion; zero once the identity is banned.
    private(set) var direct: FixedPoint
    /// A founder is known through the genesis list, so its score has the full own weight (D-36).
    let isFounder: Bool
    /// A banned identity has no score and is not heard (D-85).
    private(set) var isBanned = false
    private(set) var history: Deque<ScoreHistory.Entry> = []
    private var velocity = Velocity()
    var observations = IdentityObservations()
    var presence: Presence
    /// Claims that the identity verified and others agreed on.
    var verifications = 0
    /// Deducted for flags that are not decided yet.
    private(set) var stakeAtRisk = FixedPoint.zero

    /// An account as it is on the day that it is opened.
    init(
        direct: FixedPoint = ReputationLimits.start,
        isFounder: Bool = false,
        since day: Int64 = .min
    ) {
        self.presence = Presence(since: day)
        self.initial = direct
        self.direct = direct
        self.isFounder = isFounder
    }

    // MARK: Changing

    /// Adds a gain: split at 0.2, limited by day and week above it, capped at 1.
    ///
    /// - Returns: what was applied.
    @discardableResult
    mutating func gain(_ amount: FixedPoint, at time: Timestamp, cause: String) -> FixedPoint {
        guard !self.isBanned, amount > .zero else { return .zero }
        let free = max(.zero, min(amount, ReputationLimits.velocityBoundary - self.direct))
        let limited = min(
            amount - free,
            self.velocity.allowance(on: time.utcDay),
            .one - self.direct - free
        )
        let above = max(.zero, limited)
        self.velocity.count(above, on: time.utcDay)
        self.change(by: free + above, at: time, cause: cause)
        return free + above
    }

    /// Takes a loss, down to the floor.
    ///
    /// - Returns: what was taken.
    @discardableResult
    mutating func lose(_ amount: FixedPoint, at time: Timestamp, cause: String) -> FixedPoint {
        let room = max(.zero, self.direct - ReputationLimits.floor)
        let taken = min(max(.zero, amount), room)
        self.change(by: .zero - taken, at: time, cause: cause)
        return taken
    }

    /// Gives back what was taken before: no gain, so no limit but 1 applies (D-42).
    mutating func restore(_ amount: FixedPoint, at time: Timestamp, cause: String) {
        guard !self.isBanned, amount > .zero else { return }
        self.change(by: min(amount, .one - self.direct), at: time, cause: cause)
    }

    /// Takes a stake; what is actually taken is at risk until ``settle(_:isReturned:at:cause:)``.
    mutating func stake(_ amount: FixedPoint, at time: Timestamp, cause: String) -> FixedPoint {
        let taken = self.lose(amount, at: time, cause: cause)
        self.stakeAtRisk = self.stakeAtRisk + taken
        return taken
    }

    /// Returns a stake, or lets it go.
    mutating func settle(
        _ stake: FixedPoint,
        isReturned: Bool,
        at time: Timestamp,
        cause: String
    ) {
        self.stakeAtRisk = max(.zero, self.stakeAtRisk - stake)
        if isReturned { self.restore(stake, at: time, cause: cause) }
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
        if self.history.count > ReputationLimits.historyMax { self.foldHistory() }
    }

    /// The two entries with the oldest times become one.
    ///
    /// It has the later of these times, so that what the score was at any moment after it stays right,
    /// in whatever order the entries came.
    private mutating func foldHistory() {
        let indices = self.history.indices
        guard let oldest = indices.min(by: { self.history[$0].at < self.history[$1].at }),
            let second = indices.filter({ $0 != oldest })
                .min(by: { self.history[$0].at < self.history[$1].at })
        else { return }
        let place = max(oldest, second)
        self.history[place] = ScoreHistory.Entry(
            at: self.history[second].at,
            cause: "changes until then",
            changeMillionths: self.history[oldest].changeMillionths
                .saturatingAdding(self.history[second].changeMillionths),
            after: self.history[place].after
        )
        self.history.remove(at: min(oldest, second))
    }

    /// Takes in the account of a key that was linked: the lower score stands (D-12).
    ///
    /// A key whose ledger has no entry has no penalty that could be washed off, and lowers nobody
    /// (ADR 0026).
    mutating func absorb(_ child: Account, at time: Timestamp, cause: String) {
        if child.isBanned {
            self.forfeit(at: time, cause: cause)
        } else if child.hasRecord, child.direct < self.direct {
            self.change(by: child.direct - self.direct, at: time, cause: cause)
        }
        self.velocity.merge(child.velocity)
        self.observations.merge(child.observations)
        self.presence.merge(child.presence)
        self.verifications += child.verifications
        self.stakeAtRisk = self.stakeAtRisk + child.stakeAtRisk
    }

    // MARK: Reading

    private var hasRecord: Bool { self.isFounder || !self.history.isEmpty }

    // Both of the next are inlined where an account is read in its place, so that it is not copied for them.

    /// The own opinion as of a moment: what came later is taken back (D-48).
    @inline(__always)
    func direct(at time: Timestamp) -> FixedPoint {
        if self.isBanned { return .zero }
        var later: Int64 = 0
        for entry in self.history where entry.at > time {
            later = later.saturatingAdding(entry.changeMillionths)
        }
        let then = FixedPoint(millionths: self.direct.millionths.saturatingSubtracting(later))
        return min(max(then, ReputationLimits.floor), .one)
    }

    /// Gained within seven days before a moment, above the start and never negative (D-60).
    ///
    /// What was lost below the start and regained is no gain over it (R-08-024).
    @inline(__always)
    func earned(at now: Timestamp) -> FixedPoint {
        let begin = now.adding(milliseconds: -ReputationLimits.earningWindowMilliseconds)
        return max(.zero, self.direct - max(self.initial, self.direct(at: begin)))
    }

    /// What was counted towards the limits of a UTC day.
    func counted(on day: Int64) -> FixedPoint { self.velocity.counted(on: day) }

    /// Weight of the own opinion in millionths, now or from what was seen up to a moment.
    func alpha(at time: Timestamp? = nil) -> Int64 {
        if self.isFounder { return ReputationLimits.alphaMax }
        return time.map { self.observations.alpha(at: $0) } ?? self.observations.alpha
    }
}

extension Account: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("initial", self.initial)
        writer.field("direct", self.direct)
        writer.field("isFounder", self.isFounder)
        writer.field("isBanned", self.isBanned)
        writer.field("history", self.history)
        writer.field("velocity", self.velocity)
        writer.field("observations", self.observations)
        writer.field("presence", self.presence)
        writer.field("verifications", self.verifications)
        writer.field("stakeAtRisk", self.stakeAtRisk)
    }
}
