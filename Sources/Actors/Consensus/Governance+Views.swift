import Messages
import OrderedCollections
import Primitives

/// What a view is computed with.
struct Outside: Sendable {
    let now: Timestamp
    let network: NetworkSize
    var standings = Standings()
    var findings = Findings()
    /// Whole messages from the log, in the place of outlines.
    var texts: [MessageID: Message] = [:]
}

// What others see of the state.
extension Governance {
    /// Proposals, newest first; archived ones only where one is asked for by its id or artefact.
    func views(_ query: Proposals, _ outside: Outside) -> [ProposalView] {
        self.wanted(query, now: outside.now).compactMap { id in
            if let record = self.proposals[id] { return self.view(record, outside) }
            return self.proposals.archived(id).flatMap { self.view($0, outside) }
        }
    }

    /// The active proposals that a query is about, newest first.
    func records(_ query: Proposals, now: Timestamp) -> [ProposalRecord] {
        self.wanted(query, now: now).compactMap { self.proposals[$0] }
    }

    private func wanted(_ query: Proposals, now: Timestamp) -> [MessageID] {
        if let id = query.id { return [id] }
        let places =
            query.offering.map { self.offers(of: $0) }
            ?? self.proposals.all.filter { !$0.isArchived(self.signers, now: now) }.map(\.place)
        let newest = places.filter { query.after?.isBefore($0) != false }
            .sorted { ($0.timestamp, $0.id) > ($1.timestamp, $1.id) }
        return newest.prefix(max(0, query.limit)).map(\.id)
    }

    /// Proposals of an artefact; where some carry it inline, those alone.
    private func offers(of artefact: ContentHash) -> [MessagePlace] {
        let offers = self.proposals.known { $0.contentHash == artefact }
        let whole = offers.filter { $0.carriesArtefact }
        return (whole.isEmpty ? offers : whole).map { $0.place }
    }

    /// Messages of which only an outline is kept, or nothing, for a question about a single proposal; lists
    /// do with outlines.
    func cutTexts(_ query: Proposals, now: Timestamp) -> [MessageID] {
        guard query.isSingle else { return [] }
        return self.wanted(query, now: now).flatMap { id in
            guard let record = self.proposals[id] else {
                return self.proposals.archived(id).map { [$0.id] } ?? []
            }
            let messages =
                [record.message] + record.votes.items.map(\.message)
                + self.comments.remarks(on: record.id).map(\.message)
            return messages.filter(\.isOutline).map(\.id)
        }
    }

    /// An archived proposal with its text from the log; nil when the log did not hand it out.
    private func view(_ archived: ArchivedProposal, _ outside: Outside) -> ProposalView? {
        guard let message = outside.texts[archived.id], let proposal = message.proposal else {
            return nil
        }
        let record = ProposalRecord(archived, message, proposal)
        let rules = self.rules(for: record, outside.network)
        let objection = archived.decision?.objection
        let missing = objection.map { [$0] } ?? rules.missing(archived.count)
        return ProposalView(
            message: message,
            proposal: proposal,
            author: archived.author(self.signers) ?? message.from,
            state: archived.state,
            isAdopted: archived.isAdopted,
            tally: Tally(archived.count, rules),
            votes: [],
            adoptions: [],
            supersededBy: self.proposals.successors(of: archived.id),
            supersedes: self.proposals.olderVersions(
                of: record,
                limit: ConsensusLimits.chainShown
            ),
            threads: [],
            outlook: Outlook(
                archived.count,
                rules,
                isClose: false,
                effectiveAt: proposal.effectiveAt
            ),
            decisionDue: nil,
            isArchived: true,
            missing: archived.state == .ratified ? [] : missing,
            objection: objection,
            decidedAt: archived.decidedAt
        )
    }

    private func view(_ record: ProposalRecord, _ outside: Outside) -> ProposalView {
        let ballots = record.outcome?.votes ?? self.ballots(on: record, outside.standings)
        let count = Count(ballots)
        let rules = self.rules(for: record, outside.network)
        let objection =
            record.outcome.map { $0.objection }
            ?? self.fullObjection(to: record, outside.standings, outside.findings)
        let state = self.state(of: record, rules.passes(count) && objection == nil)
        let verdict = objection == nil ? rules.verdict(count, isConfirmed: false) : .rejected
        let isClose = Self.isConfirmed(state, verdictNow: verdict)
        let message = outside.texts[record.id] ?? record.message
        return ProposalView(
            message: message,
            proposal: message.proposal ?? record.proposal,
            author: record.author(self.signers) ?? record.message.from,
            state: state,
            isAdopted: record.isAdopted,
            tally: Tally(count, rules),
            votes: self.votes(ballots, on: record, outside.texts),
            adoptions: record.adopters(self.signers).map {
                AdoptionView(identity: $0.identity, success: $0.item.body.success)
            },
            supersededBy: self.proposals.successors(of: record.id),
            supersedes: self.proposals.olderVersions(
                of: record,
                limit: ConsensusLimits.chainShown
            ),
            threads: self.comments.threads(on: record.id, self.signers, outside.texts),
            outlook: Outlook(
                count,
                rules,
                isClose: isClose,
                effectiveAt: record.effectiveAt
            ),
            decisionDue: record.outcome == nil ? record.decisionDue(self.signers) : nil,
            isArchived: record.isArchived(self.signers, now: outside.now),
            missing: state == .ratified ? [] : objection.map { [$0] } ?? rules.missing(count),
            objection: objection,
            decidedAt: record.outcome == nil ? nil : record.decidedAt,
            reopening: record.reopening
        )
    }

