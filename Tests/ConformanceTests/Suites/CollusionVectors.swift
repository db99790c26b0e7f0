import Messages
import Primitives

@testable import Reputation

/// Who acts as one: voting in step, registering together, sharing a network.
enum CollusionVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("nodes") {
            try self.voting(vector)
        } else if input.has("first_registered_hours") {
            try self.registration(vector)
        } else if input.has("same_asn") {
            try self.network(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    // MARK: Voting in step

    private static let score = FixedPoint(millionths: 500_000)

    private static func voting(_ vector: VectorCase) throws {
        let input = vector.input
        let nodes = try input.texts("nodes")
        var line = try LedgerLine(founders: nodes.map { ($0, self.score) })
        for group in try input.list("identity_groups") {
            let names = (group.elements ?? []).compactMap(\.string)
            for child in names.dropFirst() { try line.link(names[0], child) }
        }
        let before = try nodes.map { try line.direct($0) }
        for first in nodes.indices {
            for second in nodes.indices where second > first {
                try self.votePair(
                    (nodes[first], nodes[second]),
                    shared: Int(try input.integer("shared_proposals")),
                    agreements: Int(try input.integer("pairwise_agreements")),
                    &line
                )
            }
        }
        try self.check(vector, nodes, before, line)
    }

    /// Two nodes share some proposals, the ones that they disagree on first; two others split.
    private static func votePair(
        _ pair: (String, String),
        shared: Int,
        agreements: Int,
        _ line: inout LedgerLine
    ) throws {
        for number in 0..<shared {
            let proposal = LedgerLine.message("\(pair.0) \(pair.1) \(number)")
            let stance: Vote.Stance = number.isMultiple(of: 2) ? .endorse : .reject
            let opposite: Vote.Stance = stance == .endorse ? .reject : .endorse
            let isAgreed = number >= shared - agreements
            try line.decide(
                proposal,
                [
                    (pair.0, stance), (pair.1, isAgreed ? stance : opposite),
                    ("somebody who endorses everything", .endorse),
                    ("somebody who rejects everything", .reject),
                ]
            )
        }
    }

    private static func check(
        _ vector: VectorCase,
        _ nodes: [String],
        _ before: [FixedPoint],
        _ line: LedgerLine
    ) throws {
        let named = try nodes.map { ($0, try LedgerLine.node($0)) }
        let groups = line.books.witnesses.suspicion.collusion.groups().map { group in
            named.filter { group.members.contains($0.1) }.map(\.0)
        }
        let expected = try vector.expect.list("groups").map { group in
            (group.elements ?? []).compactMap(\.string)
        }
        try Check.same("groups", groups, expected)
        let penalty = try vector.expect.fraction("penalty_each")
        for (name, score) in zip(nodes, before) {
            let change = try line.direct(name) - score
            try Check.same("change of \(name)", change, penalty)
        }
    }

    // MARK: Warnings

    private static func registration(_ vector: VectorCase) throws {
        let hours = try vector.input.list("first_registered_hours").compactMap(\.integer)
        var line = try LedgerLine()
        for (number, hour) in hours.enumerated() {
            let time = LedgerLine.start + hour * 3_600_000
            try line.announce("\(number)", proofAt: time)
        }
        // A proof of a later day changes nothing.
        for number in hours.indices {
            try line.announce("\(number)", proofAt: LedgerLine.start + 1_000 * 3_600_000)
        }
        let isFlagged = try hours.indices.contains { number in
            try line.isSuspect("\(number)")
        }
        try Check.same("flag", isFlagged, try vector.expect.bool("flag"))
    }

    private static func network(_ vector: VectorCase) throws {
        let same = Int(try vector.input.integer("same_asn"))
        let all = Int(try vector.input.integer("active_voters"))
        var line = try LedgerLine()
        let proposal = LedgerLine.message("a proposal")
        for number in 0..<all {
            // The first ones share a network; the others have one each.
            let network = number < same ? 0 : number
            // Far apart, so that no registrations fall together.
            try line.announce(
                "\(number)",
                address: "/ip4/\(20 + network / 200).\(network % 200).0.1/tcp/1",
                proofAt: Int64(number) * 86_400_000
            )
        }
        try line.decide(proposal, (0..<all).map { ("\($0)", .endorse) })
        let isFlagged = try line.isSuspect("0")
        try Check.same("flag", isFlagged, try vector.expect.bool("flag"))
    }
}
