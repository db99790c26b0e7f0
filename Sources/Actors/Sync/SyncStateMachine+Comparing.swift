import Messages
import OrderedCollections
import Primitives

// Comparing the log with those of peers, and fetching what this node lacks (ADR 0035).
extension SyncStateMachine {
    // MARK: When

    /// A peer connected, or seems to hold something else.
    mutating func compareSoon(with peer: NodeID, now: Timestamp) {
        let jitter = self.pause(least: 0, spread: SyncLimits.comparisonJitterMilliseconds)
        self.acquaintances.want(peer, at: now.adding(milliseconds: jitter))
    }

    /// A cycle of incremental sync begins.
    mutating func compareWithAll(now: Timestamp) {
        for peer in self.candidates.keys { self.acquaintances.want(peer, at: now) }
    }

    /// Compares with the next peer whose turn it is, once this node has caught up.
    mutating func compareIfDue(now: Timestamp) -> [SyncAction] {
        guard !self.isCatchingUp,
            let peer = self.acquaintances.next(among: self.fit, now: now)
        else { return [] }
        let comparison = Comparison(
            own: self.held(at: now),
            includesNewest: self.acquaintances.isNews(peer)
        )
        self.acquaintances.began(with: peer, now: now)
        self.session = SyncSession(
            peer: peer,
            stretches: [],
            comparison: comparison,
            step: .pausing(until: now)
        )
        return self.ask(now: now)
    }

    private func held(at now: Timestamp) -> SyncComparison {
        let edges = ComparedRanges.edges(now: now)
        let phases = self.phases.map { phase in
            SyncComparison.Phase(phase: phase, ranges: self.digests(of: phase, edges))
        }
        return SyncComparison(edges: edges, digests: phases)
    }

    private func digests(of phase: Int, _ edges: [Timestamp]) -> [RangeDigest] {
        edges.indices.map { range in
            self.summary.digest(
                of: phase,
                from: edges[range],
                until: ComparedRanges.end(of: range, in: edges)
            )
        }
    }

    // MARK: The answer

    /// The peer says where its log differs; what it holds there is read, unless it was read before.
    ///
    /// A peer that does not compare is asked from before the moment at which this node lost it.
    mutating func compared(
        _ response: SyncResponse,
        _ comparison: Comparison,
        _ session: SyncSession,
        now: Timestamp
    ) -> [SyncAction] {
        var (session, comparison) = (session, comparison)
        comparison.isAnswered = true
        if let differing = response.differing {
            comparison.differing = Self.ranges(of: differing, in: comparison, now: now)
            session.proceed(to: self.stretches(of: comparison, with: session.peer, now: now))
        } else {
            let lookback = self.acquaintances.lookback(for: session.peer, now: now)
            let stretches = self.phases.map { phase in
                let start = min(lookback, self.start(of: phase, now: now))
                return Stretch(phase: phase, from: start, until: nil)
            }
            session.proceed(to: stretches)
        }
        session.comparison = comparison
        self.session = session
        return session.stretches.isEmpty ? self.passed(session, now: now) : self.ask(now: now)
    }

    /// The ranges that count; those that may still be on their way by gossip wait for the next comparison.
    private static func ranges(
        of differing: [SyncDifference],
        in comparison: Comparison,
        now: Timestamp
    ) -> [SettledRange: RangeDigest] {
        let edges = comparison.own.edges
        let latest = now.adding(milliseconds: -SyncLimits.underWayMilliseconds)
        var ranges: [SettledRange: RangeDigest] = [:]
        for difference in differing where edges.indices.contains(difference.range) {
            let until = ComparedRanges.end(of: difference.range, in: edges)
            guard comparison.includesNewest || until.map({ $0 <= latest }) ?? false else {
                continue
            }
            let range = SettledRange(
                phase: difference.phase,
                from: edges[difference.range],
                until: until
            )
            ranges[range] = difference.digest
        }
        return ranges
    }

    private func stretches(of comparison: Comparison, with peer: NodeID, now: Timestamp)
        -> [Stretch]
    {
        var stretches: [Stretch] = []
        for phase in self.phases {
            for (index, from) in comparison.own.edges.enumerated() {
                let until = ComparedRanges.end(of: index, in: comparison.own.edges)
                let range = SettledRange(phase: phase, from: from, until: until)
                guard let theirs = comparison.differing[range], theirs != .empty,
                    !self.acquaintances.isSettled(range, theirs, with: peer, now: now)
                else { continue }
                stretches.append(Stretch(phase: phase, from: from, until: until))
            }
        }
        return Stretch.joined(stretches).map(\.readFromItsFirstMoment)
    }

    /// A comparison is over.
    ///
    /// Whatever it brought is news to the other peers, too, and gossip does not carry
    /// it: they see that this node's log has changed when it compares it with theirs.
    mutating func passed(_ comparison: Comparison, with peer: NodeID, now: Timestamp) {
        self.acquaintances.passed(comparison.differing, with: peer, now: now)
        guard comparison.brought > 0 else { return }
        for other in self.candidates.keys where other != peer {
            self.compareSoon(with: other, now: now)
        }
    }

    // MARK: Serving

    /// Where this node's log differs from that of the peer that asks.
    func differences(from theirs: SyncComparison) -> [SyncDifference] {
        theirs.digests.flatMap { phase in
            zip(self.digests(of: phase.phase, theirs.edges), phase.ranges).enumerated()
                .compactMap { range, digests in
                    guard digests.0 != digests.1 else { return nil }
                    return SyncDifference(phase: phase.phase, range: range, digest: digests.0)
                }
        }
    }

    /// A peer that asks for a comparison says what it holds itself; what this node lacks of it is fetched.
    ///
    /// What is young enough to be on its way by gossip is left to gossip, or peers under load would have
    /// each other compare without end.
    mutating func notice(
        _ differences: [SyncDifference],
        from theirs: SyncComparison,
        of peer: NodeID,
        now: Timestamp
    ) {
        let young = now.adding(milliseconds: -SyncLimits.clockSkewMilliseconds)
        let isNews = differences.contains { difference in
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
        if isNews, self.candidates[peer] != nil { self.compareSoon(with: peer, now: now) }
    }
}
