import TestSupport

/// One vote, as it counts.
struct PlainBallot: Equatable {
    let identity: Int
    let at: Int64
    let stance: String
    let weight: Int64
    let isDegraded: Bool
    let isCounted: Bool
}

/// What is decided on a proposal, and on what grounds.
struct PlainDecision: Equatable {
    let proposal: Int
    let state: String
    let countsHeads: Bool
    let needsHalf: Bool
    let identities: Int
    let reputation: Int64
    let effectiveAt: Int64
    let adopters: Int
    let isObjected: Bool
    let restsOnPhase: Bool
    let hasQuorum: Bool
    let ballots: [PlainBallot]
}

// Deciding, once more in the plainest way.
extension PlainAssembly {
    // MARK: When

    /// Proposals of which a decision is due.
    func due(now: Int64) -> [Proposal] {
        self.proposals.values.filter { proposal in
            guard proposal.archivedAs == nil else { return false }
            let end = proposal.deadline
            guard let decision = proposal.decision else {
                return self.isOpen(proposal) && end < now
            }
            if decision.state == "confirming" {
                return self.isOpen(proposal) && end + 7 * PlainClock.day < now
            }
            // Others adopted what failed here.
            return decision.state != "ratified" && !decision.isObjected
                && self.adopters(proposal) > decision.adopters
                && proposal.decidedAt + PlainClock.day < now
        }.sorted { $0.number < $1.number }
    }

    private func isOpen(_ proposal: Proposal) -> Bool {
        self.author(of: proposal) != nil && self.withdrawnAt(proposal) == nil
    }

    // MARK: What

    /// Whether the network was too small for a proposal.
    private func isTooEarly(_ proposal: Proposal) -> Bool {
        let allowed = self.clock.allowed(at: proposal.at)
        return proposal.isGovernance && !allowed.standard
            || proposal.isConstitutional && !allowed.constitutional
    }

    private func isFlawed(_ proposal: Proposal) -> Bool {
        switch proposal.remedy {
        case .version(let grace):
            !proposal.isConstitutional || grace < 90 * PlainClock.day
        case .threshold: !proposal.isConstitutional
        case .nothing, .flag, .successor: false
        }
    }

    /// What was decided because the network was too small is open again when it was not.
    mutating func takeBackDecisions() {
        for (number, proposal) in self.proposals
        where proposal.decision?.restsOnPhase == true && !self.isTooEarly(proposal) {
            self.proposals[number]?.decision = nil
        }
    }

    /// Whether a proposal cannot be ratified whatever the votes.
    func isObjected(_ proposal: Proposal) -> Bool {
        if self.isTooEarly(proposal) || self.isFlawed(proposal) { return true }
        guard let author = self.author(of: proposal) else { return true }
        let score = self.rating(of: author, at: proposal.at)?.reputation ?? proposal.score
        return score < 300_000
    }

    private func threshold(_ proposal: Proposal) -> Int64 {
        if proposal.isConstitutional { return 900_000 }
        let changed = self.thresholds.filter { $0.from <= proposal.deadline }.max { left, right in
            left.from == right.from
                ? left.rank.lexicographicallyPrecedes(right.rank) : left.from < right.from
        }
        let standard = changed?.value ?? 670_000
        if case .version = proposal.remedy { return max(standard, 800_000) }
        return standard
    }

    private func hasQuorum(_ proposal: Proposal, _ frame: PlainDecision) -> Bool {
        let counted = frame.ballots.filter(\.isCounted)
        let all = counted.map(\.weight).reduce(0, +)
        guard counted.count >= 3 else { return false }
        if frame.needsHalf, 2 * counted.count < frame.identities { return false }
        if frame.countsHeads { return 2 * counted.count > frame.identities }
        if proposal.isConstitutional { return all >= frame.reputation * 3 / 10 }
        return all >= Int64(frame.identities) * 100_000 && all >= frame.reputation / 10
    }

