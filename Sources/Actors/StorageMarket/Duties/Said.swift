import OrderedCollections
import Primitives

/// What this node said and does not see in its books yet, so that it does not say it again at once.
///
/// What was said may also have been refused on its way, so that it may be said again after a while.
struct Said: Sendable, Codable {
    /// Something that is said once, as a rule.
    enum Deed: Hashable, Sendable, Codable {
        case accepted(MessageID)
        case confirmed(MessageID)
        case acknowledged(MessageID)
        case searched(MessageID)
        case paid(ContentHash, cycle: Int64)
    }

    private var times: OrderedDictionary<Deed, Timestamp> = [:]

    /// Whether something was said so shortly before that it may still be on its way.
    func isRecent(_ deed: Deed, at now: Timestamp, pause: Int64) -> Bool {
        self.times[deed].map { now.milliseconds(since: $0) < pause } ?? false
    }

    /// It is said now.
    mutating func note(_ deed: Deed, at now: Timestamp) {
        self.times[deed] = nil
        self.times[deed] = now
        let excess = self.times.count - StorageDutyLimits.saidMax
        if excess > 0 { self.times.removeFirst(excess) }
    }
}
