import Messages
import Primitives

/// The votes that count, added up.
struct Count: Sendable, Equatable, Codable {
    private(set) var voters = 0
    private(set) var endorse = FixedPoint.zero
    private(set) var reject = FixedPoint.zero
    private(set) var abstain = FixedPoint.zero
    /// Heads in half units: two for a whole voter, one for a degraded one (D-54).
    private(set) var halfVotesEndorse = 0
    private(set) var halfVotesReject = 0

    init(_ ballots: [DecisionFact.Ballot]) {
        for ballot in ballots where ballot.notCountedBecause == nil {
            self.add(ballot.stance, ballot.weight, isDegraded: ballot.isDegraded)
        }
    }

    private mutating func add(_ stance: Vote.Stance, _ weight: FixedPoint, isDegraded: Bool) {
        self.voters += 1
        let half = isDegraded ? 1 : 2
        switch stance {
        case .endorse:
            self.endorse = self.endorse + weight
            self.halfVotesEndorse += half
        case .reject:
            self.reject = self.reject + weight
            self.halfVotesReject += half
        case .abstain: self.abstain = self.abstain + weight
        }
    }

    /// Everything that took part.
    var total: FixedPoint { self.endorse + self.reject + self.abstain }
}

/// How large the network was when somebody looked.
struct NetworkSize: Sendable, Equatable, Codable {
    let activeIdentities: Int
    let activeReputation: FixedPoint
}

/// What a proposal needs to be ratified.
struct VotingRules: Sendable, Equatable {
    let mode: VotingMode
    /// Half of the active identities must vote besides (R-08-029).
    let needsHalfOfHeads: Bool
    let tier: Propose.Tier
    let threshold: FixedPoint
    let network: NetworkSize
    let parameters: NetworkParameters

    /// Weight that must take part (D-53).
    var quorum: FixedPoint {
        switch self.tier {
        case .standard:
            let heads = self.parameters[.quorumPerIdentity].scaled(
                numerator: Int64(clamping: self.network.activeIdentities),
                denominator: 1
            )
            let share = self.parameters[.quorumShare]
            return max(heads, self.network.activeReputation.multiplied(by: share))
        case .constitutional:
            return self.network.activeReputation.multiplied(
                by: self.parameters[.constitutionalQuorumShare]
            )
        }
    }

    func hasVoters(_ count: Count) -> Bool { count.voters >= ConsensusLimits.votersMin }

    /// By weight, or by a majority of the heads (R-08-009, R-08-027).
    func meetsQuorum(_ count: Count) -> Bool {
        switch self.mode {
        case .weighted: count.total >= self.quorum
        case .headcount: 2 * count.voters > self.network.activeIdentities
        }
    }

    func meetsHeadcountFloor(_ count: Count) -> Bool {
        !self.needsHalfOfHeads || 2 * count.voters >= self.network.activeIdentities
    }

    /// Compared by cross-multiplication in 128 bits, never by a truncated quotient (D-56).
    ///
    /// By heads the share must be exceeded, by weight it suffices to reach it (D-54).
    func meetsThreshold(_ count: Count) -> Bool {
        let share = self.share(count)
        guard share.decided > 0 else { return false }
        return self.mode == .headcount ? share.distance > 0 : share.distance >= 0
    }

    /// Endorsements that would bring the ratio to the threshold, if nothing else changed.
    ///
    /// - Parameter count: the votes.
    /// - Returns: weight, or heads in whole units; zero when the threshold is met, nil when no number of
    ///   endorsements meets it.
    func endorsementMissing(_ count: Count) -> FixedPoint? {
        if self.meetsThreshold(count) { return .zero }
        let (_, decided, distance) = self.share(count)
        guard decided > 0 else { return self.mode == .headcount ? .one : Self.least }
        let room = Self.scale - Int128(self.threshold.millionths)
        guard room > 0 else { return nil }
        let lack = 0 - distance
        switch self.mode {
        case .weighted:
            return FixedPoint(millionths: Int64(clamping: (lack + room - 1) / room))
        case .headcount:
            // Exceeded, not reached; two half votes make a head.
            let halfVotes = lack / room + 1
            return FixedPoint(millionths: Int64(clamping: (halfVotes + 1) / 2 * Self.scale))
        }
    }

    /// The smallest weight that there is.
    private static var least: FixedPoint { FixedPoint(millionths: 1) }

    /// Whether the ratio lies within 0.02 of the threshold, both ends included.
    func isClose(_ count: Count) -> Bool {
        let share = self.share(count)
        guard share.decided > 0 else { return false }
        return share.distance.magnitude
            <= (Int128(ConsensusLimits.closeMargin) * share.decided).magnitude
    }

    /// Enough took part, so that the ratio decides.
    func hasQuorum(_ count: Count) -> Bool {
        self.hasVoters(count) && self.meetsQuorum(count) && self.meetsHeadcountFloor(count)
    }

    func passes(_ count: Count) -> Bool { self.hasQuorum(count) && self.meetsThreshold(count) }

    /// Share of endorse in endorse and reject, truncated, for people; nil without either.
    func ratio(_ count: Count) -> FixedPoint? {
        let share = self.share(count)
        guard share.decided > 0 else { return nil }
        return FixedPoint(millionths: Int64(share.endorse * Self.scale / share.decided))
    }

    /// Endorse and endorse plus reject in the unit of the mode, and by how much the first times a
    /// million exceeds the second times the threshold.
    private func share(_ count: Count) -> (endorse: Int128, decided: Int128, distance: Int128) {
        let (endorse, reject): (Int128, Int128) =
            switch self.mode {
            case .weighted: (Int128(count.endorse.millionths), Int128(count.reject.millionths))
            case .headcount: (Int128(count.halfVotesEndorse), Int128(count.halfVotesReject))
            }
        let decided = endorse + reject
        let distance = endorse * Self.scale - Int128(self.threshold.millionths) * decided
        return (endorse, decided, distance)
    }

    private static var scale: Int128 { Int128(FixedPoint.one.millionths) }
}
