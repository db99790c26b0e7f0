import Messages

extension SyncResponse {
    /// Whether the peer was asked too often (D-22).
    var isThrottled: Bool { self.error == SyncStateMachine.throttledError }

    /// How long to leave it alone, in milliseconds, within reason.
    var wait: Int64 {
        let bounds = SyncLimits.throttleMilliseconds
        let named = self.retryAfterMilliseconds ?? bounds.upperBound
        return min(max(named, bounds.lowerBound), bounds.upperBound)
    }
}
