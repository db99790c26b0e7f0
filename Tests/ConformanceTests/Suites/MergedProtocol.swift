import Messages
import Primitives
import TestSupport

@testable import Consensus

/// Two changes of one parameter, each ratified on one side of a partition.
enum MergedProtocol {
    /// The name of a side in the case, and what it proposed.
    private struct Side {
        let name: String
        let message: Message
    }

    private static let deadline = Assembly.start.adding(milliseconds: 90 * Assembly.day)

    /// Whatever a node hears first, the same change stands, and the other one is open once more.
    static func run(_ vector: VectorCase) throws {
        let sides = try self.sides(vector)
        let winner = try vector.expect.text("winner")
        for order in [sides, sides.reversed()] {
            var node = try Assembly.governed(days: 60)
            for side in order {
                try self.ratify(side.message, in: &node)
            }
            let states = sides.map { node.view(of: $0.message.id) }
            for (side, view) in zip(sides, states) {
                let isWinner = side.name == winner
                try Check.same("\(side.name) stands", view?.state == .ratified, isWinner)
                try Check.same("\(side.name) is open", view?.reopening != nil, !isWinner)
            }
        }
    }

    private static func ratify(_ proposal: Message, in node: inout Assembly) throws {
        let votes = try (0..<4).map { number in
            let time = Assembly.start.adding(milliseconds: Int64(number + 1_000))
            return try Assembly.vote(.endorse, on: proposal.id, by: "voter \(number)", at: time)
        }
        for message in [proposal] + votes {
            if let refusal = node.hear(message, score: .one) {
                throw VectorFailure("\(message.typeName) is refused: \(refusal)")
            }
        }
        let now = self.deadline.adding(milliseconds: Assembly.day)
        let decisions = node.consensus.decide(
            node.consensus.due(now: now),
            network: NetworkSize(activeIdentities: 10, activeReputation: .one),
            Standings(),
            now: now
        )
        for decision in decisions { node.log(decision.recorded(at: now)) }
        for fact in node.consensus.settlement(now: now) { node.log(fact) }
    }

    // MARK: The proposals

    private static func sides(_ vector: VectorCase) throws -> [Side] {
        let named = try ["a", "b"].map { (name: $0, terms: try Terms(vector.input.raw($0))) }
        // Keys and ids cannot be chosen; they are ordered as those of the case.
        let keys = try ["one", "two"].map { (name: $0, node: try Assembly.node($0)) }
            .sorted { $0.node < $1.node }.map(\.name)
        let senders = named.map(\.terms.from).sorted()
        let ids = named.map(\.terms.id).sorted()
        var sides: [Side] = []
        for (name, terms) in named {
            let other = sides.first { _ in terms.supersedes != nil }?.message
            guard let place = senders.firstIndex(of: terms.from) else { continue }
            let isLower = ids.first == terms.id
            let message = try self.message(terms, by: keys[place], superseding: other?.id) { id in
                sides.first.map { isLower == (id < $0.message.id) } ?? true
            }
            sides.append(Side(name: name, message: message))
        }
        return sides
    }

    private static func message(
        _ terms: Terms,
        by name: String,
        superseding other: MessageID?,
        where fits: (MessageID) -> Bool
    ) throws -> Message {
        let resolution = Propose.Resolution(
            kind: .parameter,
            name: NetworkParameter.standardThreshold.rawValue,
            value: 700_000 + terms.votingDeadline + (name == "one" ? 0 : 1_000)
        )
        for title in 0..<100 {
            let draft = Draft.proposal(
                title: "\(title)",
                tier: .constitutional,
                until: self.deadline.adding(milliseconds: terms.votingDeadline)
            )
            let members: [Draft.Member] = [
                ("resolution", resolution.json),
                ("supersedes", other.map { .string($0.hex) } ?? .null),
            ]
            let message = try Assembly.message(
                draft.adding(members),
                by: name,
                at: Assembly.start
            )
            if fits(message.id) { return message }
        }
        throw VectorFailure("no title leads to such an id")
    }

    /// What a case says of a proposal.
    private struct Terms {
        let id: String
        let from: String
        let votingDeadline: Int64
        let supersedes: String?

        init(_ json: RawJSON) throws {
            guard let id = json["id"]?.string, let from = json["from"]?.string,
                let deadline = json["voting_deadline"]?.integer
            else { throw VectorFailure("a proposal lacks its terms") }
            self.id = id
            self.from = from
            self.votingDeadline = deadline
            self.supersedes = json["supersedes"]?.string
        }
    }
}
