import Messages
import Primitives

@testable import Consensus

/// Tallies against quorum, threshold and heads.
enum QuorumVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("tier") {
            try self.weighted(vector)
        } else if input.has("keys_voting") {
            try self.identities(vector)
        } else if input.has("active_identities") {
            try self.heads(vector)
        } else if input.has("submitted_day") {
            try self.mode(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    // MARK: By weight

    private static func weighted(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let tier = try self.tier(try input.text("tier"))
        let network = NetworkSize(
            activeIdentities: Int(try input.integer("active_nodes")),
            activeReputation: try input.fraction("total_known_reputation")
        )
        let rules = self.rules(
            .weighted,
            tier,
            network,
            needsHalf: try input.bool("submitted_in_cold_start")
        )
        let count = Count(try input.list("votes").map { try self.weightedBallot($0) })
        try Check.same("endorse", count.endorse, try expect.fraction("endorse"))
        try Check.same("reject", count.reject, try expect.fraction("reject"))
        try Check.same("abstain", count.abstain, try expect.fraction("abstain"))
        try Check.same("quorum", rules.quorum, try expect.fraction("quorum"))
        try Check.same("voters", rules.hasVoters(count), try expect.bool("min_voters"))
        try Check.same("quorum met", rules.meetsQuorum(count), try expect.bool("quorum_met"))
        let heads = rules.meetsHeadcountFloor(count)
        try Check.same("heads", heads, try expect.bool("headcount_met"))
        try self.result(rules, count, expect)
    }

    private static func tier(_ name: String) throws -> Propose.Tier {
        guard let tier = Propose.Tier(rawValue: name) else {
            throw VectorFailure("no tier \(name)")
        }
        return tier
    }

    private static func rules(
        _ mode: VotingMode,
        _ tier: Propose.Tier,
        _ network: NetworkSize,
        needsHalf: Bool
    ) -> VotingRules {
        let parameters = NetworkParameters()
        return VotingRules(
            mode: mode,
            needsHalfOfHeads: needsHalf,
            tier: tier,
            threshold: tier == .standard
                ? parameters[.standardThreshold] : parameters[.constitutionalThreshold],
            network: network,
            parameters: parameters
        )
    }

    private static func weightedBallot(_ vote: RawJSON) throws -> Messages.DecisionFact.Ballot {
        guard let pair = vote.elements, pair.count == 2, let stance = pair[0].string,
            let weight = pair[1].integer
        else { throw VectorFailure("a vote is no pair of stance and weight") }
        return try self.ballot(stance, FixedPoint(millionths: weight), isDegraded: false)
    }

    static func ballot(_ stance: String, _ weight: FixedPoint, isDegraded: Bool) throws
        -> Messages.DecisionFact.Ballot
    {
        guard let stance = Vote.Stance(rawValue: stance) else {
            throw VectorFailure("no stance \(stance)")
        }
        return Messages.DecisionFact.Ballot(
            identity: NodeID(.zero),
            voteID: MessageID(.zero),
            at: Assembly.start,
            stance: stance,
            weight: weight,
            isDegraded: isDegraded,
            notCountedBecause: nil
        )
    }

    private static func result(_ rules: VotingRules, _ count: Count, _ expect: Fields) throws {
        let ratio = try expect.optional("ratio").map { _ in try expect.fraction("ratio") }
        try Check.same("ratio", rules.ratio(count), ratio)
        let isReached = rules.meetsThreshold(count)
        try Check.same("threshold", isReached, try expect.bool("threshold_met"))
        try Check.same("ratified", rules.passes(count), try expect.bool("ratified"))
    }

    // MARK: By heads

    private static func heads(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        try self.isHeadcount(input)
        let network = NetworkSize(
            activeIdentities: Int(try input.integer("active_identities")),
            activeReputation: .one
        )
        let rules = self.rules(.headcount, .standard, network, needsHalf: false)
        let ballots = try input.list("votes").map { vote in
            guard let stance = vote["stance"]?.string, let isDegraded = vote["degraded"]?.bool
            else { throw VectorFailure("a vote has no stance or does not say degraded") }
            return try self.ballot(stance, .one, isDegraded: isDegraded)
        }
        let count = Count(ballots)
        try Check.same("voters", Int64(count.voters), try expect.integer("voters"))
        let endorse = try expect.integer("half_votes_endorse")
        try Check.same("half votes for", Int64(count.halfVotesEndorse), endorse)
        let reject = try expect.integer("half_votes_reject")
        try Check.same("half votes against", Int64(count.halfVotesReject), reject)
        try Check.same("majority", rules.meetsQuorum(count), try expect.bool("majority_voted"))
        try self.result(rules, count, expect)
    }

    private static func isHeadcount(_ input: Fields) throws {
        let mode = try input.text("mode")
        guard mode == "cold-start" else { throw VectorFailure("no mode \(mode)") }
    }

    /// Several keys of an identity vote on one proposal.
    private static func identities(_ vector: VectorCase) throws {
        try self.isHeadcount(vector.input)
        var assembly = Assembly()
        let proposal = try Assembly.proposal(by: "author")
        _ = assembly.hear(proposal)
        let keys = try vector.input.fields("keys_voting")
        for identity in keys.names {
            for number in 0..<(try keys.integer(identity)) {
                let name = number == 0 ? identity : "\(identity) \(number)"
                if number > 0 { _ = assembly.hear(try Assembly.link(identity, name)) }
                let time = Assembly.start.adding(milliseconds: 1 + number)
                _ = assembly.hear(
                    try Assembly.vote(.endorse, on: proposal.id, by: name, at: time)
                )
            }
        }
        guard let view = assembly.view(of: proposal.id) else {
            throw VectorFailure("the proposal is not there")
        }
        let voters = view.tally.voters
        try Check.same("voters", Int64(voters), try vector.expect.integer("voters"))
        let isEnough = voters >= view.outlook.votersNeeded
        try Check.same("enough voters", isEnough, try vector.expect.bool("min_voters"))
    }

    // MARK: Modes

    private static func mode(_ vector: VectorCase) throws {
        var clock = SustainClock()
        for hour in 0..<ConsensusLimits.sustainHoursIdle {
            clock.observe(HourObservation(hour: hour, activeIdentities: 16, multiplier: .one))
        }
        guard let begin = clock.governanceSince else { throw VectorFailure("still frozen") }
        let submitted = begin.adding(
            milliseconds: try vector.input.integer("submitted_day") * Assembly.day
        )
        let deadline = begin.adding(
            milliseconds: try vector.input.integer("deadline_day") * Assembly.day
        )
        let mode = clock.mode(deadline: deadline).rawValue
        try Check.text("mode", mode, try vector.expect.text("mode"))
        let floor = clock.needsHalfOfHeads(submitted: submitted, deadline: deadline)
        try Check.same("floor", floor, try vector.expect.bool("headcount_floor_applies"))
    }
}
