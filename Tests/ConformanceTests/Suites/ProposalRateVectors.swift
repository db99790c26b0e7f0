import Identities
import Messages
import OrderedCollections
import Primitives

@testable import Consensus

/// How many proposals an identity may make in seven days, and at which score.
enum ProposalRateVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("events") {
            try self.events(vector)
        } else if vector.input.has("previous_proposals_ms_ago") {
            try self.oneMore(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    private static func oneMore(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let now = try input.time("now")
        let score = try input.fraction("reputation")
        var assembly = Assembly()
        for (number, age) in try input.list("previous_proposals_ms_ago").enumerated() {
            guard let age = age.integer else { throw VectorFailure("an age is no number") }
            let earlier = try Assembly.proposal(
                by: "author",
                title: "\(number)",
                at: now.adding(milliseconds: -age)
            )
            if let refusal = assembly.hear(earlier, score: score) {
                throw VectorFailure("an earlier proposal is refused: \(refusal)")
            }
        }
        let proposal = try Assembly.proposal(by: "author", at: now)
        let reason = self.reason(against: proposal, score, &assembly)
        try Check.same("accepted", reason == nil, try expect.bool("accept"))
        if let reason { try Check.text("reason", reason, try expect.text("reason")) }
    }

    /// Why a proposal is refused, or accepted without being put to the vote (D-20).
    private static func reason(
        against proposal: Message,
        _ score: FixedPoint,
        _ assembly: inout Assembly
    ) -> String? {
        if let refusal = assembly.hear(proposal, score: score) {
            return refusal.code == .rateLimited ? "rate" : refusal.description
        }
        guard let record = assembly.consensus.proposals[proposal.id] else { return "not there" }
        let objection = assembly.consensus.fullObjection(to: record, Standings(), Findings())
        return objection.map { $0.contains("score") ? "reputation" : $0 }
    }

    private static func events(_ vector: VectorCase) throws {
        var assembly = Assembly()
        if vector.input.has("link") {
            let link = try vector.input.fields("link")
            let root = try link.text("root")
            for child in try link.texts("children") {
                _ = assembly.hear(try Assembly.link(root, child))
            }
        }
        var accepted: [Bool] = []
        for (number, event) in try vector.input.list("events").enumerated() {
            let time = Assembly.start.adding(milliseconds: Int64(number) + 1)
            let words = (event.elements ?? []).compactMap(\.string)
            accepted.append(try self.isAccepted(words, at: time, &assembly))
        }
        let expected = try vector.expect.list("accepted").map { $0.bool }
        try Check.same("accepted", accepted, expected.compactMap { $0 })
    }

    private static func isAccepted(
        _ words: [String],
        at time: Timestamp,
        _ assembly: inout Assembly
    ) throws -> Bool {
        switch words.first {
        case "propose" where words.count == 2:
            return assembly.hear(try Assembly.proposal(by: words[1], at: time)) == nil
        case "rotate" where words.count == 3:
            let rotation = try Assembly.rotation(words[1], words[2], at: time)
            let registry = assembly.consensus.signers.registry
            guard registry.refusal(of: rotation, receivedAt: time) == nil
            else { return false }
            return assembly.hear(rotation) == nil
        default: throw VectorFailure("no way to run \(words)")
        }
    }
}
