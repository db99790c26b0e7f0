import Cryptography
import Primitives
import TestSupport

@testable import Consensus
@testable import Messages
@testable import Reputation

/// What a vote weighs, which vote of several stands, and what happens near the threshold.
enum VoteVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("vote_time_reputation") {
            try self.gate(vector)
        } else if input.has("threshold") {
            try self.margin(vector)
        } else if input.has("votes") {
            try self.replacement(vector)
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

    private static func standings(_ reputation: FixedPoint, at time: Timestamp) throws
        -> Standings
    {
        let standing = VoterStandings.Reply.Standing(
            identity: try Assembly.node("voter"),
            at: time,
            reputation: reputation,
            isSuspended: false,
            tenureFactor: .one
        )
        return Standings(VoterStandings.Reply(standings: [standing]))
    }

    private static func gate(_ vector: VectorCase) throws {
        let time = Assembly.start.adding(milliseconds: 1)
        let score = try vector.input.fraction("vote_time_reputation")
        let view = try self.view(
            status: .synced,
            announced: nil,
            try self.standings(score, at: time)
        )
        let isCounted = view.notCountedBecause == nil
        try Check.same("counted", isCounted, try vector.expect.bool("counted"))
    }

    /// How the vote of a voter is seen who declares and announced these states.
    private static func view(
        status: SyncState,
        announced: SyncState?,
        _ standings: Standings
    ) throws -> VoteView {
        var assembly = Assembly()
        let proposal = try Assembly.proposal(by: "author")
        _ = assembly.hear(proposal)
        if let announced {
            _ = assembly.consensus.logged(try self.announcement(announced, at: Assembly.start))
        }
        let time = Assembly.start.adding(milliseconds: 1)
        _ = assembly.hear(
            try Assembly.vote(.endorse, on: proposal.id, by: "voter", at: time, status: status)
        )
        guard let view = assembly.view(of: proposal.id, standings: standings)?.votes.first else {
            throw VectorFailure("the vote is not there")
        }
        return view
    }

    private static func announcement(_ status: SyncState, at time: Timestamp) throws -> Message {
        let (golden, _) = try GoldenMessages.sample(of: .peerAnnounce, at: time)
        let payload = try RawJSON(golden)["payload"]?
            .with("sync_status", .string(status.rawValue))
        guard let payload else { throw VectorFailure("the golden message has no payload") }
        return try EnvelopeCodec.sign(
            .peerAnnounce,
            payload: try JSONDocument(scanning: payload.bytes).root.value,
            timestamp: time,
            key: try Assembly.key("voter")
        )
    }

    private static func weight(_ vector: VectorCase) throws {
        let standing = Standing(
            reputation: try vector.input.fraction("reputation"),
            isSuspended: try vector.input.bool("suspended"),
            tenureFactor: Tenure(cycles: try vector.input.integer("tenure")).factor
        )
        let weight = standing.weight(isDegraded: try vector.input.bool("degraded"))
        try Check.same("weight", weight, try vector.expect.fraction("weight"))
    }

    private static func status(_ vector: VectorCase) throws {
        let time = Assembly.start.adding(milliseconds: 1)
        let view = try self.view(
            status: try self.state(try vector.input.text("declared")),
            announced: try self.state(try vector.input.text("observed")),
            try self.standings(.one, at: time)
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

    // MARK: Several votes

    private static func replacement(_ vector: VectorCase) throws {
        let list = try vector.input.list("votes")
        let deadline = list.compactMap { $0["deadline"]?.integer }.first ?? .max
        let votes = try list.filter { $0["deadline"] == nil }.map { vote in
            guard let id = vote["id"]?.string, let time = vote["ts"]?.integer,
                let stance = vote["stance"]?.string
            else { throw VectorFailure("a vote lacks id, ts or stance") }
            let padding = String(repeating: "0", count: max(0, 64 - id.utf8.count))
            guard let name = MessageID(hex: id + padding) else {
                throw VectorFailure("\(id) is no id")
            }
            let rank = Rank(
                isInTime: time <= deadline,
                timestamp: Timestamp(milliseconds: time),
                id: name
            )
            return (rank: rank, stance: stance)
        }
        let standing = votes.max { $0.rank < $1.rank }
        let effective = standing.flatMap { $0.rank.isInTime ? $0.stance : nil }
        try Check.same("effective", effective, vector.expect.optional("effective")?.string)
    }

    private static func margin(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let isMet = try input.bool("quorum_met")
        let reputation = isMet ? FixedPoint.zero : FixedPoint(millionths: .max)
        let rules = VotingRules(
            mode: .weighted,
            needsHalfOfHeads: false,
            tier: .standard,
            threshold: try input.fraction("threshold"),
            network: NetworkSize(activeIdentities: 0, activeReputation: reputation),
            parameters: NetworkParameters()
        )
        let count = Count([
            try QuorumVectors.ballot("endorse", try input.fraction("endorse"), isDegraded: false),
            try QuorumVectors.ballot("reject", try input.fraction("reject"), isDegraded: false),
            try QuorumVectors.ballot("abstain", .zero, isDegraded: false),
        ])
        let ratio = try expect.optional("ratio").map { _ in try expect.fraction("ratio") }
        try Check.same("ratio", rules.ratio(count), ratio)
        let isClose = try expect.bool("close_margin")
        // Without a quorum there is nothing to confirm, however close the ratio (D-56).
        if isMet { try Check.same("close", rules.isClose(count), isClose) }
        let first = self.outcome(rules.verdict(count, isConfirmed: false))
        try Check.text("at the deadline", first, try expect.text("at_deadline"))
        let second = self.outcome(rules.verdict(count, isConfirmed: true))
        try Check.text("afterwards", second, try expect.text("after_confirmation"))
    }

    /// The vectors call a proposal without a quorum rejected.
    private static func outcome(_ state: ProposalState) -> String {
        switch state {
        case .confirming: "confirmation"
        case .expired: "rejected"
        default: state.rawValue
        }
    }

    // MARK: Before and after

    /// Each assessment says something else, so that its value tells which one was used.
    private static func assessment(_ vector: VectorCase) throws {
        let moment = try vector.input.time("vote_timestamp")
        var held: HeldOpinion?
        for time in try vector.input.list("assessment_timestamps").compactMap(\.integer) {
            let next = HeldOpinion(
                ReputationGossip.Assessment(
                    nodeID: NodeID(.zero),
                    overall: FixedPoint(millionths: time),
                    byDomain: [],
                    observationCount: 1,
                    lastObserved: Timestamp(milliseconds: time),
                    assessmentTimestamp: Timestamp(milliseconds: time)
                ),
                saidAt: Timestamp(milliseconds: time)
            )
            if held?.merge(next) == nil { held = next }
        }
        let used = held?.overall(before: moment)
        try Check.same("used", used?.millionths, vector.expect.optional("use")?.integer)
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
