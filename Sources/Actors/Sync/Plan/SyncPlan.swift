import Messages
import OrderedCollections
import Primitives

/// The plan of sync: when the next session is due, whom it asks for what, and where this node stands
/// after it (ADR 0063).
///
/// While the node catches up, a session reads one phase from one peer of a team, and then compares what
/// both hold; later one peer is asked for everything new once in a cycle.
struct SyncPlan: Sendable {
    /// What is to be done now.
    enum Step: Sendable {
        case session(SyncSession)
        /// All was read: the own roots are asked for.
        case judge
        /// Nothing until the next look.
        case wait
        /// There are too few peers to ask.
        case tooFew
    }

    private let configuration: SyncConfiguration
    private var catchUp = CatchUp()
    private(set) var size = NetworkSize()
    private var team = SyncTeam()
    private var phases = PhasePlan()
    private var roots = RootAgreement()
    private var diverging = DivergingPeers()
    private var cycle = IncrementalCycle()
    private var lookback = Lookback()
    private var responsiveness = Responsiveness()
    /// The operator gives room, so that the ledger of the storage market belongs to what is needed.
    private var storesContent = false
    /// This node knew nothing at its start.
    private var isFirstJoin = false
    /// The phase that was read last while this node catches up.
    private var phase: Int?
    /// What the team has to be, and how many of it hold the same, as far as was seen.
    private var rules: TeamRules?
    private var agreeing = 0

    init(configuration: SyncConfiguration) { self.configuration = configuration }

    // MARK: Where this node stands

    var isCatchingUp: Bool { self.catchUp.isCatchingUp }

    /// Whether a first session began, or none is needed.
    var hasBegunToRead: Bool { self.phase != nil || !self.isCatchingUp }

    /// What peers and people are told.
    var state: SyncState { self.catchUp.state }

    /// How far it is; nil once it has caught up.
    func progress(in session: SyncSession?) -> SyncProgress? {
        guard self.isCatchingUp else { return nil }
        let isRead = self.phases.areFinished(self.required)
        let phase = isRead ? nil : self.phase ?? self.required[0]
        return SyncProgress(
            phase: phase,
            phases: self.required,
            peersRead: phase.map { self.phases.readers(of: $0, in: self.team.members) } ?? 0,
            percent: session?.percent,
            peers: self.team.members.count,
            peersWanted: self.rules?.peers ?? SyncLimits.peersWanted,
            peersAgreeing: self.agreeing,
            nextTry: session != nil ? nil : self.catchUp.nextTry
        )
    }

    /// The phases whose live messages wait (R-05-016): those that are yet to be read.
    ///
    /// A node that does not store content applies those of phase 5 behind phase 4 (D-29); one that is
    /// degraded waits for nothing, since nobody knows for how long.
    var awaited: [Int] {
        guard self.catchUp.state == .syncing, self.catchUp.hasBegun else { return [] }
        let missing = self.required.filter { !self.catchUp.hasFinished($0) }
        return missing.last.map { last in
            missing + SyncPhases.all.filter { $0 > last && !self.required.contains($0) }
        } ?? []
    }

    private var required: [Int] { SyncPhases.required(storesContent: self.storesContent) }

    /// Says where this node stands, if that is something new.
    private mutating func changing(_ change: (inout CatchUp) -> Void) -> [SyncAction] {
        let before = self.catchUp.state
        change(&self.catchUp)
        return self.catchUp.state == before ? [] : [self.catchUp.report]
    }

    // MARK: What it is told

    /// Takes over how many identities a checkpoint knew.
    mutating func restore(_ size: NetworkSize) { self.size = size }

    /// An identity announced a node.
    mutating func heard(of identity: NodeID) { self.size.heard(identity) }

    /// A revocation came while this node runs.
    mutating func revocationCame() { self.cycle.revocationCame() }

    /// The operator gives room to the storage market, or none any more.
    mutating func offered(bytes: Int64) { self.storesContent = bytes > 0 }

    /// A peer answered a session.
    mutating func answered(_ answer: SyncResponse, by peer: NodeID) {
        self.roots.heard(answer, from: peer)
    }

    /// The peer is gone.
    mutating func forget(_ peer: NodeID) {
        self.team.forget(peer)
        self.phases.forget(peer)
        self.roots.forget(peer)
        self.diverging.forget(peer)
        self.cycle.forget(peer)
    }

    // MARK: Start and end

