/// The phases of the network written a second time: every observed hour, gone through in full (§8).
struct PlainClock {
    struct Hour {
        let end: Int64
        let active: Int
        let multiplier: Int64
    }

    /// What peers said of the beginning of governance, and when this node heard it.
    struct Hint {
        let since: Int64
        let known: Int64
    }

    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    var hours: [Hour] = []
    var hints: [Hint] = []

    /// When governance began, and when this node knew: with an hour that completes a run of good ones,
    /// or when peers said so.
    private var begin: (since: Int64, known: Int64)? {
        let hint = self.hints.first
        var run: Int64 = 0
        for hour in self.hours where hour.end <= hint?.known ?? .max {
            run = hour.active >= 16 ? run + 1 : 0
            if run >= max(72, 168_000_000 / hour.multiplier) { return (hour.end, hour.end) }
        }
        return hint.map { (min($0.since, $0.known), $0.known) }
    }

    var since: Int64? { self.begin?.since }

    /// When constitutional governance began: thirty days of 1,024.
    var constitutionalSince: Int64? {
        guard let since = self.since else { return nil }
        var run = 0
        for hour in self.hours {
            run = hour.active >= 1_024 ? run + 1 : 0
            if run >= 720, hour.end >= since { return hour.end }
        }
        return nil
    }

    func isColdStart(_ moment: Int64) -> Bool {
        guard let since = self.since else { return false }
        return moment >= since && moment < since + 30 * Self.day
    }

    /// Whether rules may change at a moment, and the most fundamental ones as well.
    func allowed(at moment: Int64) -> (standard: Bool, constitutional: Bool) {
        guard let begin = self.begin, moment >= begin.since else { return (false, false) }
        // What this node saw before it knew of governance does not count against it.
        let newest = self.hours.last { $0.end <= moment && $0.end >= begin.known }
        let active = newest?.active ?? 16
        let isLarge = self.constitutionalSince.map { moment >= $0 } ?? false
        return (active >= 16, active >= 1_024 && isLarge)
    }

    /// Whether votes are counted by heads.
    func countsHeads(deadline: Int64) -> Bool { self.isColdStart(deadline) }

    /// Whether half of the heads must vote besides.
    func needsHalf(submitted: Int64, deadline: Int64) -> Bool {
        guard let since = self.since, self.isColdStart(submitted) else { return false }
        return deadline <= since + 90 * Self.day
    }
}
