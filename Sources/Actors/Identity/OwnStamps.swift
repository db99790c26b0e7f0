import Primitives

/// The stamps of own messages: each is later than the one before, so that two equal messages of one
/// millisecond are two, and that others see them in the order in which they were said.
///
/// They stay near the clock all the same. After a clock was set back by much, earlier stamps lie in the
/// future; new ones then follow the clock again, since no peer would accept them otherwise. Until the
/// clock has caught up, the protocol takes the older messages for the newer ones (ADR 0033).
struct OwnStamps: Sendable, Codable {
    /// The newest stamp given.
    private var last: Timestamp?

    /// The stamp of the next message.
    mutating func next(now: Timestamp) -> Timestamp {
        var stamp = now
        if let last = self.last, last >= now {
            let risen = last.adding(milliseconds: 1)
            let isNear =
                risen.milliseconds(since: now) <= IdentityLimits.stampAheadMaxMilliseconds
            if isNear { stamp = risen }
        }
        self.last = stamp
        return stamp
    }

    /// An own message is in the log.
    mutating func logged(_ stamp: Timestamp) { self.last = max(self.last ?? stamp, stamp) }
}
