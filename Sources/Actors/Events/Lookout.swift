import Messages
import OrderedCollections
import Primitives

/// What was written down for this node's people, so that nothing is told twice.
///
/// It follows the facts of the log; what is on its way to the log counts as written.
struct Lookout: Sendable, Codable {
    private struct Told: Sendable, Codable {
        let deadline: Timestamp
        var isClosing: Bool
    }

    private var ballots: OrderedDictionary<MessageID, Told> = [:]
    private var score: FixedPoint?
    private var refusedSince = Timestamp(milliseconds: 0)
    private var refusals = 0

    /// Folds a notice that is in the log.
    mutating func note(_ notice: Notice) {
        switch notice {
        case .open(let ballot): self.note(ballot, isClosing: false)
        case .closing(let ballot): self.note(ballot, isClosing: true)
        case .score(let score): self.score = score
        case .refused: break
        }
    }

    private mutating func note(_ ballot: Notice.Ballot, isClosing: Bool) {
        let wasClosing = self.ballots[ballot.proposal]?.isClosing ?? false
        self.ballots[ballot.proposal] = Told(
            deadline: ballot.deadline,
            isClosing: wasClosing || isClosing
        )
    }

    /// What is new among the proposals that wait for a vote.
    mutating func news(of reply: WaitingVotes.Reply, now: Timestamp) -> [Notice] {
        // Nothing waits for a vote behind its deadline.
        self.ballots.removeAll { $0.value.deadline < now }
        var notices: [Notice] = []
        for entry in reply.entries {
            let ballot = Notice.Ballot(
                proposal: entry.proposal,
                title: entry.title.shortened,
                deadline: entry.deadline,
                weight: entry.weight
            )
            let told = self.ballots[entry.proposal]
            let left = entry.deadline.milliseconds(since: now)
            if told == nil { notices.append(.open(ballot)) }
            if told?.isClosing != true, left <= EventsLimits.closingMilliseconds {
                notices.append(.closing(ballot))
            }
        }
        for notice in notices { self.note(notice) }
        return notices
    }

    /// The own score, if one would notice that it changed.
    mutating func news(of score: FixedPoint) -> Notice? {
        let before = self.score?.millionths ?? .min / 2
        let isCrossed = Capability.allCases.contains { capability in
            capability.isPermitted(at: score)
                != capability.isPermitted(at: self.score ?? .zero)
        }
        guard isCrossed || abs(score.millionths - before) >= EventsLimits.scoreChangeMin else {
            return nil
        }
        self.score = score
        return .score(score)
    }

    /// An own message was refused; nil when that was told often enough.
    mutating func refused(_ event: MessageRefused, now: Timestamp) -> Notice? {
        guard case .local = event.origin else { return nil }
        if now.milliseconds(since: self.refusedSince) >= EventsLimits.refusalWindowMilliseconds {
            (self.refusedSince, self.refusals) = (now, 0)
        }
        self.refusals += 1
        guard self.refusals <= EventsLimits.refusalsMax else { return nil }
        return .refused(event.id, code: event.refusal.code.rawValue)
    }
}
