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
        guard !self.catchUp.isCatchingUp,
            let peer = self.acquaintances.next(among: self.fit, now: now)
        else { return [] }
        let comparison = Comparison(
            question: self.held(between: ComparedRanges.edges(now: now)),
            includesNewest: self.acquaintances.isNews(peer)
        )
        self.acquaintances.began(with: peer, now: now)
        self.session = SyncSession(
            peer: peer,
            stretches: [],
            comparison: comparison,
            now: now
        )
        return self.ask(now: now)
    }

    private func held(between edges: [Timestamp], phases: [Int]? = nil) -> SyncComparison {
        let phases = (phases ?? self.phases).map { phase in
            SyncComparison.Phase(phase: phase, ranges: self.digests(of: phase, edges))
        }
        return SyncComparison(edges: edges, digests: phases)
    }

    /// Asks where in a large range the logs differ; nil when the range is read as a whole.
    func question(about stretch: Stretch) -> SyncComparison? {
        guard let until = stretch.until, stretch.messages > SyncLimits.stretchMessages else {
            return nil
        }
        let shortest = self.summary.shortestBlock(at: stretch.from)
        guard until.milliseconds(since: stretch.from) > shortest else { return nil }
        let edges = ComparedRanges.edges(from: stretch.from, until: until, inBlocksOf: shortest)
        return self.held(between: edges, phases: [stretch.phase])
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
        _ question: SyncComparison,
        _ comparison: Comparison,
        _ session: SyncSession,
        now: Timestamp
    ) -> [SyncAction] {
        var (session, comparison) = (session, comparison)
        let large = session.stretches.first
        // A peer that compares whole ranges but no parts could otherwise make this node take a large
        // range for read.
        guard large == nil || response.differing != nil else { return self.broke(now: now) }
        comparison.question = nil
        let ranges = (response.differing ?? []).compactMap { difference in
            Self.range(of: difference, in: question, isPart: large != nil)
        }
        let wanted = ranges.filter { range, _ in
            comparison.includesNewest || large != nil || Self.isOld(range, now: now)
        }
        for (range, digest) in wanted { comparison.differing[range] = digest }
        session.comparison = comparison
        let stretches = self.stretches(
            of: wanted,
            with: session.peer,
            isVague: large.map { Self.isVague(ranges.map(\.1), about: $0) } ?? false,
            now: now
        )
        if large != nil {
            session.narrow(to: stretches)
        } else if response.differing != nil {
            session.proceed(to: stretches)
        } else {
            session.proceed(to: self.stretches(ofOlder: session.peer, now: now))
        }
        self.session = session
        return session.stretches.isEmpty ? self.passed(session, now: now) : self.ask(now: now)
    }

    /// The range that a difference is about; nil for the last one of a question about a part of the
    /// log, which lies beyond that part.
    private static func range(
        of difference: SyncDifference,
        in question: SyncComparison,
        isPart: Bool
    ) -> (SettledRange, RangeDigest)? {
        let edges = question.edges
        guard edges.indices.contains(difference.range),
            question.digests.contains(where: { $0.phase == difference.phase })
        else { return nil }
        let until = ComparedRanges.end(of: difference.range, in: edges)
        guard until != nil || !isPart else { return nil }
        let range = SettledRange(
            phase: difference.phase,
            from: edges[difference.range],
            until: until
        )
        return (range, difference.digest)
    }

    /// Whether nothing of it may still be on its way by gossip; else it waits for the next comparison.
    private static func isOld(_ range: SettledRange, now: Timestamp) -> Bool {
        let latest = now.adding(milliseconds: -SyncLimits.underWayMilliseconds)
        return range.until.map { $0 <= latest } ?? false
    }

    /// Whether parts are said to hold more than the whole.
    ///
    /// The peer keeps longer blocks of that time than this node then, and counts a block for every part
    /// that touches it, so that asking on leads nowhere.
    private static func isVague(_ parts: [RangeDigest], about whole: Stretch) -> Bool {
        parts.reduce(0) { $0 &+ $1.count } > whole.messages
    }

    private func stretches(
        of ranges: [(SettledRange, RangeDigest)],
        with peer: NodeID,
        isVague: Bool,
        now: Timestamp
    ) -> [Stretch] {
        let open = ranges.filter { range, theirs in
            theirs != .empty
                && !self.acquaintances.isSettled(range, theirs, with: peer, now: now)
        }
        return Stretch.joined(
            open.map { range, theirs in
                Stretch(
                    phase: range.phase,
                    from: range.from,
                    until: range.until,
                    messages: isVague ? 0 : theirs.count
                )
            }
        )
    }

    /// What a peer is asked for that does not compare.
    private func stretches(ofOlder peer: NodeID, now: Timestamp) -> [Stretch] {
        let lookback = self.acquaintances.lookback(for: peer, now: now)
        return self.phases.map { phase in
            Stretch(phase: phase, from: min(lookback, self.start(of: phase, now: now)))
        }
    }

    /// A comparison is over; what was left is read another time.
    mutating func passed(_ comparison: Comparison, of session: SyncSession, now: Timestamp) {
        let peer = session.peer
        self.acquaintances.passed(comparison.settled, with: peer, now: now)
        if session.wasBusy {
            self.acquaintances.postpone(peer, until: self.afterPauseForRoom(now: now))
        } else if !comparison.left.isEmpty {
            self.acquaintances.want(peer, at: now)
        }
    }

    // MARK: News

    /// The log took in what a peer served; while this node catches up, that is expected.
    mutating func brought(by peer: NodeID) {
        if self.session?.peer == peer { self.session?.progress.brought() }
        guard !self.catchUp.isCatchingUp, self.session?.peer == peer || self.lastPeer == peer else {
            return
        }
        self.bringers.append(peer)
    }

    /// What sync brought is news to the other peers, too, and gossip does not carry it: they see that this
    /// node's log has changed when it compares it with theirs.
    mutating func spreadNews(now: Timestamp) {
        guard !self.bringers.isEmpty else { return }
        let only = self.bringers.count == 1 ? self.bringers.first : nil
        self.bringers = []
        for other in self.candidates.keys where other != only {
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
        // A question about a part follows one about the whole, which said the same.
        guard theirs.edges.first?.milliseconds == 0 else { return }
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
