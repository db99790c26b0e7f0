import Messages
import OrderedCollections
import Primitives

/// How often each peer asked lately whether this node holds a copy (R-06-118).
struct CopyQueries: Sendable {
    private var times: OrderedDictionary<NodeID, [Timestamp]> = [:]

    private static let perMinute = RateWindow(
        count: StorageMarketLimits.copyQueriesPerMinuteMax,
        milliseconds: StorageMarketLimits.minuteMilliseconds
    )

    /// Counts a question.
    ///
    /// - Returns: false when the peer has asked too often to be answered; that does not count again.
    mutating func admit(_ peer: NodeID, now: Timestamp) -> Bool {
        let recent = (self.times.removeValue(forKey: peer) ?? []).filter {
            now.milliseconds(since: $0) < StorageMarketLimits.minuteMilliseconds
        }
        let isAdmitted = Self.perMinute.allows(now, among: recent)
        if self.times.count >= StorageMarketLimits.countedPeersMax { self.times.removeFirst() }
        self.times[peer] = isAdmitted ? recent + [now] : recent
        return isAdmitted
    }
}
