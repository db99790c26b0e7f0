import Messages
import Primitives

/// Whole passes over the logs of peers: when the next one is due, whom it asks, from where on, and where
/// this node stands after it.
struct Passes: Sendable {
    private let configuration: SyncConfiguration
    private var catchUp = CatchUp()
    private var lookback = AssessmentLookback()

    init(configuration: SyncConfiguration) { self.configuration = configuration }

    // MARK: Where this node stands

    var isCatchingUp: Bool { self.catchUp.isCatchingUp }

    /// What peers and people are told.
    var state: SyncState { self.catchUp.state }

    /// Says where this node stands, if that is something new.
    private mutating func changing(_ change: (inout CatchUp) -> Void) -> [SyncAction] {
        let before = self.catchUp.state
        change(&self.catchUp)
        return self.catchUp.state == before ? [] : [self.catchUp.report]
    }

    /// The replay is over.
    mutating func begin(_ log: HeldLog, _ chance: Chance, now: Timestamp) -> [SyncAction] {
        if self.configuration.isSyncedAtStart {
            // A founder that returns may vote at once, and asks for what it missed.
            guard log.hasPast else { return self.complete(log, now: now) }
            self.catchUp.begin(as: .synced, at: now)
        } else {
            let pause = chance.pause(least: 0, spread: SyncLimits.jitterMilliseconds)
            self.catchUp.begin(as: .syncing, at: now.adding(milliseconds: pause))
        }
        return [self.catchUp.report]
    }

    private mutating func complete(_ log: HeldLog, now: Timestamp) -> [SyncAction] {
        let end = self.endOfCycle(now: now)
        let news = self.changing { $0.follow(from: end) }
        return news + [.caughtUp(isBeginning: log.isBeginning)]
    }

    private mutating func rest(now: Timestamp) {
        self.catchUp.rest(until: self.endOfCycle(now: now))
    }

    private func endOfCycle(now: Timestamp) -> Timestamp {
        now.adding(milliseconds: self.configuration.pace.incrementalMilliseconds)
    }

    // MARK: The next one

    func isDue(now: Timestamp) -> Bool { self.catchUp.isDue(now: now) }

    /// A vote was close: assessments of its voters from a moment on are asked for (R-08-015).
    mutating func wantAssessments(since moment: Timestamp, isInSession: Bool, now: Timestamp) {
        self.lookback.want(since: moment, isInSession: isInSession)
        self.catchUp.hurry(now: now)
    }

    /// The next pass; nil when there is nobody to ask.
    mutating func next(
        among candidates: Candidates,
        _ log: HeldLog,
        _ chance: Chance,
        now: Timestamp
    ) -> SyncSession? {
        guard let peer = chance.pick(among: self.able(candidates)) else { return nil }
        if !candidates.isSyncing(peer) { self.catchUp.foundSomebodyFit() }
        return SyncSession(reading: self.stretches(of: log, now: now), with: peer, now: now)
    }

    /// What is read of a peer's log without knowing what it holds.
    ///
    /// - Parameters:
    ///   - log: what this node holds.
    ///   - latest: every phase is read from this moment on, or from an earlier one.
    ///   - now: the time.
    /// - Returns: the rest of each phase.
    func stretches(of log: HeldLog, startingBy latest: Timestamp? = nil, now: Timestamp)
        -> [Stretch]
    {
        log.phases.map { phase in
            let start = self.start(of: phase, log, now: now)
            return Stretch(phase: phase, from: latest.map { min($0, start) } ?? start)
        }
    }

    private func start(of phase: Int, _ log: HeldLog, now: Timestamp) -> Timestamp {
        let start = log.start(of: phase, isCatchingUp: self.isCatchingUp, now: now)
        guard phase == MessageType.reputationGossip.syncPhase, let wanted = self.lookback.since
        else { return start }
        return min(start, wanted)
    }

    // MARK: Whom to ask

    private func able(_ candidates: Candidates) -> [NodeID] {
        let known = self.askable(candidates)
        let fresh = self.catchUp.fresh(among: known)
        // Those that failed are tried again only while nobody else has answered.
        return fresh.isEmpty && !self.catchUp.hasCompletedAny ? known : fresh
    }

    /// Peers that announced `syncing` or `degraded` are not asked (R-05-008); when nobody else is
    /// there for long, those that are syncing are, as a network that restarts has no others
    /// (ADR 0024).
    private func askable(_ candidates: Candidates) -> [NodeID] {
        let fit = candidates.fit
        guard self.isCatchingUp, self.catchUp.isDesperate,
            fit.allSatisfy(self.catchUp.hasFailed)
        else { return fit }
        return fit + candidates.syncing
    }

    /// There is nobody to ask.
    mutating func foundNobody(among candidates: Candidates, _ log: HeldLog, now: Timestamp)
        -> [SyncAction]
    {
        guard self.isCatchingUp else {
            self.rest(now: now)
            return []
        }
        if self.catchUp.hasCompletedAny { return self.complete(log, now: now) }
        self.catchUp.foundNobody(now: now)
        guard !log.hasPast, self.catchUp.isPatienceOver, !candidates.isEmpty else { return [] }
        return self.complete(log, now: now)
    }

    // MARK: How they end

    /// A phase was read to its end; a degraded node may say more then (D-35).
    mutating func finished(_ phase: Int) -> [SyncAction] {
        self.catchUp.finished(phase) ? [self.catchUp.report] : []
    }

    /// A pass with one peer was read to its end.
    mutating func passed(with peer: NodeID, _ log: HeldLog, now: Timestamp) -> [SyncAction] {
        self.catchUp.passed(with: peer)
        let asksOn = self.lookback.passed()
        guard self.isCatchingUp || asksOn else {
            self.rest(now: now)
            return []
        }
        self.catchUp.ask(at: now)
        let isEnough = self.isCatchingUp && self.catchUp.hasCompletedEnough
        return isEnough ? self.complete(log, now: now) : []
    }

    /// A pass was read to its end, but this node had no room for some of it.
    ///
    /// The pass does not count. Room may be short for what this one peer serves only, so others are asked
    /// at once; when there are none, the same is asked for again after a pause.
    mutating func hadNoRoom(
        for peer: NodeID,
        until again: Timestamp,
        among candidates: Candidates,
        now: Timestamp
    ) -> [SyncAction] {
        guard self.isCatchingUp else {
            self.rest(now: now)
            return []
        }
        self.catchUp.fell(short: peer)
        let fresh = self.catchUp.fresh(among: self.askable(candidates))
        let hasOthers = self.catchUp.hasCompletedAny || !fresh.isEmpty
        self.catchUp.ask(at: hasOthers ? now : again)
        return self.degradeIfHopeless()
    }

    /// A pass got no answer, or none that leads anywhere.
    mutating func broke(with peer: NodeID, now: Timestamp) {
        self.catchUp.broke(with: peer, now: now)
    }

    /// A pass goes on and on without bringing much.
    mutating func tookTooLong() {
        // A look further back than usual may be what takes so long; it must not be tried for ever.
        if !self.isCatchingUp { _ = self.lookback.passed() }
    }

    mutating func degradeIfHopeless() -> [SyncAction] {
        self.changing { $0.degradeIfHopeless() }
    }

    /// The peer is gone.
    mutating func forget(_ peer: NodeID) { self.catchUp.forget(peer) }
}
