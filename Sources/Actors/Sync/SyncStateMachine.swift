import Messages
import OrderedCollections
import Primitives

/// The rules of catching up: whom to ask, for what, and when the node counts as synced.
///
/// It keeps nothing durable: the cursors follow from the log at replay.
struct SyncStateMachine: Sendable {
    let configuration: SyncConfiguration
    private(set) var state: SyncState
    /// What was missed before the start is still being asked for; a founder is synced all the same.
    private var isCatchingUp = true
    var obtained: UInt64 = 0
    var served: UInt64 = 0
    var budget = ServingBudget()

    var candidates: OrderedDictionary<NodeID, Candidate> = [:]
    var session: SyncSession?
    private var completed: OrderedSet<NodeID> = []
    private var newest: [Int: Timestamp] = [:]
    private var nextExchange: UInt64 = 1
    private var nextStart: Timestamp?
    private var failures = 0
    private var lonelyAttempts = 0
    var missing = MissingMessages()
    private var lookback = AssessmentLookback()
    var chains = ChainRequests()
    private var entropy: UInt64 = 0

    /// A peer that may be synced from.
    struct Candidate: Sendable {
        var status: SyncState?
        /// Serves nothing and never did; two empty nodes agree trivially (D-27).
        var isEmpty = false
    }

    init(configuration: SyncConfiguration) {
        self.configuration = configuration
        self.state = .syncing
    }

    // MARK: Start

    /// A message is in the log: its phase's cursor moves on.
    mutating func logged(_ message: Message) {
        guard let phase = message.type?.syncPhase else { return }
        self.newest[phase] = max(self.newest[phase] ?? message.timestamp, message.timestamp)
        self.missing.found(message.id)
    }

    mutating func started(now: Timestamp, entropy: UInt64) -> [SyncAction] {
        self.entropy = entropy
        if self.configuration.isSyncedAtStart {
            // A founder that returns may vote at once, and asks for what it missed.
            guard !self.newest.isEmpty else { return self.complete(now: now) }
            self.nextStart = now
            return self.change(to: .synced)
        }
        self.nextStart = now.adding(
            milliseconds: self.pause(least: 0, spread: SyncLimits.jitterMilliseconds)
        )
        return []
    }

    // MARK: Peers

    /// A peer may be synced from.
    ///
    /// While this node catches up it gets all identity messages anyway; later it may meet a key that
    /// says nothing to it.
    mutating func authenticated(_ peer: NodeID) -> [SyncAction] {
        if self.candidates[peer] == nil { self.candidates[peer] = Candidate() }
        return self.state == .synced && self.chains.isNews(peer) ? [.lookUp(peer)] : []
    }

    /// No identity message names the key of this peer (R-01-032); it is asked on the next tick.
    mutating func isUnknown(_ peer: NodeID) {
        if self.candidates[peer] != nil { self.chains.want(peer) }
    }

    mutating func announced(_ peer: NodeID, status: SyncState?) {
        self.candidates[peer]?.status = status
    }

    mutating func disconnected(_ peer: NodeID, now: Timestamp) {
        self.candidates[peer] = nil
        self.completed.remove(peer)
        self.missing.disconnected(peer)
        self.chains.disconnected(peer)
        if self.session?.peer == peer { self.fail(now: now) }
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
        guard let start = self.nextStart, start <= now else { return [] }
        guard let peer = self.choosePeer() else { return self.nobodyToAsk(now: now) }
        self.lonelyAttempts = 0
        let phases = SyncPhases.numbers(storesContent: self.configuration.storesContent)
        self.session = SyncSession(
            peer: peer,
            phases: phases,
            cursor: self.cursor(of: phases[0], now: now),
            step: .pausing(until: now)
        )
        return self.ask(now: now)
    }

    /// Peers that announced `syncing` or `degraded` are never asked (R-05-008).
    private func choosePeer() -> NodeID? {
        let able = self.candidates.filter {
            ($0.value.status == .synced || $0.value.status == nil)
                && !self.completed.contains($0.key)
        }
        guard !able.isEmpty else { return nil }
        return able.elements[Int(self.entropy % UInt64(able.count))].key
    }

    private mutating func nobodyToAsk(now: Timestamp) -> [SyncAction] {
        if !self.completed.isEmpty, self.isCatchingUp { return self.complete(now: now) }
        if !self.isCatchingUp {
            self.completed = []
            self.nextStart = now.adding(
                milliseconds: self.configuration.pace.incrementalMilliseconds
            )
            return []
        }
        self.lonelyAttempts += 1
        self.nextStart = now.adding(milliseconds: SyncLimits.lonelyMilliseconds)
        let isEmpty = self.newest.isEmpty
        guard isEmpty, self.lonelyAttempts >= SyncLimits.lonelyAttempts,
            !self.candidates.isEmpty
        else { return [] }
        return self.complete(now: now)
    }

    // MARK: A session

