import Messages
import Primitives
import TestSupport

@testable import Consensus
@testable import StorageMarket

/// When an uploader can take its artefact back, and who can propose it then.
enum WithdrawalVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("steps") {
            try self.steps(vector)
        } else if vector.input.has("withdraw_timestamp") {
            try self.withdraw(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    private static func withdrawal(effectiveAfter: Int64) -> Draft {
        Draft(
            ContentWithdraw(
                contentHash: MarketLine.content,
                effectiveAfter: Timestamp(milliseconds: effectiveAfter)
            )
        )
    }

    private static func proposal(until deadline: Int64) -> Draft {
        Draft(
            Propose(
                title: "t",
                body: "b",
                contentHash: MarketLine.content,
                contentType: "text/plain",
                contentSize: 1_000_000,
                tier: .standard,
                votingDeadline: Timestamp(milliseconds: deadline)
            )
        )
    }

    private static func withdraw(_ vector: VectorCase) throws {
        let input = vector.input
        let time = try input.integer("withdraw_timestamp")
        var line = try MarketLine()
        try line.replicate(at: time - 2 * MarketLine.day)
        for reference in try input.list("referencing_proposals") {
            guard let deadline = reference["voting_deadline"]?.integer else {
                throw VectorFailure("a proposal lacks its deadline")
            }
            try line.say(
                self.proposal(until: deadline),
                by: "author",
                at: time - MarketLine.day
            )
        }
        let owner = try input.bool("by_owner_identity") ? MarketLine.uploader : "a stranger"
        let draft = self.withdrawal(effectiveAfter: try input.integer("effective_after"))
        let refusal = try line.say(draft, by: owner, at: time).refusal
        let isAccepted = refusal == nil && line.contract(at: time)?.withdrawsAt != nil
        try Check.same("accept", isAccepted, try vector.expect.bool("accept"))
    }

    /// Proposals and withdrawals in the order of arrival; governance and the market hear both.
    ///
    /// Everybody keeps and relays them; what a node rejects does not count there (D-20, ADR 0053).
    private static func steps(_ vector: VectorCase) throws {
        var line = try MarketLine()
        var assembly = Assembly()
        let steps = try vector.input.list("steps").map { step -> [RawJSON] in
            guard let parts = step.elements, parts.count >= 3 else {
                throw VectorFailure("a step is too short")
            }
            return parts
        }
        let times = steps.compactMap { $0[2].integer }
        let first = times.min() ?? MarketLine.start
        let request = try line.replicate(at: first - MarketLine.day)
        _ = assembly.consensus.logged(request.admitted())
        var outcomes: [String] = []
        var withdrawals: [Int: Int64] = [:]
        for (number, step) in steps.enumerated() {
            let time = times[number]
            switch step[0].string {
            case "propose":
                let deadline = step.count > 3 ? step[3].integer : nil
                let draft = self.proposal(until: deadline ?? time + MarketLine.day)
                let stamp = Timestamp(milliseconds: time)
                let message = try draft.signed(by: try MarketLine.key("author"), at: stamp)
                let refusal = assembly.hear(message)
                if refusal == nil { try line.say(draft, by: "author", at: time) }
                let record = assembly.consensus.proposals[message.id]
                let counts = record.map { assembly.consensus.objection(to: $0) == nil } ?? false
                outcomes.append(counts ? "accept" : "reject")
            case "content_withdraw":
                let draft = self.withdrawal(effectiveAfter: time + MarketLine.day)
                let said = try line.say(draft, by: MarketLine.uploader, at: time)
                if said.refusal == nil {
                    _ = assembly.consensus.logged(said.message.admitted())
                }
                let counts = line.contract(at: time)?.withdrawsAt != nil
                if counts { withdrawals[number] = time }
                outcomes.append(counts ? "accept" : "reject")
            default: throw VectorFailure("no step is called \(step[0])")
            }
        }
        let end = (times.max() ?? first) + 1
        for (number, _) in withdrawals where line.contract(at: end)?.withdrawsAt == nil {
            outcomes[number] = "cancelled"
        }
        try Check.same("outcome", outcomes, try vector.expect.texts("outcome"))
    }
}