    /// What the votes of a proposal amount to, for a network of some size.
    private func verdict(
        _ proposal: Proposal,
        _ frame: PlainDecision,
        isConfirmed: Bool
    ) -> String {
        guard self.hasQuorum(proposal, frame) else { return "rejected" }
        let counted = frame.ballots.filter(\.isCounted)
        let weight = { (stance: String) in
            counted.filter { $0.stance == stance }.map { ballot -> Int64 in
                frame.countsHeads ? (ballot.isDegraded ? 1 : 2) : ballot.weight
            }.reduce(0, +)
        }
        let (endorse, reject) = (weight("endorse"), weight("reject"))
        let threshold = self.threshold(proposal)
        let decided = endorse + reject
        if !isConfirmed, decided > 0, endorse * 1_000_000 >= (threshold - 20_000) * decided,
            endorse * 1_000_000 <= (threshold + 20_000) * decided
        {
            return "confirming"
        }
        let isReached =
            frame.countsHeads
            ? endorse * 1_000_000 > threshold * decided
            : endorse * 1_000_000 >= threshold * decided
        return decided > 0 && isReached ? "ratified" : "rejected"
    }

    func decision(on proposal: Proposal, identities: Int, reputation: Int64) -> PlainDecision {
        let ballots = self.ballots(proposal)
        let first = proposal.decision
        let isObjected = self.isObjected(proposal)
        let frame = PlainDecision(
            proposal: proposal.number,
            state: "",
            countsHeads: first?.countsHeads ?? self.clock.countsHeads(deadline: proposal.deadline),
            needsHalf: first?.needsHalf
                ?? self.clock.needsHalf(submitted: proposal.at, deadline: proposal.deadline),
            identities: first?.identities ?? identities,
            reputation: first?.reputation ?? reputation,
            effectiveAt: proposal.effectiveAt,
            adopters: self.adopters(proposal),
            isObjected: isObjected,
            restsOnPhase: self.isTooEarly(proposal) && !self.isFlawed(proposal),
            hasQuorum: false,
            ballots: ballots
        )
        let state = self.verdict(proposal, frame, isConfirmed: first != nil)
        return frame.with(
            state: isObjected ? "rejected" : state,
            hasQuorum: self.hasQuorum(proposal, frame)
        )
    }

    /// A decision takes effect.
    mutating func decided(_ decision: PlainDecision, at now: Int64, rank: [UInt8]) {
        guard let proposal = self.proposals[decision.proposal] else { return }
        self.proposals[decision.proposal]?.decision = decision
        self.proposals[decision.proposal]?.decidedAt = now
        guard decision.state == "ratified" else { return }
        switch proposal.remedy {
        case .threshold(let value):
            self.thresholds.append((from: proposal.effectiveAt, value: value, rank: rank))
        case .successor(let old, let new):
            let named = (of: old, new, from: proposal.effectiveAt, rank: rank)
            self.successors.append(named)
            self.advance(to: now)
        case .nothing, .flag, .version: break
        }
    }

    /// Time passes: what was voted for on keys comes into force.
    mutating func advance(to now: Int64) {
        let due = self.successors.filter { $0.from <= now }
        self.successors.removeAll { $0.from <= now }
        for (old, new, from, rank) in due {
            self.keys.apply(.settle(for: new), by: old, at: from, rank: rank)
        }
        self.archive(at: now - now % PlainClock.hour)
    }

    /// What people see of a proposal.
    func state(of proposal: Proposal, identities: Int, reputation: Int64) -> String {
        if let state = proposal.archivedAs { return state }
        if let decision = proposal.decision, decision.state != "confirming" {
            return decision.state
        }
        guard self.isOpen(proposal) else { return "withdrawn" }
        if proposal.decision != nil { return "confirming" }
        let frame = self.decision(on: proposal, identities: identities, reputation: reputation)
        let state = self.verdict(proposal, frame, isConfirmed: true)
        return state == "ratified" && !frame.isObjected ? "converging" : "open"
    }
}

extension PlainDecision {
    fileprivate func with(state: String, hasQuorum: Bool) -> PlainDecision {
        PlainDecision(
            proposal: self.proposal,
            state: state,
            countsHeads: self.countsHeads,
            needsHalf: self.needsHalf,
            identities: self.identities,
            reputation: self.reputation,
            effectiveAt: self.effectiveAt,
            adopters: self.adopters,
            isObjected: self.isObjected,
            restsOnPhase: self.restsOnPhase,
            hasQuorum: hasQuorum,
            ballots: self.ballots
        )
    }
}
