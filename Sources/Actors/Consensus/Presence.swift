import Messages
import Primitives

/// Whether this node was there when decisions came due, and how its clock stands to those of its peers
/// (ADR 0024, ADR 0034).
struct Presence: Sendable, Codable {
    /// When this node had what it missed; it decides nothing while this is nil.
    private var caughtUpAt: Timestamp? = .distantPast
    /// From when on it decides what it was not there for in time.
    private var lateFrom = Timestamp.distantPast
    /// How far the clock of this node is ahead of those of its peers, in milliseconds; negative when
    /// it is behind.
    private(set) var clockAhead: Int64 = 0

    // MARK: What happens

    /// Compares clocks; peers are believed only as far as a clock may be off; otherwise they could keep
    /// a node from voting at all.
    mutating func compared(_ comparison: ClockComparison) {
        let most = ConsensusLimits.clockDistanceMaxMilliseconds
        self.clockAhead = max(-most, min(most, comparison.offsetMilliseconds))
    }

    /// This node starts and does not know yet what it missed.
    mutating func wasAway() { self.caughtUpAt = nil }

    /// This node has fetched what it missed; unless its network begins, it listens before it takes late
    /// decisions.
    mutating func caughtUp(isBeginning: Bool, now: Timestamp) {
        self.caughtUpAt = now
        if isBeginning { self.lateFrom = now } else { self.listen(now: now) }
    }

    /// Late decisions wait until every peer has had the time to announce itself.
    mutating func listen(now: Timestamp) {
        self.lateFrom = now.adding(milliseconds: ConsensusLimits.listeningMilliseconds)
    }

    // MARK: What follows

    /// How long after it is due a decision is looked at, in milliseconds: votes in time are to have
    /// arrived, and the deadline to have passed by the clocks of peers as well.
    var patience: Int64 { ConsensusLimits.settlingMilliseconds + max(self.clockAhead, 0) }

    /// What time it is for peers.
    func timeOfPeers(at time: Timestamp) -> Timestamp {
        time.adding(milliseconds: 0 - self.clockAhead)
    }

    /// When a decision is due: later than the rules ask for when this node was not there in time,
    /// or when its proposal was not; nil when none is.
    func due(_ record: ProposalRecord, _ signers: Signers) -> Timestamp? {
        guard let caughtUpAt = self.caughtUpAt, let due = record.decisionDue(signers) else {
            return nil
        }
        if record.cameLate(for: due) {
            let heard = record.receivedAt.adding(
                milliseconds: ConsensusLimits.listeningMilliseconds
            )
            return max(self.lateFrom, heard)
        }
        return due < caughtUpAt ? self.lateFrom : due
    }
}