    /// Whether seven days of confirmation follow the deadline, as votes are now, or are under way.
    private static func isConfirmed(_ state: ProposalState, verdictNow verdict: ProposalState)
        -> Bool
    {
        switch state {
        case .open, .converging: verdict == .confirming
        case .confirming: true
        case .ratified, .rejected, .expired, .withdrawn: false
        }
    }

    /// Votes as they count, then those of revoked keys, with what their voters say for them.
    private func votes(
        _ ballots: [DecisionFact.Ballot],
        on record: ProposalRecord,
        _ texts: [MessageID: Message]
    ) -> [VoteView] {
        let said = record.votes.items.map { ($0.message.id, texts[$0.message.id]?.vote ?? $0.body) }
        let bodies = Dictionary(said) { first, _ in first }
        let counted = ballots.map { VoteView($0, reason: bodies[$0.voteID]?.reason) }
        return counted
            + record.votes.voided(self.signers).map { item in
                VoteView(
                    identity: item.message.from,
                    voteID: item.message.id,
                    stance: item.body.stance.rawValue,
                    weight: .zero,
                    notCountedBecause: VoteObjection.keyRevoked.text,
                    rule: VoteObjection.keyRevoked.rule,
                    remedy: VoteObjection.keyRevoked.remedy,
                    reason: bodies[item.message.id]?.reason
                )
            }
    }

    private func state(of record: ProposalRecord, _ passes: Bool) -> ProposalState {
        if let outcome = record.outcome { return outcome.state }
        let isVoid = record.author(self.signers) == nil
        if isVoid || record.withdrawnAt(self.signers) != nil { return .withdrawn }
        if record.decision != nil { return .confirming }
        return passes ? .converging : .open
    }

    /// Votes that are known with their proposals.
    var voteCount: Int { self.proposals.all.reduce(0) { $0 + $1.votes.count } }
}

extension Message {
    fileprivate var proposal: Propose? {
        if case .propose(let proposal) = self.payload { proposal } else { nil }
    }

    fileprivate var vote: Vote? {
        if case .vote(let vote) = self.payload { vote } else { nil }
    }
}

extension VoteView {
    fileprivate init(_ ballot: DecisionFact.Ballot, reason: String?) {
        let objection = ballot.notCountedBecause.flatMap { VoteObjection($0) }
        self.init(
            identity: ballot.identity,
            voteID: ballot.voteID,
            stance: ballot.stance.rawValue,
            weight: ballot.weight,
            notCountedBecause: ballot.notCountedBecause,
            rule: objection?.rule,
            remedy: objection?.remedy,
            reason: reason
        )
    }
}

extension Tally {
    init(_ count: Count, _ rules: VotingRules) {
        self.init(
            voters: count.voters,
            endorse: count.endorse,
            reject: count.reject,
            abstain: count.abstain,
            quorum: rules.quorum,
            threshold: rules.threshold
        )
    }
}

extension Outlook {
    init(_ count: Count, _ rules: VotingRules, isClose: Bool, effectiveAt: Timestamp) {
        let active = rules.network.activeIdentities
        let (reached, needed): (FixedPoint, FixedPoint) =
            switch rules.mode {
            case .weighted: (count.total, rules.quorum)
            case .headcount: (Self.heads(count.voters), Self.heads(active / 2 + 1))
            }
        self.init(
            mode: rules.mode,
            quorumReached: reached,
            quorumNeeded: needed,
            votersNeeded: ConsensusLimits.votersMin,
            ratio: rules.ratio(count),
            threshold: rules.threshold,
            endorsementMissing: rules.endorsementMissing(count),
            isClose: isClose,
            activeIdentities: active,
            needsHalfOfHeads: rules.needsHalfOfHeads,
            effectiveAt: effectiveAt
        )
    }

    private static func heads(_ count: Int) -> FixedPoint {
        FixedPoint.one.scaled(numerator: Int64(clamping: count), denominator: 1)
    }
}