    /// The replay is over.
    mutating func begin(_ log: HeldLog, newest: Timestamp?, _ chance: Chance, now: Timestamp)
        -> [SyncAction]
    {
        self.isFirstJoin = !log.hasPast
        if self.configuration.isSyncedAtStart {
            // A founder that returns may vote at once, and asks for what it missed.
            guard log.hasPast else { return self.complete(log, chance, now: now) }
            self.catchUp.begin(as: .synced, at: now)
        } else {
            let offline = newest.map { now.milliseconds(since: $0) } ?? 0
            let pause = chance.pause(
                least: 0,
                spread: SyncJitter.most(offline: offline, isParted: false)
            )
            self.catchUp.begin(as: .syncing, at: now.adding(milliseconds: pause))
        }
        return [self.catchUp.report]
    }

    private mutating func complete(_ log: HeldLog, _ chance: Chance, now: Timestamp)
        -> [SyncAction]
    {
        self.cycle.begin(chance)
        let end = self.lookback.isEmpty ? self.endOfCycle(now: now) : now
        let news = self.changing { $0.follow(from: end) }
        return news + [.caughtUp(isBeginning: log.isBeginning)]
    }

    private mutating func rest(now: Timestamp) {
        self.cycle.rest()
        self.catchUp.ask(at: self.endOfCycle(now: now))
    }

    private func endOfCycle(now: Timestamp) -> Timestamp {
        now.adding(milliseconds: self.configuration.pace.incrementalMilliseconds)
    }

    // MARK: The next session

    func isDue(now: Timestamp) -> Bool { self.catchUp.isDue(now: now) && !self.roots.isJudging }

    /// Older messages of a phase are wanted, from a moment on (R-05-021, R-08-015).
    mutating func want(
        _ phase: Int,
        since moment: Timestamp,
        isInSession: Bool,
        now: Timestamp
    ) {
        self.lookback.want(phase, since: moment, isInSession: isInSession)
        if !self.isCatchingUp { self.catchUp.hurry(now: now) }
    }

    /// What to do next.
    ///
    /// - Parameters:
    ///   - candidates: the peers there are.
    ///   - log: what this node holds.
    ///   - chance: for choices among equals, and for pauses.
    ///   - now: the time.
    ///   - news: takes what is to be told.
    /// - Returns: the step.
    mutating func next(
        among candidates: Candidates,
        _ log: HeldLog,
        _ chance: Chance,
        now: Timestamp,
        telling news: inout [SyncAction]
    ) -> Step {
        guard self.isCatchingUp else { return self.follow(candidates, log, chance, now: now) }
        self.phases.dropStale(now: now)
        let isWhole = self.gather(candidates, chance)
        if isWhole {
            let finished = self.phases.finish(self.required, of: self.team.members, now: now)
            let saysMore = finished.map { self.catchUp.finished($0) }
            if saysMore.contains(true) { news.append(self.catchUp.report) }
        }
        if let work = self.phases.next(self.required, of: self.team.members) {
            guard self.mayRead(work.phase, chance, now: now) else { return .wait }
            let start = self.start(of: work.phase, log, now: now)
            let stretch = Stretch(phase: work.phase, from: start)
            return .session(SyncSession(reading: [stretch], with: work.peer, now: now))
        }
        guard isWhole else { return .tooFew }
        guard let peer = self.roots.next else {
            self.roots.beginToJudge()
            return .judge
        }
        let comparison = Comparison(log.question(now: now), includesNewest: true)
        return .session(SyncSession(comparing: comparison, with: peer, now: now))
    }

    /// Between two phases there is a pause (R-05-088).
    private mutating func mayRead(_ phase: Int, _ chance: Chance, now: Timestamp) -> Bool {
        let isFirst = self.phase == nil
        guard self.phase != phase else { return true }
        self.phase = phase
        let (least, spread) = SyncLimits.phasePauseMilliseconds
        let pause = isFirst ? 0 : chance.pause(least: least, spread: spread)
        self.catchUp.ask(at: now.adding(milliseconds: pause))
        return pause == 0
    }

