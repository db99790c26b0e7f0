import Messages
import Primitives

// Where a proposal stands, in a sentence with dates.
extension ProposalView {
    /// What happened, or what is to come and when.
    func standing(now: Timestamp) -> String {
        switch self.state {
        case .open, .converging, .confirming:
            self.isOverdue(at: now)
                ? "the deadline passed at \(self.deadline.text); this node is deciding, once it has "
                    + "what it missed"
                : self.voting(now: now)
        case .ratified: "ratified, in effect from \(self.outlook.effectiveAt.text)"
        case .rejected: "rejected, at the deadline of \(self.deadline.text): \(self.lacks)"
        case .expired: "expired at \(self.deadline.text): \(self.lacks)"
        case .withdrawn: "its author took it back"
        }
    }

    private var deadline: Timestamp { self.proposal.votingDeadline }

    private var lacks: String { self.missing.joined(separator: "; ") }

    private func voting(now: Timestamp) -> String {
        let end = self.decisionDue ?? self.deadline
        if let reopening = self.reopening {
            return
                "it was ratified, but \(reopening.winner) stands, which contradicts it; it is voted on "
                + "once more until \(end.text)"
        }
        let when = "\(end.text), \(Self.span(until: end, from: now))"
        return switch self.state {
        case .confirming: "the result was close; it is confirmed or not at \(when)"
        case .converging: "enough endorse it so far; voting ends \(when)"
        default: "voting ends \(when); so far \(self.lacks)"
        }
    }

    /// A span in its largest unit, rounded up, so that a caller who waits as long is not refused again.
    static func span(until end: Timestamp, from now: Timestamp) -> String {
        let seconds = max(0, end.milliseconds(since: now).saturatingAdding(999)) / 1_000
        if seconds < 120 { return "in \(seconds) s" }
        let minutes = (seconds + 59) / 60
        if minutes < 120 { return "in \(minutes) min" }
        let hours = (minutes + 59) / 60
        return hours < 72 ? "in \(hours) h" : "in \((hours + 23) / 24) days"
    }
}
