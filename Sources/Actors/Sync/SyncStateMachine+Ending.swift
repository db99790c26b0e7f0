import Messages
import OrderedCollections
import Primitives

// How sessions end: to the end of what there was to read, without room for it, or broken.
extension SyncStateMachine {
    // MARK: To the end

    /// A phase was read to its end; a degraded node may say more then (D-35).
    mutating func finish(_ phase: Int?) -> [SyncAction] {
        guard let phase, self.catchUp.finished(phase) else { return [] }
        return [self.catchUp.report]
    }

    /// A whole pass with one peer is over, or a comparison.
    mutating func passed(_ session: SyncSession, now: Timestamp) -> [SyncAction] {
        self.forgetSession()
        if let comparison = session.comparison {
            self.passed(comparison, of: session, now: now)
            return []
        }
        guard !session.wasBusy else { return self.hadNoRoom(for: session.peer, now: now) }
        self.catchUp.passed(with: session.peer)
        let asksOn = self.lookback.passed()
        guard self.catchUp.isCatchingUp || asksOn else {
            self.catchUp.rest(until: self.endOfCycle(now: now))
            return []
        }
        self.catchUp.ask(at: now)
        let isEnough = self.catchUp.isCatchingUp && self.catchUp.hasCompletedEnough
        return isEnough ? self.complete(now: now) : []
    }

    mutating func complete(now: Timestamp) -> [SyncAction] {
        // What was obtained may not be in the log yet.
        let isBeginning = !self.hasPast && self.obtained == 0
        let end = self.endOfCycle(now: now)
        let news = self.changing { $0.follow(from: end) }
        return news + [.caughtUp(isBeginning: isBeginning)]
    }

    func endOfCycle(now: Timestamp) -> Timestamp {
        now.adding(milliseconds: self.configuration.pace.incrementalMilliseconds)
    }

    // MARK: Without room

    /// A whole pass was read, but this node had no room for some of it.
    ///
    /// The pass does not count. Room may be short for what this one peer serves only, so others are asked
    /// at once; when there are none, the same is asked for again after a pause.
    private mutating func hadNoRoom(for peer: NodeID, now: Timestamp) -> [SyncAction] {
        let again = self.afterPauseForRoom(now: now)
        self.acquaintances.postpone(peer, until: again)
        guard self.catchUp.isCatchingUp else {
            self.catchUp.rest(until: self.endOfCycle(now: now))
            return []
        }
        self.catchUp.fell(short: peer)
        let hasOthers =
            self.catchUp.hasCompletedAny || !self.catchUp.fresh(among: self.askable).isEmpty
        self.catchUp.ask(at: hasOthers ? now : again)
        return self.changing { $0.degradeIfHopeless() }
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
        return isComparison ? [] : self.changing { $0.degradeIfHopeless() }
    }

    /// The session goes on and on without bringing much.
    mutating func tookTooLong(now: Timestamp) -> [SyncAction] {
        // A look further back than usual may be what takes so long; it must not be tried for ever.
        if self.session?.comparison == nil, !self.catchUp.isCatchingUp {
            _ = self.lookback.passed()
        }
        return self.broke(now: now)
    }

    mutating func fail(now: Timestamp) {
        guard let session = self.session else { return }
        self.forgetSession()
        guard session.comparison == nil else {
            return self.acquaintances.failed(session.peer, now: now)
        }
        self.catchUp.broke(with: session.peer, now: now)
    }

    private mutating func forgetSession() {
        self.lastPeer = self.session?.peer
        self.session = nil
    }

    // MARK: State

    /// Says where this node stands, if that is something new.
    private mutating func changing(_ change: (inout CatchUp) -> Void) -> [SyncAction] {
        let before = self.catchUp.state
        change(&self.catchUp)
        return self.catchUp.state == before ? [] : [self.catchUp.report]
    }
}
