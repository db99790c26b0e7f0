import Messages
import OrderedCollections
import Primitives

// What becomes of outcomes when a partition has healed (§12).
extension Governance {
    /// Outcomes in which votes of the other side of a partition were not counted, or votes were that a
    /// revocation from there made void (R-12-017, R-12-027, D-14).
    ///
    /// Each is set aside once at most. What was done to contents and identities cannot be undone, so such
    /// outcomes stand.
    func uncounted(now: Timestamp) -> [ReopeningFact] {
        self.proposals.all.compactMap { record in
            guard record.recount == 0, let outcome = record.outcome,
                record.isReversible(outcome), !record.isArchived(self.signers, now: now)
            else { return nil }
            guard self.hasMore(on: record, than: outcome) || self.voids(outcome, on: record) else {
                return nil
            }
            return ReopeningFact(
                proposal: record.id,
                winner: nil,
                votingEnds: record.votingEnds
            )
        }
    }

    /// Whether votes in time have come of identities that a decision does not know.
    private func hasMore(on record: ProposalRecord, than outcome: DecisionFact) -> Bool {
        let known = Set(outcome.votes.map(\.identity))
        return record.votes.newest(self.signers).contains { identity, item in
            item.rank.isInTime && !known.contains(identity)
        }
    }

    /// Whether votes that a decision counted are void by now.
    private func voids(_ outcome: DecisionFact, on record: ProposalRecord) -> Bool {
        let void = Set(record.votes.voided(self.signers).map(\.message.id))
        return outcome.votes.contains {
            $0.notCountedBecause == nil && void.contains($0.voteID)
        }
    }

    /// What becomes of ratified changes of the protocol that contradict each other (R-12-019).
    ///
    /// Losers are open once more for as long as they were at first (D-91). One that lost to what lost itself,
    /// as a third one has come, stands again.
    ///
    /// - Parameter now: from now on people vote once more.
    /// - Returns: what to write to the log.
    func settlement(now: Timestamp) -> [LocalFact] {
        let rivals = self.proposals.all.filter(\.isRival)
        let losers = Contradictions(among: rivals.map(\.change)).losers
        return rivals.compactMap { record in
            guard let winner = losers[record.id] else {
                return record.restored?.fact(recordedAt: now)
            }
            guard record.reopening == nil else { return nil }
            let length = record.votingDeadline.milliseconds(since: record.timestamp)
            let reopening = ReopeningFact(
                proposal: record.id,
                winner: winner,
                votingEnds: now.adding(milliseconds: max(0, length))
            )
            return reopening.fact(recordedAt: now)
        }
    }
}

extension ProposalRecord {
    /// Whether nothing was done that cannot be undone.
    fileprivate func isReversible(_ outcome: DecisionFact) -> Bool {
        guard outcome.state == .ratified, let resolution = outcome.resolution else { return true }
        return resolution.kind == .parameter
    }

    /// Whether it is a change of the protocol that is ratified, or was before it lost.
    ///
    /// One that is decided once more is no rival to what it lost to: it was ratified by all who knew both.
    fileprivate var isRival: Bool {
        guard self.proposal.changesProtocol else { return false }
        return self.outcome.map { $0.state == .ratified } ?? (self.reopening != nil)
    }

    fileprivate var change: Contradictions.Change {
        Contradictions.Change(
            id: self.id,
            from: self.message.from,
            timestamp: self.timestamp,
            proposal: self.proposal
        )
    }
}
