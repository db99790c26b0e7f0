import Messages
import Primitives

// From where on messages are asked for.
extension SyncStateMachine {
    /// From where a phase is read in a whole pass (R-05-030, R-05-031, R-05-109).
    func start(of phase: Int, now: Timestamp) -> Timestamp {
        let known = self.catchUp.isCatchingUp ? self.newestAtStart : self.newest
        guard let newest = known[phase] else { return Timestamp(milliseconds: 0) }
        let back =
            newest > now ? SyncLimits.futureLookbackMilliseconds : SyncLimits.lookbackMilliseconds
        let start = min(newest, now.adding(milliseconds: -back))
        guard phase == MessageType.reputationGossip.syncPhase, let wanted = self.lookback.since
        else { return start }
        return min(start, wanted)
    }

    /// A vote was close: assessments of its voters from a moment on are asked for (R-08-015).
    mutating func wantedAssessments(since moment: Timestamp, now: Timestamp) {
        self.lookback.want(since: moment, isInSession: self.session != nil)
        self.catchUp.hurry(now: now)
    }
}