    /// Once in a cycle one peer is asked for what is new, the most responsive first.
    private mutating func follow(
        _ candidates: Candidates,
        _ log: HeldLog,
        _ chance: Chance,
        now: Timestamp
    ) -> Step {
        let able = chance.turned(self.cycle.able(among: candidates.fit))
        guard let peer = able.min(by: self.responsiveness.prefers) else { return .tooFew }
        let usual = self.cycle.phases(of: log.phases, chance)
        let stretches = Set(usual + self.lookback.phases).sorted()
            .map { Stretch(phase: $0, from: self.start(of: $0, log, now: now)) }
        return .session(SyncSession(reading: stretches, with: peer.node, now: now))
    }

    /// What is read of the log of a peer that does not compare.
    ///
    /// - Parameters:
    ///   - log: what this node holds.
    ///   - latest: every phase is read from this moment on, or from an earlier one.
    ///   - now: the time.
    /// - Returns: the rest of each phase.
    func stretches(of log: HeldLog, startingBy latest: Timestamp, now: Timestamp) -> [Stretch] {
        log.phases.map { phase in
            let start = log.start(of: phase, isCatchingUp: false, now: now)
            return Stretch(phase: phase, from: min(latest, start))
        }
    }

    private func start(of phase: Int, _ log: HeldLog, now: Timestamp) -> Timestamp {
        let start = log.start(of: phase, isCatchingUp: self.isCatchingUp, now: now)
        return self.lookback.since(of: phase).map { min(start, $0) } ?? start
    }

    // MARK: Whom to ask

    /// Makes the team as whole as it can be.
    ///
    /// - Returns: whether it is what it has to be.
    private mutating func gather(_ candidates: Candidates, _ chance: Chance) -> Bool {
        let needsBootstrap = self.configuration.namesBootstrapNodes && self.isFirstJoin
        let pool = self.pool(candidates, needsBootstrap: needsBootstrap)
        let rules = self.rules(for: pool, needsBootstrap: needsBootstrap)
        let responsiveness = self.responsiveness
        self.rules = rules
        self.team.fill(from: chance.turned(pool), by: rules, in: responsiveness.prefers)
        return rules.areMet(by: self.team.members(of: pool))
    }

    /// Peers that announced `syncing` or `degraded` are not asked (R-05-008); when the others do not make
    /// up a team for long, they are, as a network that restarts has no others (ADR 0024, ADR 0063).
    private mutating func pool(_ candidates: Candidates, needsBootstrap: Bool) -> [Candidate] {
        let fit = candidates.fit
        let serving = fit.filter { !self.team.hasFailed(with: $0.node) }
        let rules = self.rules(for: fit, needsBootstrap: needsBootstrap)
        if rules.areMet(by: serving) {
            self.catchUp.foundEnough()
            return fit
        }
        return self.catchUp.isDesperate ? candidates.reliable : fit
    }

    private func rules(for pool: [Candidate], needsBootstrap: Bool) -> TeamRules {
        guard self.size.isSmall else { return .strict(needsBootstrap: needsBootstrap) }
        let serving = pool.filter { !self.team.hasFailed(with: $0.node) }
        return .small(serving, needsBootstrap: needsBootstrap)
    }

    /// There are too few peers to ask.
    mutating func foundTooFew(among candidates: Candidates, now: Timestamp) -> [SyncAction] {
        guard self.isCatchingUp else {
            self.rest(now: now)
            return []
        }
        return self.changing { $0.foundTooFew(isAlone: candidates.isEmpty, now: now) }
    }

    // MARK: How sessions end

    /// A session that read phases came to its end.
    mutating func passed(_ session: SyncSession, now: Timestamp) {
        self.responsiveness.answered(session.peer)
        self.catchUp.passed()
        guard self.isCatchingUp else { return self.passedInCycle(session, now: now) }
        for phase in session.phases {
            self.phases.served(PhasePlan.Work(phase: phase, peer: session.peer))
        }
        _ = self.lookback.passed(session.phases)
        self.catchUp.ask(at: now)
    }

    private mutating func passedInCycle(_ session: SyncSession, now: Timestamp) {
        self.cycle.passed(with: session.peer)
        if self.lookback.passed(session.phases) {
            self.catchUp.ask(at: now)
        } else {
            self.rest(now: now)
        }
    }

