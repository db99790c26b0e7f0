import Primitives

/// Which full hours this node looks at the network for: all of them since it went live.
struct HourWatch: Sendable, Codable {
    /// When this node began to follow the network; nil during the replay.
    private(set) var liveSince: Timestamp?
    /// When to look next.
    private(set) var next = Timestamp.distantFuture

    /// Whether the replay is over.
    var isLive: Bool { self.liveSince != nil }

    /// The replay is over: the first whole hour is the one that begins next.
    mutating func goLive(at now: Timestamp) {
        self.liveSince = now
        self.next = Timestamp(clockHour: now.clockHour + 1)
    }

    /// Whether it is time to look; if so, the next time is the next full hour.
    mutating func takeLook(at now: Timestamp) -> Bool {
        guard now >= self.next else { return false }
        self.next = Timestamp(clockHour: now.clockHour + 1)
        return true
    }

    /// No sample was obtained: tries again soon, as long as a sample may still stand for the hour that
    /// ended.
    mutating func sawNothing(at now: Timestamp) {
        let again = now.adding(milliseconds: ConsensusLimits.askAgainMilliseconds)
        let age = again.milliseconds(since: Timestamp(clockHour: again.clockHour))
        if age <= ConsensusLimits.observationDelayMilliseconds { self.next = min(self.next, again) }
    }
}
