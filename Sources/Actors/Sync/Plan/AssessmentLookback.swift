import Messages
import Primitives

/// A look further back than usual, for assessments that bear on a close vote (R-08-015).
///
/// Sync asks for what is newer than half an hour; an assessment that a voter's weight rests on may
/// be older and have passed this node by. So the next few sessions begin earlier.
struct AssessmentLookback: Sendable {
    /// From where assessments are wanted; nil when nothing is.
    private(set) var since: Timestamp?
    private var sessionsLeft = 0

    /// Assessments from a moment on are wanted.
    ///
    /// - Parameters:
    ///   - moment: the earliest.
    ///   - isInSession: a session runs that began without this wish.
    mutating func want(since moment: Timestamp, isInSession: Bool) {
        self.since = min(self.since ?? moment, moment)
        self.sessionsLeft = SyncLimits.lookbackSessions + (isInSession ? 1 : 0)
    }

    /// A session has come to its end.
    ///
    /// - Returns: whether another peer is to be asked at once.
    mutating func passed() -> Bool {
        guard self.since != nil else { return false }
        self.sessionsLeft -= 1
        if self.sessionsLeft <= 0 { self.since = nil }
        return self.since != nil
    }
}
