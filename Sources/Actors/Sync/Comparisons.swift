import Messages
import OrderedCollections
import Primitives

/// When the log is compared with that of which peer, what of a difference is worth reading, and whose
/// logs changed by it (ADR 0035).
struct Comparisons: Sendable {
    private var acquaintances = Acquaintances()
    /// Peers that served something new to the log since the other peers were last due for a comparison.
    private var bringers: OrderedSet<NodeID> = []
    /// Peers that showed, when they asked for a comparison, that they hold something which this node lacks.
    private var showers: OrderedSet<NodeID> = []

    // MARK: When

    /// A peer connected, or seems to hold something else.
    mutating func wantSoon(
        with peer: NodeID,
        within spread: UInt64 = SyncLimits.comparisonJitterMilliseconds,
        _ chance: Chance,
        now: Timestamp
    ) {
        let jitter = chance.pause(least: 0, spread: spread)
        self.acquaintances.want(peer, at: now.adding(milliseconds: jitter))
    }

    /// A cycle of incremental sync begins.
    mutating func wantAll(with candidates: Candidates, now: Timestamp) {
        for peer in candidates.all { self.acquaintances.want(peer, at: now) }
    }

    /// A peer showed that it holds something which this node lacks.
    ///
    /// It is asked even while it is not synced itself. Holding what nobody else does, it cannot come to be
    /// synced before others have fetched that.
    mutating func wantNews(of peer: NodeID, _ chance: Chance, now: Timestamp) {
        self.showers.append(peer)
        self.wantSoon(with: peer, chance, now: now)
    }

    /// The session with the next peer whose turn it is.
    mutating func next(among candidates: Candidates, _ log: HeldLog, now: Timestamp)
        -> SyncSession?
    {
        let able = candidates.reliable.filter { $0.isFit || self.showers.contains($0.node) }
        guard let peer = self.acquaintances.next(among: able.map(\.node), now: now) else {
            return nil
        }
        self.showers.remove(peer)
        let comparison = Comparison(
            log.question(now: now),
            includesNewest: self.acquaintances.isNews(peer)
        )
        self.acquaintances.began(with: peer, now: now)
        return SyncSession(comparing: comparison, with: peer, now: now)
    }

    // MARK: What

    /// What is read of the ranges in which a peer's log differs, unless it was read before.
    func stretches(of ranges: [DifferingRange], with peer: NodeID, now: Timestamp) -> [Stretch] {
        let open = ranges.filter { range in
            range.digest != .empty
                && !self.acquaintances.isSettled(range.range, range.digest, with: peer, now: now)
        }
        return Stretch.joined(open.map(\.stretch))
    }

    /// A peer that does not compare is asked from before the moment at which this node lost it.
    func lookback(for peer: NodeID, now: Timestamp) -> Timestamp {
        self.acquaintances.lookback(for: peer, now: now)
    }

    /// Whether a peer that asks for a comparison holds something itself that this node lacks.
    ///
    /// What is young enough to be on its way by gossip is left to gossip, or peers under load would have
    /// each other compare without end.
    func isNews(
        _ differences: [SyncDifference],
        from theirs: SyncComparison,
        of peer: NodeID,
        now: Timestamp
    ) -> Bool {
        // A question about a part follows one about the whole, which said the same.
        guard theirs.edges.first?.milliseconds == 0 else { return false }
        let young = now.adding(milliseconds: -SyncLimits.clockSkewMilliseconds)
        return differences.contains { difference in
            guard let until = ComparedRanges.end(of: difference.range, in: theirs.edges),
                until <= young,
                let held = theirs.digests.first(where: { $0.phase == difference.phase })?
                    .ranges[difference.range], held != .empty
            else { return false }
            let range = SettledRange(
                phase: difference.phase,
                from: theirs.edges[difference.range],
                until: until
            )
            return !self.acquaintances.isSettled(range, held, with: peer, now: now)
        }
    }

    // MARK: How they end

    /// A comparison came to its end; what was left is read another time.
    mutating func passed(
        _ comparison: Comparison,
        of session: SyncSession,
        _ chance: Chance,
        now: Timestamp
    ) {
        let peer = session.peer
        self.acquaintances.passed(comparison.settled, with: peer, now: now)
        if session.wasBusy {
            self.hadNoRoom(for: peer, until: chance.afterPauseForRoom(now: now))
        } else if !comparison.isWhole {
            self.acquaintances.want(peer, at: now)
        }
    }

    /// This node has no room for what a peer serves; it is asked again at this time.
    mutating func hadNoRoom(for peer: NodeID, until time: Timestamp) {
        self.acquaintances.postpone(peer, until: time)
    }

    /// A comparison broke.
    mutating func broke(with peer: NodeID, now: Timestamp) {
        self.acquaintances.failed(peer, now: now)
    }

    /// The peer is gone.
    mutating func lost(_ peer: NodeID, now: Timestamp) {
        self.acquaintances.lost(peer, now: now)
        self.acquaintances.forgetDue(peer)
        self.showers.remove(peer)
    }

    // MARK: News

    /// The log took in what a peer served.
    mutating func brought(by peer: NodeID) { self.bringers.append(peer) }

    /// What sync brought is news to the other peers, too, and gossip does not carry it: they see that this
    /// node's log has changed when it compares it with theirs.
    mutating func spreadNews(among candidates: Candidates, _ chance: Chance, now: Timestamp) {
        guard !self.bringers.isEmpty else { return }
        let only = self.bringers.count == 1 ? self.bringers.first : nil
        self.bringers = []
        for other in candidates.all where other != only {
            self.wantSoon(with: other, chance, now: now)
        }
    }
}
