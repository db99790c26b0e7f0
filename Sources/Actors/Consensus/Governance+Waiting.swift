import Identities
import Messages
import Primitives

// What waits for this node's own people.
extension Governance {
    /// The identity that this node's key signs for; nil when the key may not sign, or nobody said which
    /// it is.
    func ownStanding(now: Timestamp) -> SenderStanding? {
        guard let own,
            case .success(let standing) = self.signers.registry.standing(of: own, at: now)
        else { return nil }
        return standing
    }

    /// Proposals that this node's identity said nothing about yet, by deadline; whether a vote would be
    /// refused is asked with ``refusal(ofVoteOn:at:_:)``.
    func unvoted(_ query: WaitingVotes, now: Timestamp) -> [ProposalRecord] {
        guard let identity = self.ownStanding(now: now)?.identity else { return [] }
        let open = self.proposals.all.filter { record in
            let place = (record.votingEnds, record.id)
            return record.decision == nil && record.votingEnds > now
                && query.after.map { ($0.deadline, $0.id) < place } != false
                && !record.votes.holds(of: identity, self.signers)
                && record.author(self.signers) != nil && self.objection(to: record) == nil
        }
        return open.sorted {
            ($0.votingEnds, $0.id) < ($1.votingEnds, $1.id)
        }
    }

    /// The first of these proposals on which a vote of this node would be taken.
    ///
    /// - Parameters:
    ///   - query: how many are wanted.
    ///   - standing: what Reputation says of this node's identity.
    ///   - findings: what the storage market said of the artefacts.
    ///   - now: the time.
    /// - Returns: them, or why no vote of this node counts.
    func waiting(
        _ query: WaitingVotes,
        _ standing: Standing,
        _ findings: Findings,
        now: Timestamp
    ) -> WaitingVotes.Reply {
        if let objection = standing.objection?.text ?? self.silence(now: now) {
            return WaitingVotes.Reply(objection: objection)
        }
        let weight = standing.weight(isDegraded: false)
        let open = self.unvoted(query, now: now).lazy.filter {
            self.refusal(ofVoteOn: $0, at: now, findings) == nil
        }
        return WaitingVotes.Reply(
            entries: open.prefix(max(0, query.limit)).map { record in
                WaitingVotes.Entry(
                    proposal: record.id,
                    author: record.author(self.signers) ?? record.message.from,
                    title: record.proposal.title,
                    deadline: record.votingEnds,
                    weight: weight
                )
            }
        )
    }

    /// Why this node's key has no vote yet; nil when it has one.
    private func silence(now: Timestamp) -> String? {
        guard let standing = self.ownStanding(now: now) else {
            return "the key of this node may not sign any more"
        }
        guard let opening = standing.votingOpensAt, now < opening else { return nil }
        return "the key was revoked less than 60 days before; it votes from \(opening.text) on"
    }
}
