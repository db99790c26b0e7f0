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
        /// Before this time there is no use in asking.
        var postponedUntil: Timestamp?
        /// The last comparison that came to its end.
        var passedAt: Timestamp?
        var failures = 0
        /// What the peer served in full, and when; what was served first comes first.
        var settled: OrderedDictionary<SettledRange, (digest: RangeDigest, at: Timestamp)> = [:]
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
        let time = max(time, earliest ?? time, past?.postponedUntil ?? time)
        self.due[peer] = min(self.due[peer] ?? time, time)
    }

    /// This node has no room for what the peer serves; it is asked again at this time.
    mutating func postpone(_ peer: NodeID, until time: Timestamp) {
        self.change(peer) { $0.postponedUntil = time }
        self.due[peer] = time
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

    /// The time from which on a peer is asked that does not compare logs: before this node lost contact
    /// with it or, for a peer that it never met, before it last lost contact with any peer.
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

    /// A comparison has come to its end: these ranges were fetched in full, now or before.
    ///
    /// What is known of other ranges stays, since parts of a large range may be fetched one after the other.
    mutating func passed(
        _ fetched: [SettledRange: RangeDigest],
        with peer: NodeID,
        now: Timestamp
    ) {
        self.change(peer) { past in
            past.failures = 0
            past.passedAt = now
            past.settled.removeAll { !Self.isFresh($0.value.at, now: now) }
            for (range, digest) in fetched.sorted(by: { $0.key < $1.key })
            where past.settled[range]?.digest != digest {
                past.settled[range] = nil
                past.settled[range] = (digest: digest, at: now)
            }
            past.settled.removeFirst(max(0, past.settled.count - SyncLimits.settledRangesMax))
        }
    }

    private mutating func change(_ peer: NodeID, _ change: (inout Past) -> Void) {
        var past = self.pasts.removeValue(forKey: peer) ?? Past()
        change(&past)
        if self.pasts.count >= SyncLimits.contactsMax { self.pasts.removeFirst() }
        self.pasts[peer] = past
    }
}
