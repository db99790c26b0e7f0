import Primitives

/// Whether a session gets on.
///
/// There is one session at a time, so a peer that answers without end, and without serving anything new,
/// would keep this node from all others.
struct SessionProgress: Sendable, Equatable {
    private let began: Timestamp
    /// Since when ``news`` are counted.
    private var countedSince: Timestamp
    private var news = 0
    private var emptyPages = 0

    init(now: Timestamp) {
        self.began = now
        self.countedSince = now
    }

    /// Something that the peer served was new to the log.
    mutating func brought() { self.news += 1 }

    /// A page arrived that is not the last one of its stretch.
    ///
    /// - Returns: whether the peer may go on.
    mutating func goesOn(messages: Int) -> Bool {
        self.emptyPages = messages == 0 ? self.emptyPages + 1 : 0
        return self.emptyPages <= SyncLimits.emptyPagesMax
    }

    /// Whether the session has taken too long for what it brought.
    ///
    /// A pass may take hours as long as it brings something; a comparison can go on another time.
    mutating func isStuck(isComparison: Bool, now: Timestamp) -> Bool {
        guard !isComparison else {
            return now.milliseconds(since: self.began) >= SyncLimits.comparisonMilliseconds
        }
        guard now.milliseconds(since: self.countedSince) >= SyncLimits.newsMilliseconds else {
            return false
        }
        defer { (self.countedSince, self.news) = (now, 0) }
        return self.news < SyncLimits.newsMin
    }
}
