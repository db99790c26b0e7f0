public import Primitives

/// The way a message came, as far as its age is concerned (D-16).
public enum TimeChannel: String, Sendable, CaseIterable {
    /// Relayed on a topic, or signed by this node.
    case gossip
    /// Contained in a SYNC_RESPONSE.
    case sync
    /// A request or an answer on a stream.
    case stream
}

/// The time rule of §2 and §5 (R-02-021, R-05-119, D-15, D-16).
public enum TimeWindow {
    /// Where a timestamp lies.
    public enum Verdict: Sendable, Equatable {
        /// Near enough to the local clock.
        case inside
        /// Older than the channel allows.
        case tooOld
        /// More than five minutes ahead.
        case tooNew
    }

    /// Judges a timestamp; both ends of the window are inside.
    public static func verdict(
        type: MessageType?,
        timestamp: Timestamp,
        now: Timestamp,
        channel: TimeChannel
    ) -> Verdict {
        let age = now.milliseconds(since: timestamp)
        if age < -WireLimits.timeWindowMilliseconds { return .tooNew }
        if channel == .sync || type?.isIdentityType == true && channel == .gossip {
            return .inside
        }
        return age > WireLimits.timeWindowMilliseconds ? .tooOld : .inside
    }
}
