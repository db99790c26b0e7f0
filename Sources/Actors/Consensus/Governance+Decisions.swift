import Messages
import OrderedCollections
import Primitives

// Tallies and decisions (§8).
extension Governance {
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
                notCountedBecause: objection?.text
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
        // A device whose rotations contradict each other is suspended alone; the standing of its root
        // does not show it.
        if self.signers.standing(of: item.message)?.isSuspended == true {
            standing.isSuspended = true
        }
        return standing
    }

    private func objection(to item: MessageBox<Vote>.Item, _ withdrawnAt: Timestamp?)
        -> VoteObjection?
    {
        let message = item.message
        if !item.rank.isInTime { return .late }
        if let withdrawnAt, message.timestamp > withdrawnAt { return .withdrawnBefore }
        guard let opening = self.signers.standing(of: message)?.votingOpensAt,
            message.timestamp < opening
        else { return nil }
        return .revokedLately
    }

    // MARK: Rules

    /// What a proposal needs; its mode and network are those of its decision, once there is one.
    func rules(for record: ProposalRecord, _ current: NetworkSize) -> VotingRules {
        let deadline = record.votingEnds
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
    func fullObjection(
        to record: ProposalRecord,
        _ standings: Standings,
        _ findings: Findings
    ) -> String? {
        if let objection = self.objection(to: record) { return objection }
        guard let author = record.author(self.signers) else {
            return "the author's key was revoked with effect before"
        }
        let score = standings.standing(
            of: author,
            at: record.message.timestamp,
            fallback: record.reputation
        ).reputation
        guard Capability.propose.isPermitted(at: score) else {
            return "the author's score was \(score), proposing needs \(Capability.propose.gate)"
        }
        return self.artefactObjection(to: record, at: score, findings)
    }

    // MARK: Deciding

    /// How long after its due time a decision is taken, in milliseconds.
    var patience: Int64 { self.presence.patience }

    /// The next moment at which a decision is due.
    var nextDecision: Timestamp? {
        self.proposals.all.compactMap { self.due($0) }.min()
    }

    /// When a decision on a proposal is due; nil when none is.
    func decisionDue(on proposal: MessageID) -> Timestamp? {
        self.proposals[proposal].flatMap { self.due($0) }
    }

    private func due(_ record: ProposalRecord) -> Timestamp? {
        self.presence.due(record, self.signers)
    }

    /// Proposals whose decision is due.
    func due(now: Timestamp) -> [MessageID] {
        self.proposals.all.filter { self.isDue($0, now: now) }.map(\.id)
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

    /// Decides on proposals, as far as they are still due, on a sample of the network, the standings
    /// of their voters and what was found of their artefacts.
    func decide(
        _ proposals: [MessageID],
        network: NetworkSize,
        _ standings: Standings,
        _ findings: Findings = Findings(),
        now: Timestamp
    ) -> [DecisionFact] {
        proposals.compactMap { self.proposals[$0] }.filter { self.isDue($0, now: now) }
            .map { self.decision(on: $0, network, standings, findings) }
    }

    /// What this node decides on a proposal (D-58).
    func decision(
        on record: ProposalRecord,
        _ network: NetworkSize,
        _ standings: Standings,
        _ findings: Findings
    ) -> DecisionFact {
        let rules = self.rules(for: record, network)
        let ballots = self.ballots(on: record, standings)
        let objection = self.fullObjection(to: record, standings, findings)
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
            effectiveAt: record.effectiveAt,
            adopters: record.weightyAdopters(self.signers),
            resolution: record.proposal.resolution,
            objection: objection,
            restsOnPhase: self.restsOnPhase(record),
            recount: record.recount,
            votes: ballots
        )
    }

    /// The earliest assessment that the weights of a running confirmation may rest on (R-08-015).
    var assessmentsNeeded: Timestamp? {
        self.proposals.all.filter { $0.decision?.state == .confirming }
            .map(\.message.timestamp).min()?
            .adding(milliseconds: -ConsensusLimits.assessmentMilliseconds)
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

    /// The same decision with other votes, or as another count.
    func copy(recount: Int? = nil, votes: [Ballot]? = nil) -> DecisionFact {
        DecisionFact(
            proposal: self.proposal,
            state: self.state,
            hasQuorum: self.hasQuorum,
            mode: self.mode,
            needsHalfOfHeads: self.needsHalfOfHeads,
            activeIdentities: self.activeIdentities,
            activeReputation: self.activeReputation,
            author: self.author,
            effectiveAt: self.effectiveAt,
            adopters: self.adopters,
            resolution: self.resolution,
            objection: self.objection,
            restsOnPhase: self.restsOnPhase,
            recount: recount ?? self.recount,
            votes: votes ?? self.votes
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
