import Messages
import OrderedCollections
import Primitives

/// The rules of catching up: whom to ask, for what, and when the node counts as synced.
///
/// It keeps nothing durable: the cursors follow from the log at replay.
struct SyncStateMachine: Sendable {
    let configuration: SyncConfiguration
    var catchUp = CatchUp()
    var obtained: UInt64 = 0
    var served: UInt64 = 0
    /// Messages that no answer could carry.
    var skipped: UInt64 = 0
    var budget = ServingBudget()

    var candidates: OrderedDictionary<NodeID, Candidate> = [:]
    var session: SyncSession?
    /// The newest message of each phase that somebody else signed and this node received.
    private(set) var newest: [Int: Timestamp] = [:]
    private(set) var hasPast = false
    private(set) var summary = LogSummary()
    var acquaintances = Acquaintances()
    /// Peers that served something new to the log since the other peers were last due for a comparison.
    var bringers: OrderedSet<NodeID> = []
    /// With whom the last session was; what it brought may still be on its way into the log.
    var lastPeer: NodeID?
    /// What the log held at the start: gossip that comes while this node catches up does not stand
    /// for what it missed before.
    private(set) var newestAtStart: [Int: Timestamp] = [:]
    private var nextExchange: UInt64 = 1
    var missing = MissingMessages()
    var lookback = AssessmentLookback()
    var chains = ChainRequests()
    private(set) var entropy: UInt64 = 0

    /// A peer that may be synced from.
    struct Candidate: Sendable {
        var status: SyncState?
    }

    init(configuration: SyncConfiguration) {
        self.configuration = configuration
    }

    // MARK: Start

    /// A message is in the log: its phase's cursor moves on.
    ///
    /// Own messages do not move it: a node that was cut off has its own of that time and misses all
    /// others.
    ///
    /// - Parameters:
    ///   - message: what the log took in.
    ///   - isOwn: this node signed it.
    ///   - server: who served it by sync just now.
    mutating func logged(_ message: Message, isOwn: Bool = false, from server: NodeID? = nil) {
        if let server { self.brought(by: server) }
        guard let phase = message.type?.syncPhase else { return }
        self.hasPast = true
        self.summary.add(message.id, at: message.timestamp, phase: phase)
        self.missing.found(message.id)
        guard !isOwn else { return }
        self.newest[phase] = max(self.newest[phase] ?? message.timestamp, message.timestamp)
    }

    mutating func started(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.entropy = entropy
        self.newestAtStart = self.newest
        if self.configuration.isSyncedAtStart {
            // A founder that returns may vote at once, and asks for what it missed.
            guard self.hasPast else { return self.complete(now: now) }
            self.catchUp.begin(as: .synced, at: now)
        } else {
            let pause = self.pause(least: 0, spread: SyncLimits.jitterMilliseconds)
            self.catchUp.begin(as: .syncing, at: now.adding(milliseconds: pause))
        }
        return [self.catchUp.report]
    }

    // MARK: Peers

    /// A peer may be synced from.
    ///
    /// While this node catches up it gets all identity messages anyway; later it may meet a key that
    /// says nothing to it.
    mutating func authenticated(_ peer: NodeID, now: Timestamp, entropy: UInt64) -> [SyncAction] {
        if self.candidates[peer] == nil { self.candidates[peer] = Candidate() }
        self.entropy = entropy
        self.compareSoon(with: peer, now: now)
        return self.catchUp.state == .synced && self.chains.isNews(peer) ? [.lookUp(peer)] : []
    }

    /// No identity message names the key of this peer (R-01-032); it is asked on the next tick.
    mutating func isUnknown(_ peer: NodeID) {
        if self.candidates[peer] != nil { self.chains.want(peer) }
    }

    mutating func announced(_ peer: NodeID, status: SyncState?) {
        self.candidates[peer]?.status = status
    }

    mutating func disconnected(_ peer: NodeID, now: Timestamp) {
        if self.candidates.removeValue(forKey: peer) != nil {
            self.acquaintances.lost(peer, now: now)
        }
        self.missing.disconnected(peer)
        self.chains.disconnected(peer)
        if self.session?.peer == peer { self.fail(now: now) }
        self.catchUp.forget(peer)
        self.acquaintances.forgetDue(peer)
    }

    /// What a peer last announced.
    func status(of peer: NodeID) -> SyncState? { self.candidates[peer]?.status }

    // MARK: Clock

    /// Starts, continues and abandons sessions; called twice a second.
    mutating func tick(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.entropy = entropy
        return self.advance(now: now) + self.fetchMissing(now: now) + self.askForChains()
    }

    private mutating func advance(now: Timestamp) -> [SyncAction] {
        let isComparison = self.session?.comparison != nil
        if self.session?.progress.isStuck(isComparison: isComparison, now: now) ?? false {
            return self.tookTooLong(now: now)
        }
        switch self.session?.step {
        case .pausing(let until) where until <= now:
            return self.ask(now: now)
        case .judging(_, let until) where until <= now:
            return self.pageJudged(now: now)
        case .pausing, .asking, .judging:
            return []
        case nil:
            return self.startIfDue(now: now)
        }
    }

    private mutating func startIfDue(now: Timestamp) -> [SyncAction] {
        self.spreadNews(now: now)
        guard self.catchUp.isDue(now: now) else { return self.compareIfDue(now: now) }
        if !self.catchUp.isCatchingUp { self.compareWithAll(now: now) }
        guard let peer = self.choosePeer() else { return self.nobodyToAsk(now: now) }
        if self.candidates[peer]?.status != .syncing { self.catchUp.foundSomebodyFit() }
        let stretches = self.phases.map { phase in
            Stretch(phase: phase, from: self.start(of: phase, now: now), until: nil)
        }
        self.session = SyncSession(peer: peer, stretches: stretches, now: now)
        return self.ask(now: now)
    }

