import Messages
import Primitives

extension SyncResponse {
    /// How an answer says that a peer asks too often (D-22).
    private static let throttledError = "rate_limited"

    /// The answer to a peer that asks too often: it goes on from the same place after a wait.
    static func throttled(since: Timestamp, _ id: MessageID?, wait: Int64) -> SyncResponse {
        SyncResponse(
            hasMore: false,
            nextTimestamp: since,
            nextID: id,
            checkpoint: MerkleTree(ids: []).root,
            error: Self.throttledError,
            retryAfterMilliseconds: max(wait, 1)
        )
    }

    /// Whether the peer was asked too often (D-22).
    var isThrottled: Bool { self.error == Self.throttledError }

    /// How long to leave it alone, in milliseconds, within reason.
    var wait: Int64 {
        let bounds = SyncLimits.throttleMilliseconds
        let named = self.retryAfterMilliseconds ?? bounds.upperBound
        return min(max(named, bounds.lowerBound), bounds.upperBound)
    }
}
