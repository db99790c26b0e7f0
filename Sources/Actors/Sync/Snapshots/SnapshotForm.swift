import Messages
import Primitives

extension StateSnapshot {
    /// Why a snapshot is not taken, kept or served now; nil when nothing is wrong with it.
    ///
    /// It is at most a day old (R-05-034), and at most as far ahead as clocks may be apart (D-16).
    func objection(now: Timestamp) -> Refusal? {
        let age = now.milliseconds(since: self.snapshotTimestamp)
        guard age < -SyncLimits.clockSkewMilliseconds || age > SnapshotLimits.ageMilliseconds else {
            return nil
        }
        return Refusal(.outsideTimeWindow, "the snapshot is \(age) ms old")
    }
}