    /// The phases that this node runs.
    var phases: [Int] { SyncPhases.numbers(storesContent: self.configuration.storesContent) }

    private func choosePeer() -> NodeID? {
        let known = self.askable
        let fresh = self.catchUp.fresh(among: known)
        // Those that failed are tried again only while nobody else has answered.
        let able = fresh.isEmpty && !self.catchUp.hasCompletedAny ? known : fresh
        guard !able.isEmpty else { return nil }
        return able[Int(self.entropy % UInt64(able.count))]
    }

    /// Peers that announced `syncing` or `degraded` are not asked (R-05-008); when nobody else is
    /// there for long, those that are syncing are, as a network that restarts has no others
    /// (ADR 0024).
    var askable: [NodeID] {
        let able = self.fit
        guard self.catchUp.isCatchingUp, self.catchUp.isDesperate,
            able.allSatisfy(self.catchUp.hasFailed)
        else { return able }
        return able + self.candidates.keys.filter { self.status(of: $0) == .syncing }
    }

    /// Connected peers that have announced nothing that speaks against asking them.
    var fit: [NodeID] {
        self.candidates.keys.filter {
            self.status(of: $0) == .synced || self.status(of: $0) == nil
        }
    }

    private mutating func nobodyToAsk(now: Timestamp) -> [SyncAction] {
        guard self.catchUp.isCatchingUp else {
            self.catchUp.rest(until: self.endOfCycle(now: now))
            return []
        }
        if self.catchUp.hasCompletedAny { return self.complete(now: now) }
        self.catchUp.foundNobody(now: now)
        guard !self.hasPast, self.catchUp.isPatienceOver, !self.candidates.isEmpty else {
            return []
        }
        return self.complete(now: now)
    }

    // MARK: A session

    mutating func ask(now: Timestamp) -> [SyncAction] {
        guard var session = self.session else { return [] }
        if session.comparison != nil, let next = session.stretches.first {
            session.comparison?.question = self.question(about: next)
        }
        let exchange = self.exchange(with: session.peer)
        session.step = .asking(exchange)
        self.session = session
        return [.request(exchange, session.request)]
    }

    /// A page arrived: every message goes through admission like any other.
    mutating func responded(_ response: SyncResponse, to exchange: OutboundExchange, now: Timestamp)
        -> [SyncAction]
    {
        guard var session = self.session, session.step == .asking(exchange) else {
            return self.fetched(response, exchange, now: now)
        }
        guard response.error == nil else { return self.declined(response, session, now: now) }
        session.throttles = 0
        if let comparison = session.comparison, let question = comparison.question {
            return self.compared(response, question, comparison, session, now: now)
        }
        guard session.take(response) else { return self.broke(now: now) }
        let pageMax = SyncLimits.pageMessages
        let messages = response.messages.prefix(pageMax)
        self.obtained += UInt64(messages.count)
        session.step = .judging(
            remaining: messages.count,
            until: now.adding(milliseconds: SyncLimits.judgingMilliseconds)
        )
        self.session = session
        if messages.isEmpty { return self.pageJudged(now: now) }
        return messages.map { .admit($0, from: session.peer) }
    }

    /// A peer that throttles is asked the same again after the wait it names; that is no failure,
    /// unless it goes on for ever.
    private mutating func declined(
        _ response: SyncResponse,
        _ session: SyncSession,
        now: Timestamp
    ) -> [SyncAction] {
        guard response.isThrottled, session.throttles < SyncLimits.throttlesMax else {
            return self.broke(now: now)
        }
        var session = session
        session.throttles += 1
        session.step = .pausing(until: now.adding(milliseconds: response.wait))
        self.session = session
        return []
    }

    /// One message of a page was accepted or refused.
    ///
    /// - Parameters:
    ///   - peer: who served it.
    ///   - wasBusy: this node had no room for it, so that it must be served again.
    ///   - now: the time.
    /// - Returns: what to do next.
    mutating func judged(from peer: NodeID, wasBusy: Bool = false, now: Timestamp)
        -> [SyncAction]
    {
        guard var session = self.session, session.peer == peer,
            case .judging(let remaining, let until) = session.step
        else { return [] }
        session.step = .judging(remaining: remaining - 1, until: until)
        if wasBusy { session.isStretchBusy = true }
        self.session = session
        return remaining <= 1 ? self.pageJudged(now: now) : []
    }

    private mutating func pageJudged(now: Timestamp) -> [SyncAction] {
        guard var session = self.session else { return [] }
        guard session.isStretchRead else { return self.ask(now: now) }
        let phase = session.stretches.first?.phase
        let isFinished = session.comparison == nil && !session.isStretchBusy
        let finished = isFinished ? self.finish(phase) : []
        session.endStretch()
        guard let next = session.stretches.first else {
            return finished + self.passed(session, now: now)
        }
        let (least, spread) = SyncLimits.phasePauseMilliseconds
        let pause = next.phase == phase ? 0 : self.pause(least: least, spread: spread)
        session.step = .pausing(until: now.adding(milliseconds: pause))
        self.session = session
        return finished + (pause == 0 ? self.ask(now: now) : [])
    }

    // MARK: Helpers

    mutating func exchange(with peer: NodeID) -> OutboundExchange {
        defer { self.nextExchange += 1 }
        return OutboundExchange(
            opener: .sync,
            id: self.nextExchange,
            peer: peer,
            streamProtocol: .sync
        )
    }

    /// A random pause in milliseconds; none in the local profile.
    func pause(least: UInt64, spread: UInt64) -> Int64 {
        self.configuration.isLocalProfile ? 0 : Int64(least + self.entropy % (spread + 1))
    }
}