    /// A peer has served what it serves in a minute.
    ///
    /// While this node catches up another member of the team goes on at the same place, so that five of them
    /// serve five times as much. What is asked of each peer is read of each.
    ///
    /// - Parameters:
    ///   - session: the session with that peer.
    ///   - moment: until when it serves nothing more.
    ///   - now: the time.
    /// - Returns: the session, with another peer where there is one.
    mutating func handOver(_ session: SyncSession, until moment: Timestamp, now: Timestamp)
        -> SyncSession
    {
        self.team.rests(session.peer, until: moment)
        guard self.isCatchingUp, session.comparison == nil,
            Set(session.phases).isDisjoint(with: SyncPhases.ofEveryPeer),
            let next = self.team.awake(now: now)
        else { return session }
        return session.goingOn(with: next, now: now)
    }

    /// A comparison came to its end.
    mutating func compared(with peer: NodeID, now: Timestamp) {
        self.roots.asked(peer)
        if self.isCatchingUp { self.catchUp.ask(at: now) }
    }

    /// A session was read to its end, but this node had no room for some of it.
    ///
    /// It does not count. Room may be short for what this one peer serves only, so others are asked at
    /// once; when there are none, the same is asked for again after a pause.
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
        self.team.failed(with: peer)
        let hasOthers = candidates.fit.contains { !self.team.hasFailed(with: $0.node) }
        return self.changing { $0.fellShort(until: hasOthers ? now : again, now: now) }
    }

    /// A session got no answer, or none that leads anywhere.
    mutating func broke(with peer: NodeID, now: Timestamp) -> [SyncAction] {
        self.responsiveness.failed(peer)
        self.roots.asked(peer)
        if self.isCatchingUp {
            self.team.failed(with: peer)
        } else {
            self.cycle.failed(with: peer)
        }
        return self.changing { $0.broke(now: now) }
    }

    /// A session goes on and on without bringing much.
    mutating func tookTooLong() {
        // A look further back than usual may be what takes so long; it must not be tried for ever.
        if !self.isCatchingUp { _ = self.lookback.passed(self.lookback.phases) }
    }

    // MARK: Roots

    /// What each connected peer said last of what it holds.
    var toldRoots: OrderedDictionary<NodeID, Roots> { self.roots.latest }

    /// Whether the own roots are asked for after a session with a peer.
    func wantsRoots(of peer: NodeID) -> Bool { !self.isCatchingUp && self.roots.knows(peer) }

    /// The own roots are told after a session with a peer; a peer that catches up differs by nature
    /// (R-05-009).
    mutating func compare(_ own: Roots, with peer: NodeID, among candidates: Candidates) {
        guard candidates.contains(peer) else { return }
        let differs = !self.roots.dissenters(from: own, in: [peer]).isEmpty
        self.diverging.note(peer, isDifferent: differs && !candidates.isSyncing(peer))
    }

    /// How long after a peer has connected its log is compared at the latest, in milliseconds.
    func jitter(among candidates: Candidates) -> UInt64 {
        self.diverging.areMany(of: candidates.all.count)
            ? SyncJitter.most(offline: 0, isParted: true) : SyncLimits.comparisonJitterMilliseconds
    }

    /// The own roots are told; nil when nobody told them, and they are asked for again.
    mutating func judge(
        _ own: Roots?,
        among candidates: Candidates,
        _ log: HeldLog,
        _ chance: Chance,
        now: Timestamp
    ) -> [SyncAction] {
        self.roots.endJudging()
        guard self.isCatchingUp else { return [] }
        let pause = now.adding(milliseconds: SyncLimits.rootPauseMilliseconds)
        guard let own else {
            self.catchUp.ask(at: pause)
            return []
        }
        let team = Array(self.team.members)
        let dissenters = self.roots.dissenters(from: own, in: team)
        self.agreeing = team.count - dissenters.count
        // Those that are not synced themselves must not outvote the others.
        let synced = candidates.fit.map(\.node)
        let isMixed = !team.allSatisfy(synced.contains)
        let judges = isMixed ? [team, synced.filter(self.roots.knows)] : [team]
        guard !judges.allSatisfy({ self.roots.isEnough(own, of: $0) }) else {
            return self.complete(log, chance, now: now)
        }
        if self.roots.askAgain(dissenters) {
            self.catchUp.ask(at: self.roots.isFirstRound ? now : pause)
            return []
        }
        self.team.gaveUp()
        return self.changing { $0.gaveUp(now: now) }
    }
}

extension Responsiveness {
    /// Those that are synced go first, then those that have failed least.
    func prefers(_ one: Candidate, to other: Candidate) -> Bool {
        guard one.isFit == other.isFit else { return one.isFit }
        return self.failures(of: one.node) < self.failures(of: other.node)
    }
}
