import Messages
import OrderedCollections
import Primitives

/// When the log is to be compared with which peer, and what is known of earlier contact.
///
/// Every peer is due soon after it connects, whenever its log seems to differ, after this node has fetched
/// something that gossip no longer carries, and once in each cycle of incremental sync. So what two peers
/// accepted while they were apart reaches both, and from them everybody else.
struct Acquaintances: Sendable {
    private struct Past: Sendable {
        /// The end of the last connection.
        var lostAt: Timestamp?
        var comparedAt: Timestamp?
        /// The last comparison that came to its end.
        var passedAt: Timestamp?
        var failures = 0
        /// What the peer served in full, and when.
        var settled: [SettledRange: (digest: RangeDigest, at: Timestamp)] = [:]
    }

    private var due: OrderedDictionary<NodeID, Timestamp> = [:]
    private var pasts: OrderedDictionary<NodeID, Past> = [:]
    /// The newest end of any connection.
    private var newestLoss: Timestamp?

    // MARK: When

    /// A peer is to be asked at this time, or earlier if it was to be already.
    mutating func want(_ peer: NodeID, at time: Timestamp) {
        let past = self.pasts[peer]
        let earliest = past?.comparedAt?.adding(
            milliseconds: SyncLimits.comparisonPauseMilliseconds
        )
        let time = max(time, earliest ?? time)
        self.due[peer] = min(self.due[peer] ?? time, time)
    }

    /// The first of the given peers whose time has come.
    func next(among peers: [NodeID], now: Timestamp) -> NodeID? {
        guard !self.due.isEmpty else { return nil }
        let able = Set(peers)
        return self.due.first { $0.value <= now && able.contains($0.key) }?.key
    }

    /// A comparison begins.
    mutating func began(with peer: NodeID, now: Timestamp) {
        self.due[peer] = nil
        self.change(peer) { $0.comparedAt = now }
    }

    /// Whether the peer connected after the last comparison with it that came to its end.
    func isNews(_ peer: NodeID) -> Bool {
        guard let past = self.pasts[peer], let passed = past.passedAt else { return true }
        return past.lostAt.map { passed <= $0 } ?? false
    }

    /// A comparison broke; it is tried again after a pause that doubles (R-05-085).
    mutating func failed(_ peer: NodeID, now: Timestamp) {
        self.change(peer) { $0.failures += 1 }
        let doublings = Int64(min((self.pasts[peer]?.failures ?? 1) - 1, 10))
        let pause = min(
            SyncLimits.backOffMilliseconds << doublings,
            SyncLimits.backOffMaxMilliseconds
        )
        self.due[peer] = now.adding(milliseconds: pause)
    }

    /// The peer is gone; it is due again when it comes back.
    mutating func forgetDue(_ peer: NodeID) { self.due[peer] = nil }

    /// The connection ended.
    mutating func lost(_ peer: NodeID, now: Timestamp) {
        self.newestLoss = now
        self.change(peer) { $0.lostAt = now }
    }

    // MARK: What

    /// From where a peer is asked that does not compare logs: before the moment at which this node lost
    /// it, or, when it was not met yet, lost somebody.
    func lookback(for peer: NodeID, now: Timestamp) -> Timestamp {
        let usual = now.adding(milliseconds: -SyncLimits.lookbackMilliseconds)
        let loss = self.pasts[peer]?.lostAt ?? self.newestLoss ?? usual
        return min(usual, loss.adding(milliseconds: -SyncLimits.contactMarginMilliseconds))
    }

    /// Whether the peer has lately served this range with this very content.
    func isSettled(_ range: SettledRange, _ digest: RangeDigest, with peer: NodeID, now: Timestamp)
        -> Bool
    {
        guard let known = self.pasts[peer]?.settled[range], known.digest == digest else {
            return false
        }
        return Self.isFresh(known.at, now: now)
    }

    private static func isFresh(_ time: Timestamp, now: Timestamp) -> Bool {
        now.milliseconds(since: time) < SyncLimits.settledMilliseconds
    }

    /// A comparison has come to its end: whatever differed then was fetched, now or before.
    mutating func passed(
        _ differing: [SettledRange: RangeDigest],
        with peer: NodeID,
        now: Timestamp
    ) {
        self.change(peer) { past in
            past.failures = 0
            past.passedAt = now
            let before = past.settled
            past.settled = [:]
            for (range, digest) in differing {
                let known = before[range].flatMap { known in
                    known.digest == digest && Self.isFresh(known.at, now: now) ? known : nil
                }
                past.settled[range] = known ?? (digest: digest, at: now)
            }
        }
    }

    private mutating func change(_ peer: NodeID, _ change: (inout Past) -> Void) {
        var past = self.pasts.removeValue(forKey: peer) ?? Past()
        change(&past)
        if self.pasts.count >= SyncLimits.contactsMax { self.pasts.removeFirst() }
        self.pasts[peer] = past
    }
}
