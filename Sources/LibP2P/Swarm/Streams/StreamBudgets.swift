import NIOCore
import Relay

/// What a peer may do on one connection within a span of time.
struct StreamBudgets {
    private var resets = RateBudget(SwarmLimits.resetsPerWindowMax, in: SwarmLimits.resetWindow)
    private var pushes = RateBudget(SwarmLimits.pushesPerWindowMax, in: SwarmLimits.pushWindow)
    private var requests = RateBudget(
        RelayLimits.requestsPerWindowMax,
        in: RelayLimits.requestWindow
    )

    /// Whether it may reset one more of the streams that it opened.
    mutating func mayReset(at now: NIODeadline) -> Bool { self.resets.note(at: now) }

    /// Whether it may send one more message of the stack's own protocols.
    mutating func maySend(_ awaited: StreamState.Awaited, at now: NIODeadline) -> Bool {
        switch awaited {
        case .push: self.pushes.note(at: now)
        default: self.requests.note(at: now)
        }
    }
}
