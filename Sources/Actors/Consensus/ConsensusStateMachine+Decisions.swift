import Messages
import OrderedCollections
import Primitives

// Tallies and decisions (§8).
extension ConsensusStateMachine {
    // MARK: Votes

    /// The vote of each identity with its weight, and why it does not count, if it does not.
    func ballots(on record: ProposalRecord, _ standings: Standings) -> [DecisionFact.Ballot] {
        let withdrawnAt = record.withdrawnAt(self.signers)
        return record.votes.newest(self.signers).map { identity, item in
            let message = item.message
            let isDegraded =
                item.body.syncStatus == .degraded
                || self.observations.states.isDegraded(message.from, at: message.timestamp)
            let standing = self.standing(of: identity, item, standings)
            let objection = self.objection(to: item, withdrawnAt) ?? standing.objection
            return DecisionFact.Ballot(
                identity: identity,
                voteID: message.id,
                at: message.timestamp,
                stance: item.body.stance,
                weight: objection == nil ? standing.weight(isDegraded: isDegraded) : .zero,
                isDegraded: isDegraded,
                notCountedBecause: objection
            )
        }
    }

    private func standing(
        of identity: NodeID,
        _ item: MessageBox<Vote>.Item,
        _ standings: Standings
    ) -> Standing {
        var standing = standings.standing(
            of: identity,
            at: item.message.timestamp,
            fallback: item.reputation
        )
        // Of a device whose rotations contradict each other the root knows nothing.
        if self.signers.standing(of: item.message)?.isSuspended == true {
            standing.isSuspended = true
        }
        return standing
    }

    private func objection(to item: MessageBox<Vote>.Item, _ withdrawnAt: Timestamp?) -> String? {
        let message = item.message
        if !item.rank.isInTime { return "stamped after the voting deadline" }
        if let withdrawnAt, message.timestamp > withdrawnAt {
            return "the proposal was withdrawn before"
        }
        guard let opening = self.signers.standing(of: message)?.votingOpensAt,
            message.timestamp < opening
        else { return nil }
        return "the key was revoked less than 60 days before"
    }

    // MARK: Rules

    /// What a proposal needs; its mode and network are those of its decision, once there is one.
    func rules(for record: ProposalRecord, _ current: NetworkSize) -> VotingRules {
        let deadline = record.proposal.votingDeadline
        let parameters = self.parameters.parameters(at: deadline)
        return VotingRules(
            mode: record.decision?.mode ?? self.clock.mode(deadline: deadline),
            needsHalfOfHeads: record.decision?.needsHalfOfHeads
                ?? self.clock.needsHalfOfHeads(
                    submitted: record.message.timestamp,
                    deadline: deadline
                ),
            tier: record.proposal.tier,
            threshold: record.proposal.threshold(parameters),
            network: record.decision?.network ?? current,
            parameters: parameters
        )
    }

    /// Why a proposal cannot be ratified, its author's score included.
    func fullObjection(to record: ProposalRecord, _ standings: Standings) -> String? {
        if let objection = self.objection(to: record) { return objection }
        guard let author = record.author(self.signers) else {
            return "the author's key was revoked with effect before"
        }
        let score = standings.standing(
            of: author,
            at: record.message.timestamp,
            fallback: record.reputation
        ).reputation
        guard !Capability.propose.isPermitted(at: score) else { return nil }
        return "the author's score was \(score), proposing needs \(Capability.propose.gate)"
    }

    // MARK: Deciding

    /// How long after it is due a decision is looked at: votes in time are to have arrived, and the
    /// deadline to have passed by the clocks of peers as well (ADR 0034).
    var patience: Int64 {
        ConsensusLimits.settlingMilliseconds + max(self.clockAhead, 0)
    }

    /// The next moment at which a decision is due.
    var nextDecision: Timestamp? {
        self.proposals.values.compactMap { self.due($0) }.min()
    }

    /// When a decision on a proposal is due; nil when none is.
    func decisionDue(on proposal: MessageID) -> Timestamp? {
        self.proposals[proposal].flatMap { self.due($0) }
    }

