import OrderedCollections
import Primitives

/// A whole artefact that is fetched for an uploader to whom a copy is owed.
struct CopyPull: Sendable, Equatable {
    let content: ContentHash
    let size: Int
    /// Where it is, the best place first.
    let hosts: [NodeID]
    let uploader: NodeID
}

/// Copies that this node has to fetch: when to try, and when to try again.
struct CopyPulls: Sendable, Codable {
    private struct Pull: Sendable, Codable {
        var isUnderWay = false
        var failures = 0
        var nextAt: Timestamp
        /// Why the last try failed.
        var obstacle: String?
    }

    private var pulls: OrderedDictionary<ContentHash, Pull> = [:]
    /// What was begun before uses the operator's bandwidth up to here.
    private var busyUntil = Timestamp.distantPast

    /// Why a copy could not be fetched so far; nil when no try failed.
    func obstacle(to content: ContentHash) -> String? { self.pulls[content]?.obstacle }

    /// When the next try is due; nil while one is under way.
    ///
    /// The first one is due at once, or when the bandwidth allows it.
    func due(_ content: ContentHash, at now: Timestamp) -> Timestamp? {
        guard let pull = self.pulls[content] else { return max(now, self.busyUntil) }
        return pull.isUnderWay ? nil : max(pull.nextAt, self.busyUntil)
    }

    /// A try begins.
    ///
    /// - Parameters:
    ///   - content: the artefact.
    ///   - size: its bytes.
    ///   - bytesPerSecond: what the operator allows over time.
    ///   - now: the time.
    mutating func begin(
        _ content: ContentHash,
        size: Int64,
        bytesPerSecond: Int64,
        at now: Timestamp
    ) {
        var pull = self.pulls[content] ?? Pull(nextAt: now)
        pull.isUnderWay = true
        self.pulls[content] = pull
        let milliseconds = Int128(size) * 1_000 / Int128(max(1, bytesPerSecond))
        self.busyUntil = max(now, self.busyUntil)
            .adding(milliseconds: Int64(clamping: milliseconds))
    }

    /// A try failed: the pause before the next one doubles each time, up to an hour of the market.
    mutating func failed(
        _ content: ContentHash,
        because obstacle: String,
        at now: Timestamp,
        _ calendar: MarketCalendar
    ) {
        guard var pull = self.pulls[content], pull.isUnderWay else { return }
        let longest = calendar.milliseconds(StorageDutyLimits.longestPullPause)
        let first = min(StorageDutyLimits.pullPauseMilliseconds, longest)
        let pause = min(longest, first << Int64(min(pull.failures, 16)))
        pull.isUnderWay = false
        pull.failures += 1
        pull.obstacle = obstacle
        pull.nextAt = now.adding(milliseconds: pause)
        self.pulls[content] = pull
    }

    /// The copy is here, or not wanted any more.
    mutating func forget(_ content: ContentHash) { self.pulls[content] = nil }
}