    private mutating func ask(now: Timestamp) -> [SyncAction] {
        guard var session = self.session else { return [] }
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
        let pageMax = SyncLimits.pageMessages
        let messages = response.messages.prefix(pageMax)
        self.obtained += UInt64(messages.count)
        session.isLastPage = !response.hasMore
        let next = SyncSession.Cursor(
            timestamp: response.nextTimestamp ?? session.cursor.timestamp,
            id: response.nextID
        )
        // A peer that claims more but does not move on would keep us busy for ever.
        if response.hasMore, next == session.cursor { session.isLastPage = true }
        session.cursor = next
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
            self.fail(now: now)
            return []
        }
        var session = session
        session.throttles += 1
        session.step = .pausing(until: now.adding(milliseconds: response.wait))
        self.session = session
        return []
    }

    /// One message of a page was accepted or refused.
    mutating func judged(from peer: NodeID, now: Timestamp) -> [SyncAction] {
        guard var session = self.session, session.peer == peer,
            case .judging(let remaining, let until) = session.step
        else { return [] }
        session.step = .judging(remaining: remaining - 1, until: until)
        self.session = session
        return remaining <= 1 ? self.pageJudged(now: now) : []
    }

    private mutating func pageJudged(now: Timestamp) -> [SyncAction] {
        guard var session = self.session else { return [] }
        guard session.isLastPage else { return self.ask(now: now) }
        session.phases.removeFirst()
        guard let phase = session.phases.first else { return self.passed(session.peer, now: now) }
        session.cursor = self.cursor(of: phase, now: now)
        let (least, spread) = SyncLimits.phasePauseMilliseconds
        let pause = self.pause(least: least, spread: spread)
        session.step = .pausing(until: now.adding(milliseconds: pause))
        self.session = session
        return pause == 0 ? self.ask(now: now) : []
    }

    /// A whole pass with one peer is over.
    private mutating func passed(_ peer: NodeID, now: Timestamp) -> [SyncAction] {
        self.session = nil
        self.failures = 0
        self.completed.append(peer)
        let asksOn = self.lookback.passed()
        if !self.isCatchingUp, asksOn {
            self.nextStart = now
            return []
        }
        if !self.isCatchingUp {
            self.completed = []
            self.nextStart = now.adding(
                milliseconds: self.configuration.pace.incrementalMilliseconds
            )
            return []
        }
        self.nextStart = now
        return self.completed.count >= SyncLimits.peersWanted ? self.complete(now: now) : []
    }

    private mutating func complete(now: Timestamp) -> [SyncAction] {
        self.completed = []
        self.nextStart = now.adding(milliseconds: self.configuration.pace.incrementalMilliseconds)
        self.isCatchingUp = false
        // What was obtained may not be in the log yet.
        let isBeginning = self.newest.isEmpty && self.obtained == 0
        return self.change(to: .synced) + [.caughtUp(isBeginning: isBeginning)]
    }

    /// An exchange of ours failed.
    mutating func exchangeFailed(_ exchange: OutboundExchange, now: Timestamp) -> [SyncAction] {
        self.missing.failed(exchange.id, by: exchange.peer)
        self.chains.failed(exchange.id)
        guard let session = self.session, session.step == .asking(exchange) else { return [] }
        self.fail(now: now)
        let isHopeless =
            self.failures >= SyncLimits.failuresUntilDegraded && self.state == .syncing
        return isHopeless ? self.change(to: .degraded) : []
    }

    private mutating func fail(now: Timestamp) {
        self.session = nil
        self.failures += 1
        let doublings = Int64(min(self.failures - 1, 10))
        let pause = min(
            SyncLimits.backOffMilliseconds << doublings,
            SyncLimits.backOffMaxMilliseconds
        )
        self.nextStart = now.adding(milliseconds: pause)
    }

    // MARK: Helpers

    private mutating func change(to state: SyncState) -> [SyncAction] {
        guard state != self.state else { return [] }
        self.state = state
        return [.stateChanged(state)]
    }

    private func cursor(of phase: Int, now: Timestamp) -> SyncSession.Cursor {
        guard let newest = self.newest[phase] else {
            return SyncSession.Cursor(timestamp: Timestamp(milliseconds: 0), id: nil)
        }
        var start = min(newest, now.adding(milliseconds: -SyncLimits.lookbackMilliseconds))
        if phase == MessageType.reputationGossip.syncPhase, let wanted = self.lookback.since {
            start = min(start, wanted)
        }
        return SyncSession.Cursor(timestamp: start, id: nil)
    }

    /// A vote was close: assessments of its voters from a moment on are asked for (R-08-015).
    mutating func wantedAssessments(since moment: Timestamp, now: Timestamp) {
        self.lookback.want(since: moment, isInSession: self.session != nil)
        // Before the first start nothing is due; the first session fetches everything anyway.
        if self.nextStart != nil { self.nextStart = now }
    }

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
    private func pause(least: UInt64, spread: UInt64) -> Int64 {
        self.configuration.isLocalProfile ? 0 : Int64(least + self.entropy % (spread + 1))
    }
}