    /// When a decision is due: later than the rules ask for when this node was not there in time,
    /// or when its proposal was not (ADR 0024).
    private func due(_ record: ProposalRecord) -> Timestamp? {
        guard let caughtUpAt = self.caughtUpAt, let due = record.decisionDue(self.signers) else {
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

    /// Proposals whose decision is due.
    func due(now: Timestamp) -> [MessageID] {
        self.proposals.values.filter { self.isDue($0, now: now) }.map(\.id)
    }

    private func isDue(_ record: ProposalRecord, now: Timestamp) -> Bool {
        self.due(record).map { $0 < now } ?? false
    }

    /// Of whom Reputation has to be asked before these proposals are tallied.
    func voters(on proposals: [MessageID]) -> [VoterStandings.Voter] {
        var voters: [VoterStandings.Voter] = []
        for record in proposals.compactMap({ self.proposals[$0] }) {
            if let author = record.author(self.signers) {
                voters.append(.init(identity: author, at: record.message.timestamp))
            }
            voters += record.votes.newest(self.signers).map { identity, item in
                .init(identity: identity, at: item.message.timestamp)
            }
        }
        return voters
    }

    /// Decides on proposals, as far as they are still due, on a sample of the network and the
    /// standings of their voters.
    func decide(
        _ proposals: [MessageID],
        network: NetworkSize,
        _ standings: Standings,
        now: Timestamp
    ) -> [DecisionFact] {
        proposals.compactMap { self.proposals[$0] }.filter { self.isDue($0, now: now) }
            .map { self.decision(on: $0, network, standings) }
    }

    /// What this node decides on a proposal (D-58).
    func decision(on record: ProposalRecord, _ network: NetworkSize, _ standings: Standings)
        -> DecisionFact
    {
        let rules = self.rules(for: record, network)
        let ballots = self.ballots(on: record, standings)
        let objection = self.fullObjection(to: record, standings)
        let count = Count(ballots)
        let state = rules.verdict(count, isConfirmed: record.decision != nil)
        return DecisionFact(
            proposal: record.id,
            state: objection == nil ? state : .rejected,
            hasQuorum: rules.hasQuorum(count),
            mode: rules.mode,
            needsHalfOfHeads: rules.needsHalfOfHeads,
            activeIdentities: rules.network.activeIdentities,
            activeReputation: rules.network.activeReputation,
            author: record.author(self.signers) ?? record.message.from,
            effectiveAt: record.proposal.effectiveAt,
            adopters: record.weightyAdopters(self.signers),
            resolution: record.proposal.resolution,
            objection: objection,
            restsOnPhase: self.restsOnPhase(record),
            votes: ballots
        )
    }

    /// The earliest assessment that the weights of a running confirmation may rest on (R-08-015).
    var assessmentsNeeded: Timestamp? {
        self.proposals.values.filter { $0.decision?.state == .confirming }
            .map(\.message.timestamp).min()?
            .adding(milliseconds: -ConsensusLimits.assessmentMilliseconds)
    }

    /// A decision is in the log: it takes effect.
    mutating func decided(_ decision: DecisionFact, at moment: Timestamp) {
        self.proposals[decision.proposal]?.decided(decision, at: moment)
        // What the clock learnt while this was on its way to the log holds for it, too.
        self.takeBackDecision(on: decision.proposal)
        // A fact that came too late to be the decision has no effect.
        guard self.proposals[decision.proposal]?.decision == decision,
            let ratified = ResolutionRatified(decision)
        else { return }
        switch ratified.resolution.kind {
        case .parameter: self.parameters.add(ratified)
        case .keyConflict: self.signers.ratified(ratified)
        case .flag, .ban: break
        }
    }
}

extension VotingRules {
    /// The outcome at the deadline, or after the confirmation that a close ratio asks for.
    func verdict(_ count: Count, isConfirmed: Bool) -> ProposalState {
        // Without a quorum there is nothing to confirm (D-56).
        guard self.hasQuorum(count) else { return .rejected }
        if !isConfirmed, self.isClose(count) { return .confirming }
        return self.meetsThreshold(count) ? .ratified : .rejected
    }

    /// What a ratification still needs, in words; empty when nothing.
    func missing(_ count: Count) -> [String] {
        var missing: [String] = []
        if !self.hasVoters(count) {
            let voted = count.voters == 1 ? "1 identity voted" : "\(count.voters) identities voted"
            missing.append("\(voted), at least \(ConsensusLimits.votersMin) must")
        }
        if !self.meetsQuorum(count) {
            switch self.mode {
            case .weighted:
                missing.append("votes weigh \(count.total) together, the quorum is \(self.quorum)")
            case .headcount:
                missing.append(
                    "\(count.voters) voters; more than half of "
                        + "\(self.network.activeIdentities) active identities must vote"
                )
            }
        }
        if !self.meetsHeadcountFloor(count) {
            missing.append(
                "\(count.voters) voters; half of \(self.network.activeIdentities) active "
                    + "identities must vote on a proposal made in cold start"
            )
        }
        if !self.meetsThreshold(count) {
            let what = self.mode == .weighted ? "of the weight" : "of the heads"
            missing.append("endorsed by less than \(self.threshold) \(what)")
        }
        return missing
    }
}

extension DecisionFact {
    var network: NetworkSize {
        NetworkSize(
            activeIdentities: self.activeIdentities,
            activeReputation: self.activeReputation
        )
    }
}

extension Propose {
    /// Share of endorse that ratifies here; changes of the protocol are looked at more strictly.
    fileprivate func threshold(_ parameters: NetworkParameters) -> FixedPoint {
        let ofTier =
            switch self.tier {
            case .standard: parameters[.standardThreshold]
            case .constitutional: parameters[.constitutionalThreshold]
            }
        return self.eol == nil ? ofTier : max(ofTier, ConsensusLimits.protocolChangeThreshold)
    }
}
