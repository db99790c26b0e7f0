import Messages
import Primitives

@testable import Consensus

/// Votes near the threshold, which are confirmed before they decide.
enum MarginVectors {
    static func run(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let isMet = try input.bool("quorum_met")
        let threshold = try input.fraction("threshold")
        let (endorse, reject) = (try input.fraction("endorse"), try input.fraction("reject"))
        // A hundred times what votes is too much for either tier.
        let reputation = (endorse + reject + .one).scaled(numerator: 100, denominator: 1)
        var poll = try self.poll(threshold, in: isMet ? .one : reputation)
        try self.vote("endorse", endorse, &poll)
        try self.vote("reject", reject, &poll)
        // They take part without moving the ratio.
        for _ in 0..<ConsensusLimits.votersMin {
            try poll.vote("abstain", weight: Capability.vote.gate)
        }
        let view = try poll.view()
        try Check.same("threshold", view.outlook.threshold, threshold)
        try Check.same("quorum", try !Poll.Lack.all(of: view).contains(.quorum), isMet)
        let ratio = try expect.optional("ratio").map { _ in try expect.fraction("ratio") }
        try Check.same("ratio", view.outlook.ratio, ratio)
        let isClose = try expect.bool("close_margin")
        // Without a quorum there is nothing to confirm, however close the ratio (D-56).
        try Check.same("close", view.outlook.isClose, isClose && isMet)
        let first = self.outcome(try poll.stateAtDeadline())
        try Check.text("at the deadline", first, try expect.text("at_deadline"))
        let second = self.outcome(try poll.stateAtLast())
        try Check.text("afterwards", second, try expect.text("after_confirmation"))
    }

    private static func outcome(_ state: ProposalState) -> String {
        state == .confirming ? "confirmation" : state.rawValue
    }

    /// As many people as it takes vote alike, nobody with more than a whole point.
    private static func vote(_ stance: String, _ weight: FixedPoint, _ poll: inout Poll) throws {
        var rest = weight
        while rest > .zero {
            try poll.vote(stance, weight: min(rest, .one))
            rest = rest - min(rest, .one)
        }
    }

    // MARK: Proposals

    /// Opens a vote that such a share decides, in a network with so much reputation.
    private static func poll(_ threshold: FixedPoint, in reputation: FixedPoint) throws -> Poll {
        var parameters = NetworkParameters()
        let proposal: Message
        if threshold == parameters[.constitutionalThreshold] {
            proposal = try Assembly.proposal(by: "author", tier: .constitutional)
        } else if threshold == ConsensusLimits.protocolChangeThreshold {
            // A change of the protocol needs it where the constitution needs less.
            parameters.set(.constitutionalThreshold, parameters[.standardThreshold])
            proposal = try Assembly.proposal(
                by: "author",
                tier: .constitutional,
                endOfLife: Assembly.start.adding(milliseconds: 365 * Assembly.day)
            )
        } else {
            parameters.set(.standardThreshold, threshold)
            proposal = try Assembly.proposal(by: "author")
        }
        return try Poll(
            in: try .governed(days: 30, parameters: parameters),
            on: proposal,
            network: NetworkSize(activeIdentities: 1, activeReputation: reputation)
        )
    }
}
