import Messages
import Primitives

/// Compares the own clock with those of others, and says what is new about it.
struct ClockWatch: Sendable {
    private var offsets = ClockOffsets()
    /// The latest warning.
    private var standing = ClockStanding.right
    /// The latest report.
    private var toldOffset: Int64?

    /// How the own clock compares with others; nil before any was heard.
    var comparison: ClockComparison? { self.offsets.comparison }

    /// A message came in, on time or not.
    mutating func heard(_ message: Message, _ origin: Origin, now: Timestamp)
        -> [VerificationAction]
    {
        self.offsets.heard(message, origin, now: now) ? self.news() : []
    }

    /// A handshake showed how far the clocks are apart.
    mutating func heard(_ answer: CompareClock, now: Timestamp) -> [VerificationAction] {
        self.offsets.heard(answer, now: now) ? self.news() : []
    }

    /// Says how the own clock compares now, when that is something new.
    private mutating func news() -> [VerificationAction] {
        guard let comparison = self.comparison else { return [] }
        var actions: [VerificationAction] = []
        let isNewStanding = comparison.standing != self.standing
        if isNewStanding {
            self.standing = comparison.standing
            actions.append(.warnOfClock(comparison))
        }
        let offset = comparison.offsetMilliseconds
        let step = self.toldOffset.map { offset.saturatingSubtracting($0).magnitude }
        let least = VerificationLimits.clockStepMilliseconds.magnitude
        if isNewStanding || step.map({ $0 >= least }) ?? true {
            self.toldOffset = offset
            actions.append(.tellOfClock(comparison))
        }
        return actions
    }
}
