import Messages
import OrderedCollections
import Primitives
import TestSupport

@testable import Consensus
@testable import Reputation
@testable import StorageMarket

/// What becomes of what the two sides of a partition saw, once one node knows all of it.
enum MergeVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("votes") {
            try self.votes(vector)
        } else if input.has("unpaid_cycles_during_partition") {
            try self.rent(vector)
        } else if input.has("a_deleted") {
            try self.deletion(vector)
        } else if input.has("kind") {
            try self.proposals(vector)
        } else if vector.expect.has("winner") {
            try MergedProtocol.run(vector)
        } else if try input.raw("a").members != nil {
            try MergedContent.run(vector)
        } else if vector.expect.has("linked") {
            try self.links(vector)
        } else if try vector.input.list("a").allSatisfy({ $0.elements != nil }) {
            try self.flags(vector)
        } else {
            try self.provenance(vector)
        }
    }

    private static let start = Timestamp(milliseconds: LedgerLine.start)

    // MARK: Flags and hosts

    /// Each side flags for itself, then hears the flags of the other one: those of both add up, one of
    /// each identity.
    ///
    /// Of an identity that flagged on both sides the later flag stands, as it does without a partition
    /// (D-77); the case names the earlier one.
    private static func flags(_ vector: VectorCase) throws {
        let sides = try ["a", "b"].map { try vector.input.list($0).map { try self.deed($0) } }
        let expected = try vector.expect.list("result").map { try self.deed($0) }
        let content = ContentHash(SHA256Digest.hash([1]))
        let score = FixedPoint(millionths: 600_000)
        for heard in [sides, sides.reversed()] {
            let flags = heard.flatMap { $0 }
            var line = try LedgerLine(founders: expected.map { ($0.name, score) })
            for flag in flags {
                let time = LedgerLine.start + flag.time
                try line.log(.flag(.illegal, on: content), by: flag.name, at: time)
            }
            let counted = line.books.flags.book.illegal(on: content)
            let times = try expected.map { flagger in
                counted[try LedgerLine.node(flagger.name)].map {
                    $0.word.at.milliseconds - LedgerLine.start
                }
            }
            let latest = expected.map { flagger in
                flags.filter { $0.name == flagger.name }.map(\.time).max()
            }
            try Check.same("flags", times, latest)
            try Check.same("flaggers", counted.count, expected.count)
        }
    }

    private static func provenance(_ vector: VectorCase) throws {
        let sides = try ["a", "b"].map { try self.deed(vector.input.raw($0)) }
        let expected = try self.deed(vector.expect.raw("result"))
        let content: [UInt8] = [1]
        for order in [sides, sides.reversed()] {
            var line = try LedgerLine()
            for share in order {
                let time = LedgerLine.start + share.time
                try line.log(.share([content]), by: share.name, at: time)
            }
            let hash = ContentHash(SHA256Digest.hash(content))
            let source = line.books.flags.sources.source(of: hash)
            try Check.same("first host", source, try LedgerLine.node(expected.name))
        }
    }

    /// Who did something, and when.
    private static func deed(_ pair: RawJSON) throws -> (name: String, time: Int64) {
        guard let parts = pair.elements, parts.count == 2, let name = parts[0].string,
            let time = parts[1].integer
        else { throw VectorFailure("a deed is no pair") }
        return (name, time)
    }

    /// One side saw enough flags to delete, the other one as many as are named.
    private static func deletion(_ vector: VectorCase) throws {
        let enough = try vector.input.bool("a_deleted") ? 5 : 0
        let others = Int(try vector.input.integer("b_flags"))
        let (here, there) = (Array(0..<enough), (0..<others).map { enough + $0 })
        let content = ContentHash(SHA256Digest.hash([1]))
        for order in [here + there, there + here] {
            let score = FixedPoint(millionths: 600_000)
            var line = try LedgerLine(founders: order.map { ("flagger \($0)", score) })
            for flagger in order {
                let name = "flagger \(flagger)"
                let address = "/ip4/20.\(flagger).0.1/tcp/1"
                try line.announce(name, address: address, proofAt: LedgerLine.start)
                try line.log(.flag(.illegal, on: content), by: name)
            }
            let standing = line.books.flags.standing(of: content, line.books.ledger)
            let isDeleted = standing == .condemned
            try Check.same("deleted", isDeleted, try vector.expect.bool("deleted"))
        }
    }

    // MARK: Rent

    /// This node hears of a contract when so many of its cycles are over.
    private static func rent(_ vector: VectorCase) throws {
        let cycles = try vector.input.integer("unpaid_cycles_during_partition")
        let healed = MarketLine.start + (cycles + 1) * MarketLine.day + 1_000
        var line = try MarketLine()
        try line.replicate(heardAt: healed)
        line.wait(until: healed + MarketLine.day)
        let held = line.findings.compactMap { entry -> Int64? in
            guard case .rentHeld(let cycle, _, _) = entry.finding else { return nil }
            return cycle.number
        }
        let charged = held.count { $0 <= cycles }
        try Check.same("charged", Int64(charged), try vector.expect.integer("charged"))
        try Check.same("rent resumes", held.contains { $0 > cycles }, true)
    }

    // MARK: Keys and votes

    private static func links(_ vector: VectorCase) throws {
        let sides = try ["a", "b"].map { try vector.input.texts($0) }
        var linked: [Bool] = []
        for order in [sides[0] + sides[1], sides[1] + sides[0]] {
            var household = try Household()
            var heard: [String] = []
            for step in order where !heard.contains(step) {
                heard.append(step)
                _ = try household.take(step.split(separator: " ").map { .string(String($0)) })
            }
            linked.append(try household.owner(of: "B") == Assembly.node("A"))
        }
        let expected = try vector.expect.bool("linked")
        try Check.same("linked", linked, [expected, expected])
    }

    private static func votes(_ vector: VectorCase) throws {
        let votes = try vector.input.list("votes")
        let revocations = try vector.input.list("revocations")
        let proposal = try Assembly.proposal(by: "author", at: self.start)
        var names: [MessageID: String] = [:]
        var side: [Message] = []
        for vote in votes {
            guard let parts = vote.elements, parts.count == 3, let name = parts[0].string,
                let key = parts[1].string, let time = parts[2].integer
            else { throw VectorFailure("a vote is no triple") }
            let moment = self.start.adding(milliseconds: time)
            let message = try Assembly.vote(.endorse, on: proposal.id, by: key, at: moment)
            names[message.id] = name
            side.append(message)
        }
        var other: [Message] = []
        for revocation in revocations {
            guard let parts = revocation.elements, parts.count == 2, let key = parts[0].string,
                let time = parts[1].integer
            else { throw VectorFailure("a revocation is no pair") }
            let root = "root of \(key)"
            let linkedAt = self.start.adding(milliseconds: -1)
            other.append(try Assembly.link(root, key, at: linkedAt))
            let effective = self.start.adding(milliseconds: time)
            let draft = Draft.revocation(
                try Assembly.node(root),
                try Assembly.node(key),
                from: effective
            )
            other.append(try Assembly.message(draft, by: root, at: effective))
        }
        let expected = try vector.expect.texts("invalidated")
        for order in [side + other, other + side] {
            var assembly = Assembly()
            for message in [proposal] + order { _ = assembly.hear(message) }
            let void = (assembly.view(of: proposal.id)?.votes ?? []).filter {
                $0.notCountedBecause?.contains("revoked with effect before") == true
            }
            let invalidated = void.compactMap { names[$0.voteID] }.sorted()
            try Check.same("invalidated", invalidated, expected)
        }
    }

    // MARK: Proposals

    /// Either side votes on a proposal of its own under one title and decides on it, then hears of the
    /// other one and decides on that, too.
    private static func proposals(_ vector: VectorCase) throws {
        let kind = try vector.input.text("kind")
        guard kind == "content" else { throw VectorFailure("no rule for a proposal of \(kind)") }
        let sides = try ["a", "b"].map { try self.poll(on: $0, as: vector.input.text($0)) }
        for order in [sides, sides.reversed()] {
            var node = try Assembly.governed(days: 30)
            for (number, side) in order.enumerated() {
                for message in side.messages {
                    if let refusal = node.hear(message, score: .one) {
                        throw VectorFailure("\(message.typeName) is refused: \(refusal)")
                    }
                }
                node.decide(at: side.deadline.adding(milliseconds: Int64(number + 1)))
            }
            let states = sides.map { node.view(of: $0.proposal)?.state }
            try Check.same("states", states, sides.map(\.outcome))
            let areBoth = states.allSatisfy { $0 == .ratified }
            try Check.same("both stand", areBoth, try vector.expect.bool("coexist"))
        }
    }

    /// What a side says about its proposal, and what it makes of it.
    private struct SidePoll {
        let proposal: MessageID
        let deadline: Timestamp
        let messages: [Message]
        let outcome: ProposalState
    }

    private static func poll(on side: String, as text: String) throws -> SidePoll {
        guard let outcome = ProposalState(rawValue: text) else {
            throw VectorFailure("no state is called \(text)")
        }
        let deadline = Assembly.start.adding(milliseconds: 14 * Assembly.day)
        let proposal = try Assembly.proposal(by: side, title: "a skill", deadline: deadline)
        let stance: Vote.Stance = outcome == .ratified ? .endorse : .reject
        let votes = try (0..<ConsensusLimits.votersMin).map { number in
            let time = Assembly.start.adding(milliseconds: Int64(number + 1))
            let voter = "voter \(number) of \(side)"
            return try Assembly.vote(stance, on: proposal.id, by: voter, at: time)
        }
        return SidePoll(
            proposal: proposal.id,
            deadline: deadline,
            messages: [proposal] + votes,
            outcome: outcome
        )
    }
}

extension Assembly {
    /// Decides what is due, by what voters had when they were heard, and writes it to the log.
    fileprivate mutating func decide(at now: Timestamp) {
        let decisions = self.consensus.decide(
            self.consensus.due(now: now),
            network: NetworkSize(activeIdentities: 10, activeReputation: .one),
            Standings(),
            now: now
        )
        for decision in decisions { self.log(decision.recorded(at: now)) }
    }
}
