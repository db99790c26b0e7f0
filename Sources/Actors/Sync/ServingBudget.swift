import Messages
import OrderedCollections
import Primitives

/// Counts what each peer was served in the running minute (R-01-034, R-05-087).
struct ServingBudget: Sendable {
    private struct Minute: Sendable {
        var startedAt: Timestamp
        var requests = 0
        var bytes = 0
    }

    private var minutes: OrderedDictionary<NodeID, Minute> = [:]
    private static let minuteMilliseconds: Int64 = 60_000

    /// Takes one request out of the peer's budget; otherwise says how long to wait, in ms.
    mutating func spend(_ peer: NodeID, isSyncing: Bool, now: Timestamp) -> Int64? {
        var minute = self.minute(of: peer, now: now)
        let requestsMax =
            isSyncing
            ? SyncLimits.requestsPerMinuteWhileSyncingMax : SyncLimits.requestsPerMinuteMax
        guard minute.requests < requestsMax, minute.bytes < SyncLimits.bytesPerMinuteMax else {
            return Self.minuteMilliseconds - now.milliseconds(since: minute.startedAt)
        }
        minute.requests += 1
        self.minutes[peer] = minute
        return nil
    }

    /// Adds the bytes of an answer.
    mutating func served(_ bytes: Int, to peer: NodeID) {
        self.minutes[peer]?.bytes += bytes
    }

    private mutating func minute(of peer: NodeID, now: Timestamp) -> Minute {
        if let minute = self.minutes[peer],
            now.milliseconds(since: minute.startedAt) < Self.minuteMilliseconds
        {
            return minute
        }
        self.minutes[peer] = nil
        if self.minutes.count >= SyncLimits.countedPeersMax { self.minutes.removeFirst() }
        return Minute(startedAt: now)
    }
}
