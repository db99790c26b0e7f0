import Messages
import Primitives
import TestSupport

@testable import Consensus

/// How much an identity may comment.
enum CommentVectors {
    private static let hour: Int64 = 3_600_000

    static func run(_ vector: VectorCase) throws {
        if vector.expect.has("per_hour") {
            try self.perHour(vector)
        } else if vector.input.has("previous_on_proposal_hours_ago") {
            try self.onOneProposal(vector)
        } else if vector.input.has("proposal_state") {
            try self.onProposal(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    /// Comments on one proposal each, within an hour, until the node refuses to send another.
    private static func perHour(_ vector: VectorCase) throws {
        let score = try vector.input.fraction("reputation")
        var assembly = Assembly()
        var sent: Int64 = 0
        for number in 0..<20 as Range<Int64> {
            let proposal = try Assembly.proposal(by: "author \(number)")
            _ = assembly.hear(proposal)
            let comment = try self.comment(on: proposal.id, at: number)
            if assembly.hear(comment, score: score, isOwn: true) == nil { sent += 1 }
        }
        try Check.same("comments", sent, try vector.expect.integer("per_hour"))
    }

    private static func onOneProposal(_ vector: VectorCase) throws {
        let score = try vector.input.fraction("reputation")
        var assembly = Assembly()
        let proposal = try Assembly.proposal(by: "author")
        _ = assembly.hear(proposal)
        let now = 100 * Self.hour
        for age in try vector.input.list("previous_on_proposal_hours_ago") {
            guard let age = age.integer else { throw VectorFailure("an age is no number") }
            let earlier = try self.comment(on: proposal.id, at: now - age * Self.hour)
            if let refusal = assembly.hear(earlier, score: score) {
                throw VectorFailure("an earlier comment is refused: \(refusal)")
            }
        }
        let refusal = assembly.hear(try self.comment(on: proposal.id, at: now), score: score)
        try Check.same("accepted", refusal == nil, try vector.expect.bool("accept"))
    }

    /// A comment on a proposal that came to the case's state.
    private static func onProposal(_ vector: VectorCase) throws {
        var assembly = Assembly()
        let proposal = try Assembly.proposal(by: "author")
        _ = assembly.hear(proposal)
        let state = try vector.input.text("proposal_state")
        let time = Assembly.start.adding(milliseconds: 1)
        if state == ProposalState.withdrawn.rawValue {
            _ = assembly.hear(try Assembly.withdrawal(of: proposal.id, by: "author", at: time))
        }
        let found = assembly.view(of: proposal.id, at: time)?.state.rawValue
        try Check.same("state", found, state)
        let score = try vector.input.fraction("reputation")
        let refusal = assembly.hear(try self.comment(on: proposal.id, at: 2), score: score)
        try Check.same("accepted", refusal == nil, try vector.expect.bool("accept"))
    }

    private static func comment(on target: MessageID, at offset: Int64) throws -> Message {
        try Assembly.message(
            .comment(on: target),
            by: "commentator",
            at: Assembly.start.adding(milliseconds: offset)
        )
    }
}
