import Messages
import Primitives

@testable import Consensus

/// Tallies against quorum, threshold and heads, of real votes on real proposals.
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

    /// Cold start ends between the proposal and its deadline, or just before the proposal.
    private static func weighted(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let name = try input.text("tier")
        guard let tier = Propose.Tier(rawValue: name) else {
            throw VectorFailure("no tier \(name)")
        }
        let network = NetworkSize(
            activeIdentities: Int(try input.integer("active_nodes")),
            activeReputation: try input.fraction("total_known_reputation")
        )
        var poll = try Poll(
            in: try .governed(days: try input.bool("submitted_in_cold_start") ? 29 : 30),
            on: try Assembly.proposal(by: "author", tier: tier),
            network: network
        )
        for vote in try input.list("votes") {
            guard let pair = vote.elements, pair.count == 2, let stance = pair[0].string,
                let weight = pair[1].integer
            else { throw VectorFailure("a vote is no pair of stance and weight") }
            try poll.vote(stance, weight: FixedPoint(millionths: weight))
        }
        let view = try poll.view()
        try Check.same("mode", view.outlook.mode, .weighted)
        try Check.same("endorse", view.tally.endorse, try expect.fraction("endorse"))
        try Check.same("reject", view.tally.reject, try expect.fraction("reject"))
        try Check.same("abstain", view.tally.abstain, try expect.fraction("abstain"))
        try Check.same("quorum", view.tally.quorum, try expect.fraction("quorum"))
        let lacks = try Poll.Lack.all(of: view)
        try Check.same("voters", !lacks.contains(.voters), try expect.bool("min_voters"))
        try Check.same("quorum met", !lacks.contains(.quorum), try expect.bool("quorum_met"))
        try Check.same("heads", !lacks.contains(.halfOfHeads), try expect.bool("headcount_met"))
        try self.result(&poll, expect)
    }

    private static func result(_ poll: inout Poll, _ expect: Fields) throws {
        let view = try poll.view()
        let ratio = try expect.optional("ratio").map { _ in try expect.fraction("ratio") }
        try Check.same("ratio", view.outlook.ratio, ratio)
        let isReached = try !Poll.Lack.all(of: view).contains(.endorsement)
        try Check.same("threshold", isReached, try expect.bool("threshold_met"))
        let state = try poll.stateAtLast()
        try Check.same("ratified", state == .ratified, try expect.bool("ratified"))
    }

    // MARK: By heads

    private static func heads(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let network = NetworkSize(
            activeIdentities: Int(try input.integer("active_identities")),
            activeReputation: .one
        )
        var poll = try Poll(
            in: try self.coldStart(input),
            on: try Assembly.proposal(by: "author"),
            network: network
        )
        for vote in try input.list("votes") {
            guard let stance = vote["stance"]?.string, let isDegraded = vote["degraded"]?.bool
            else { throw VectorFailure("a vote has no stance or does not say degraded") }
            try poll.vote(stance, weight: .one, status: isDegraded ? .degraded : .synced)
        }
        let view = try poll.view()
        try Check.same("mode", view.outlook.mode, .headcount)
        try Check.same("voters", Int64(view.tally.voters), try expect.integer("voters"))
        let isMajority = try !Poll.Lack.all(of: view).contains(.majority)
        try Check.same("majority", isMajority, try expect.bool("majority_voted"))
        try self.result(&poll, expect)
        try self.halfVotes(try poll.decision(), expect)
    }

    /// No view names heads in half units; they are counted in what was decided.
    private static func halfVotes(_ decision: DecisionFact, _ expect: Fields) throws {
        let count = Count(decision.votes)
        let endorse = try expect.integer("half_votes_endorse")
        try Check.same("half votes for", Int64(count.halfVotesEndorse), endorse)
        let reject = try expect.integer("half_votes_reject")
        try Check.same("half votes against", Int64(count.halfVotesReject), reject)
    }

    /// People in a network whose governance has just begun.
    private static func coldStart(_ input: Fields) throws -> Assembly {
        let mode = try input.text("mode")
        guard mode == "cold-start" else { throw VectorFailure("no mode \(mode)") }
        return try .governed(days: 0)
    }

    /// Several keys of an identity vote on one proposal.
    private static func identities(_ vector: VectorCase) throws {
        var assembly = try self.coldStart(vector.input)
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
        try Check.same("mode", view.outlook.mode, .headcount)
        let voters = view.tally.voters
        try Check.same("voters", Int64(voters), try vector.expect.integer("voters"))
        let isEnough = try !Poll.Lack.all(of: view).contains(.voters)
        try Check.same("enough voters", isEnough, try vector.expect.bool("min_voters"))
    }

    // MARK: Modes

    private static func mode(_ vector: VectorCase) throws {
        let assembly = try Assembly.governed(days: 0)
        let phase = assembly.consensus.phase(now: Assembly.start)
        guard let begin = phase.governanceSince else { throw VectorFailure("still frozen") }
        let submitted = try vector.input.integer("submitted_day") * Assembly.day
        let deadline = try vector.input.integer("deadline_day") * Assembly.day
        let proposal = try Assembly.proposal(
            by: "author",
            at: begin.adding(milliseconds: submitted),
            deadline: begin.adding(milliseconds: deadline)
        )
        let outlook = try Poll(in: assembly, on: proposal).view().outlook
        try Check.text("mode", outlook.mode.rawValue, try vector.expect.text("mode"))
        let floor = try vector.expect.bool("headcount_floor_applies")
        try Check.same("floor", outlook.needsHalfOfHeads, floor)
    }
}
