import Messages
import Primitives

// What a caller is told near a deadline when this node's clock is known to be off (ADR 0034).
extension ClockComparison {
    /// Whether the offset is larger than what comparisons fluctuate by.
    var isOff: Bool {
        self.offsetMilliseconds.magnitude >= UInt64(APILimits.clockOffMilliseconds)
    }

    /// The warning for a deadline; nil when it is far off, or has passed by the own clock, too.
    func warning(until end: Timestamp, now: Timestamp) -> String? {
        let left = end.milliseconds(since: now)
        let distance = Int64(clamping: self.offsetMilliseconds.magnitude)
        guard self.isOff, left >= 0,
            left <= distance.saturatingAdding(APILimits.nearMilliseconds)
        else { return nil }
        let theirs = left.saturatingAdding(self.offsetMilliseconds)
        let time =
            theirs > 0
            ? "\(theirs / 1_000) s are left until the deadline of \(end.text)"
            : "the deadline of \(end.text) has passed"
        let side = self.offsetMilliseconds < 0 ? "behind" : "ahead of"
        return
            "this node's clock is \(distance.saturatingAdding(500) / 1_000) s \(side) those of its peers, "
            + "by which \(time); set the clock, best by an NTP service"
    }
}
