import OrderedCollections
import Primitives

/// How often each identity was challenged by this node, or challenged it, within the last day, counted over
/// a rolling window (R-06-115).
struct ChallengeQuota: Sendable, Codable {
    private var times: OrderedDictionary<NodeID, [Timestamp]> = [:]

    /// When one more challenge is allowed: now, or when the first of so many leaves the window.
    func next(for identity: NodeID, at now: Timestamp, within window: Int64) -> Timestamp {
        let recent = self.recent(identity, at: now, within: window)
        let excess = recent.count - StorageDutyLimits.challengesPerPeerMax
        return excess < 0 ? now : recent[excess].adding(milliseconds: window)
    }

    /// A challenge is issued, or was before the restart.
    ///
    /// Whoever had to do with it longest ago is forgotten when there are too many.
    mutating func note(_ identity: NodeID, at time: Timestamp, within window: Int64) {
        let newest = max(time, self.times[identity]?.last ?? time)
        let recent = self.recent(identity, at: newest, within: window)
        self.times[identity] = nil
        self.times[identity] = (recent + [time]).sorted()
        let excess = self.times.count - StorageDutyLimits.countedChallengersMax
        if excess > 0 { self.times.removeFirst(excess) }
    }

    private func recent(_ identity: NodeID, at now: Timestamp, within window: Int64) -> [Timestamp]
    {
        (self.times[identity] ?? []).filter { now.milliseconds(since: $0) < window }
    }
}
