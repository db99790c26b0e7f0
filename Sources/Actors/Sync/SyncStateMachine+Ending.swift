import Messages
import OrderedCollections
import Primitives

// How sessions end: to the end of what there was to read, without room for it, or broken.
extension SyncStateMachine {
    // MARK: To the end

    /// A phase was read to its end; a degraded node may say more then (D-35).
    mutating func finish(_ phase: Int?) -> [SyncAction] {
        guard let phase, self.finishedPhases.insert(phase).inserted, self.state == .degraded
        else { return [] }
        return [self.stateNow]
    }

    /// A whole pass with one peer is over, or a comparison.
    mutating func passed(_ session: SyncSession, now: Timestamp) -> [SyncAction] {
        self.forgetSession()
        if let comparison = session.comparison {
            self.passed(comparison, of: session, now: now)
            return []
        }
        guard !session.wasBusy else { return self.hadNoRoom(for: session.peer, now: now) }
        self.failures = 0
        self.completed.append(session.peer)
        let asksOn = self.lookback.passed()
        if !self.isCatchingUp, asksOn {
            self.nextStart = now
            return []
        }
        if !self.isCatchingUp {
            self.rest(now: now)
            return []
        }
        self.nextStart = now
        return self.completed.count >= SyncLimits.peersWanted ? self.complete(now: now) : []
    }

    mutating func complete(now: Timestamp) -> [SyncAction] {
        self.rest(now: now)
        self.isCatchingUp = false
        // What was obtained may not be in the log yet.
        let isBeginning = !self.hasPast && self.obtained == 0
        return self.change(to: .synced) + [.caughtUp(isBeginning: isBeginning)]
    }

    /// The next look comes in a while, and may go to any peer.
    mutating func rest(now: Timestamp) {
        self.completed = []
        self.failed = []
        self.nextStart = now.adding(milliseconds: self.configuration.pace.incrementalMilliseconds)
    }

    // MARK: Without room

    /// A whole pass was read, but this node had no room for some of it.
    ///
    /// The pass does not count. Room may be short for what this one peer serves only, so others are asked
    /// at once; when there are none, the same is asked for again after a pause.
    private mutating func hadNoRoom(for peer: NodeID, now: Timestamp) -> [SyncAction] {
        let again = self.afterPauseForRoom(now: now)
        self.acquaintances.postpone(peer, until: again)
        guard self.isCatchingUp else {
            self.rest(now: now)
            return []
        }
        self.failed.append(peer)
        self.failures += 1
        let hasOthers =
            !self.completed.isEmpty
            || self.askable.contains { !self.completed.contains($0) && !self.failed.contains($0) }
        self.nextStart = hasOthers ? now : again
        return self.degradeIfHopeless()
    }

    /// When there may be room for what was refused as `busy`.
    func afterPauseForRoom(now: Timestamp) -> Timestamp {
        let (least, spread) = SyncLimits.roomPauseMilliseconds
        return now.adding(milliseconds: Int64(least + self.entropy % (spread + 1)))
    }

    // MARK: Broken

    /// An exchange of ours failed.
    mutating func exchangeFailed(_ exchange: OutboundExchange, now: Timestamp) -> [SyncAction] {
        self.missing.failed(exchange.id, by: exchange.peer)
        self.chains.failed(exchange.id)
        guard let session = self.session, session.step == .asking(exchange) else { return [] }
        return self.broke(now: now)
    }

    /// The session got no answer, or none that leads anywhere.
    mutating func broke(now: Timestamp) -> [SyncAction] {
        let isComparison = self.session?.comparison != nil
        self.fail(now: now)
        return isComparison ? [] : self.degradeIfHopeless()
    }

    /// The session goes on and on without bringing much.
    mutating func tookTooLong(now: Timestamp) -> [SyncAction] {
        // A look further back than usual may be what takes so long; it must not be tried for ever.
        if self.session?.comparison == nil, !self.isCatchingUp { _ = self.lookback.passed() }
        return self.broke(now: now)
    }

    mutating func fail(now: Timestamp) {
        guard let session = self.session else { return }
        self.forgetSession()
        guard session.comparison == nil else {
            return self.acquaintances.failed(session.peer, now: now)
        }
        self.failed.append(session.peer)
        self.failures += 1
        let doublings = Int64(min(self.failures - 1, 10))
        let pause = min(
            SyncLimits.backOffMilliseconds << doublings,
            SyncLimits.backOffMaxMilliseconds
        )
        self.nextStart = now.adding(milliseconds: pause)
    }

    private mutating func forgetSession() {
        self.lastPeer = self.session?.peer
        self.session = nil
    }

    // MARK: State

    private mutating func degradeIfHopeless() -> [SyncAction] {
        let isHopeless =
            self.failures >= SyncLimits.failuresUntilDegraded && self.state == .syncing
        return isHopeless ? self.change(to: .degraded) : []
    }

    private var stateNow: SyncAction {
        let phases = self.state == .degraded ? self.finishedPhases.sorted() : []
        return .stateChanged(self.state, finishedPhases: phases)
    }

    mutating func change(to state: SyncState) -> [SyncAction] {
        guard state != self.state else { return [] }
        self.state = state
        return [self.stateNow]
    }
}
