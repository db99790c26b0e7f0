import Messages
import OrderedCollections
import Primitives
import TestSupport

@testable import Consensus

// Decisions, and what must be equal at the end of a history.
extension ModelDuel {
    /// What Reputation would say of the voters of some proposals.
    private func standings(on proposals: [MessageID]) -> Standings {
        let known = self.machine.voters(on: proposals).compactMap { voter in
            self.plain.rating(
                of: self.cast.number(voter.identity),
                at: voter.at.milliseconds
            ).map { rating in
                VoterStandings.Reply.Standing(
                    identity: voter.identity,
                    at: voter.at,
                    reputation: FixedPoint(millionths: rating.reputation),
                    isSuspended: rating.isSuspended,
                    tenureFactor: FixedPoint(millionths: rating.tenureFactor)
                )
            }
        }
        return Standings(VoterStandings.Reply(standings: known))
    }

    /// Decides what is due in both.
    mutating func decide(_ active: Int, _ reputation: Int64) throws {
        let network = NetworkSize(
            activeIdentities: active,
            activeReputation: FixedPoint(millionths: reputation)
        )
        let due = self.machine.due(now: self.timestamp)
        let facts = self.machine.decide(
            due,
            network: network,
            self.standings(on: due),
            now: self.timestamp
        )
        let decisions = try facts.map { try self.plainForm(of: $0) }
            .sorted { $0.proposal < $1.proposal }
        let plain = self.plain.due(now: self.now).map {
            self.plain.decision(on: $0, identities: active, reputation: reputation)
        }
        guard decisions == plain else {
            throw Difference("decided \(decisions)\n  not \(plain)")
        }
        for fact in facts { self.machine.decided(fact, at: self.timestamp) }
        // In the order of the machine, which matters when two settle the same contradiction.
        for fact in facts {
            let number = self.number(of: fact.proposal)
            guard let decision = plain.first(where: { $0.proposal == number }) else { continue }
            self.plain.decided(decision, at: self.now, rank: fact.proposal.array)
        }
    }

    private func number(of proposal: MessageID) -> Int {
        ModelStep.proposals.first { self.cast.id($0) == proposal } ?? -1
    }

    private func plainForm(of fact: DecisionFact) throws -> PlainDecision {
        PlainDecision(
            proposal: self.number(of: fact.proposal),
            state: fact.state.rawValue,
            countsHeads: fact.mode == .headcount,
            needsHalf: fact.needsHalfOfHeads,
            identities: fact.activeIdentities,
            reputation: fact.activeReputation.millionths,
            effectiveAt: fact.effectiveAt.milliseconds,
            adopters: fact.adopters,
            isObjected: fact.objection != nil,
            restsOnPhase: fact.restsOnPhase,
            hasQuorum: fact.hasQuorum,
            ballots: self.plainForm(of: fact.votes)
        )
    }

    private func plainForm(of ballots: [DecisionFact.Ballot]) -> [PlainBallot] {
        ballots.map { ballot in
            PlainBallot(
                identity: self.cast.number(ballot.identity),
                at: ballot.at.milliseconds,
                stance: ballot.stance.rawValue,
                weight: ballot.weight.millionths,
                isDegraded: ballot.isDegraded,
                isCounted: ballot.notCountedBecause == nil
            )
        }.sorted { $0.identity < $1.identity }
    }

    // MARK: At the end

    func difference() throws -> Difference? {
        for number in ModelStep.proposals {
            if let found = self.difference(on: number) { return Difference(found) }
        }
        let phase = self.machine.clock.phase(at: self.timestamp)
        let allowed = self.plain.clock.allowed(at: self.now)
        let plain: GovernancePhase =
            !allowed.standard
            ? .frozen
            : allowed.constitutional
                ? .constitutional
                : self.plain.clock.isColdStart(self.now) ? .coldStart : .standard
        return phase == plain ? nil : Difference("the phase is \(phase), not \(plain)")
    }

    /// How a proposal looks to people, in a network of six.
    private func difference(on number: Int) -> String? {
        let id = self.cast.id(number)
        let network = NetworkSize(
            activeIdentities: 6,
            activeReputation: FixedPoint(millionths: 3_000_000)
        )
        let standings = self.standings(on: [id])
        let outside = Outside(
            now: self.timestamp,
            network: network,
            standings: standings,
            texts: self.texts
        )
        let view = self.machine.views(Proposals(id: id, limit: 1), outside).first
        guard let view, let proposal = self.plain.proposals[number] else {
            let isKnown = (view != nil, self.plain.proposals[number] != nil)
            return isKnown.0 == isKnown.1 ? nil : "proposal \(number) is known: \(isKnown.0)"
        }
        let state = self.plain.state(of: proposal, identities: 6, reputation: 3_000_000)
        if view.state.rawValue != state {
            return "proposal \(number) is \(view.state.rawValue), not \(state)"
        }
        guard let record = self.machine.proposals[id] else {
            return proposal.archivedAs == nil ? "no record of \(number)" : nil
        }
        let ballots = self.plainForm(of: self.machine.ballots(on: record, standings))
        let plain = self.plain.ballots(proposal)
        return ballots == plain ? nil : "votes on \(number) are \(ballots)\n  not \(plain)"
    }
}
