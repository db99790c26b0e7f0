import Messages
import Primitives
import TestSupport

@testable import Consensus
@testable import Reputation

/// What a vote weighs, which vote of several stands, and what happens near the threshold.
enum VoteVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("vote_time_reputation") {
            try self.gate(vector)
        } else if input.has("threshold") {
            try MarginVectors.run(vector)
        } else if input.has("votes") {
            try ReplacementVectors.run(vector)
        } else if input.has("tenure") {
            try self.weight(vector)
        } else if input.has("declared") {
            try self.status(vector)
        } else if input.has("assessment_timestamps") {
            try self.assessment(vector)
        } else if input.has("adopt_timestamp") {
            try self.adoption(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    // MARK: Single votes

    /// What stood with a voter before it voted.
    struct Past {
        var tenure: Int64 = 0
        var isSuspended = false
        var announced: SyncState?
    }

    /// How the vote of somebody with this score is seen, whose state is declared with it.
    static func vote(
        score: FixedPoint,
        _ past: Past = Past(),
        declared: SyncState = .synced
    ) throws -> VoteView {
        let (person, title) = ("voter", "a proposal")
        var household = try Household(founders: [(person, score)])
        try household.setTenure(of: person, cycles: past.tenure)
        let name = try past.isSuspended ? self.suspend(person, &household) : person
        if let announced = past.announced {
            guard try household.hear(household.announcement(name, status: announced)) == .accept
            else { throw VectorFailure("the announcement is refused") }
        }
        household.wait(until: household.now.adding(milliseconds: 1))
        _ = try household.vote("endorse", on: title, by: name, status: declared)
        guard let votes = household.view(of: title)?.votes, votes.count == 1 else {
            throw VectorFailure("there is not one vote")
        }
        return votes[0]
    }

    /// Suspends a person by two rotations that contradict each other.
    ///
    /// - Returns: the successor that votes.
    private static func suspend(_ person: String, _ household: inout Household) throws -> String {
        let successors = ["heir", "rival"]
        for successor in successors {
            household.wait(until: household.now.adding(milliseconds: 1))
            let rotation = try Assembly.rotation(person, successor, at: household.now)
            guard try household.hear(rotation) == .accept else {
                throw VectorFailure("the rotation to \(successor) is refused")
            }
        }
        return successors[0]
    }

    private static func gate(_ vector: VectorCase) throws {
        let score = try vector.input.fraction("vote_time_reputation")
        let isCounted = try self.vote(score: score).notCountedBecause == nil
        try Check.same("counted", isCounted, try vector.expect.bool("counted"))
    }

    private static func weight(_ vector: VectorCase) throws {
        let input = vector.input
        let past = Past(
            tenure: try input.integer("tenure"),
            isSuspended: try input.bool("suspended")
        )
        let view = try self.vote(
            score: try input.fraction("reputation"),
            past,
            declared: try input.bool("degraded") ? .degraded : .synced
        )
        try Check.same("weight", view.weight, try vector.expect.fraction("weight"))
    }

    private static func status(_ vector: VectorCase) throws {
        let view = try self.vote(
            score: .one,
            Past(announced: try self.state(try vector.input.text("observed"))),
            declared: try self.state(try vector.input.text("declared"))
        )
        let half = FixedPoint.one.scaled(numerator: 1, denominator: 2)
        let isHalved = try vector.expect.bool("halved")
        try Check.same("weight", view.weight, isHalved ? half : .one)
    }

    private static func state(_ name: String) throws -> SyncState {
        guard let state = SyncState(rawValue: name) else {
            throw VectorFailure("no state \(name)")
        }
        return state
    }

    // MARK: Before and after

    /// Each assessment says something else, so that the score tells which one was used.
    ///
    /// One assessor alone lifts nobody above the score of a stranger, so all of them lie below it;
    /// their order of arrival must not show.
    private static func assessment(_ vector: VectorCase) throws {
        let (assessor, voter) = ("an assessor", "the voter")
        let times = try vector.input.list("assessment_timestamps").compactMap(\.integer)
        let values = (1...).lazy.map { ReputationLimits.floor + FixedPoint(millionths: $0) }
        let words = Dictionary(uniqueKeysWithValues: zip(Set(times).sorted(), values))
        let moment = LedgerLine.start + (try vector.input.integer("vote_timestamp"))
        for arrival in [times, times.reversed()] {
            var line = try LedgerLine(founders: [(assessor, .one)])
            for time in arrival {
                guard let word = words[time] else { throw VectorFailure("no word of \(time)") }
                try line.assess(voter, word, by: assessor, at: time)
            }
            let standing = try line.standing(of: voter, at: Timestamp(milliseconds: moment))
            let used = words.first { $0.value == standing.reputation }?.key
            try Check.same("used", used, vector.expect.optional("use")?.integer)
            if used == nil {
                try Check.same("score", standing.reputation, ReputationLimits.start)
            }
        }
    }

    private static func adoption(_ vector: VectorCase) throws {
        let deadline = try vector.input.time("voting_deadline")
        var assembly = Assembly()
        let proposal = try Assembly.proposal(
            by: "author",
            at: deadline.adding(milliseconds: -90 * Assembly.day),
            deadline: deadline,
            tier: .constitutional
        )
        _ = assembly.hear(proposal)
        let adoption = try Assembly.message(
            .adoption(of: proposal.id),
            by: "adopter",
            at: try vector.input.time("adopt_timestamp")
        )
        let isAccepted = assembly.hear(adoption) == nil
        try Check.same("accepted", isAccepted, try vector.expect.bool("accept"))
    }
}
