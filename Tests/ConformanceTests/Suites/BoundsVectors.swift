import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Reputation

/// The range of scores, and how a day limits gains.
enum BoundsVectors {
    private static let time = Timestamp(milliseconds: 1_700_000_000_000)

    static func run(_ vector: VectorCase) throws {
        if vector.input.has("event") { return try self.event(vector) }
        switch try vector.input.text("op") {
        case "gain", "loss": try self.change(vector)
        case "ban": try self.ban(vector)
        case let other: throw VectorFailure("no way to run the operation \(other)")
        }
    }

    private static func event(_ vector: VectorCase) throws {
        let event = try vector.input.text("event")
        guard event == "first-seen" else {
            throw VectorFailure("no way to run the event \(event)")
        }
        let stranger = NodeID(SigningKey.generate().publicKey)
        let machine = Bookkeeping(
            configuration: ReputationConfiguration(genesis: [], ownIdentity: stranger)
        )
        let expected = try vector.expect.fraction("reputation")
        try Check.same("score", machine.score(of: stranger), expected)
        try Check.same("direct score", Account().direct, expected)
    }

    private static func change(_ vector: VectorCase) throws {
        var account = Account(direct: try vector.input.fraction("reputation"))
        let amount = try vector.input.fraction("amount")
        if try vector.input.text("op") == "gain" {
            account.gain(amount, at: Self.time, cause: "vector")
        } else {
            account.lose(amount, at: Self.time, cause: "vector")
        }
        try Check.same("score", account.direct, try vector.expect.fraction("reputation"))
    }

    private static func ban(_ vector: VectorCase) throws {
        let (message, sender) = try GoldenMessages.sample(of: .vote, at: Self.time)
        let score = try vector.input.fraction("reputation")
        var line = try NodeLine(now: Self.time, scores: [(sender, score)])
        let decision = DecisionFact(
            on: MessageID(.zero),
            .ratified,
            author: sender,
            effectiveAt: Self.time,
            resolution: Draft.resolution(.ban, subject: sender)
        )
        line.reputation.logged(decision.recorded(at: Self.time))
        let after = line.reputation.score(of: sender)
        try Check.same("score", after, try vector.expect.fraction("reputation"))
        let isAccepted = try line.gossip(message).isAccepted
        try Check.same("accepted", isAccepted, try vector.expect.bool("messages_accepted"))
    }
}
