import Messages
import Primitives

@testable import Reputation

/// What the own opinion and the words of others make of a score.
enum ScoreVectors {
    private static let subject = "the subject"
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour

    static func run(_ vector: VectorCase) throws {
        if vector.input.has("observations") {
            try self.alpha(vector)
        } else if vector.input.has("peer_generator") {
            try self.crowd(vector)
        } else {
            try self.score(vector)
        }
    }

    private static func alpha(_ vector: VectorCase) throws {
        var line = try LedgerLine()
        try self.show(&line, times: try vector.input.integer("observations"))
        let alpha = line.books.evaluation(of: try LedgerLine.node(self.subject)).alpha
        try Check.same("alpha", alpha, try vector.expect.integer("alpha"))
    }

    /// The subject is heard in so many hours.
    private static func show(_ line: inout LedgerLine, times: Int64) throws {
        for number in 0..<times {
            let time = LedgerLine.start + number * self.hour
            try line.announce(self.subject, proofAt: LedgerLine.start, at: time)
        }
    }

    private static func score(_ vector: VectorCase) throws {
        let input = vector.input
        let networks = try input.integer("distinct_assessor_asns")
        let peers = try self.peers(input, networks: Int(networks))
        var founders = peers.enumerated().map { ("assessor \($0.offset)", $0.element.0) }
        let alpha = try input.integer("alpha")
        let direct = input.optional("direct")?.integer.map { FixedPoint(millionths: $0) }
        // Only a founder can have any score and the full weight of the own opinion at once.
        let isFounder = alpha == ReputationLimits.alphaMax
        if let direct, isFounder { founders.append((self.subject, direct)) }
        var line = try LedgerLine(founders: founders)
        if let direct, !isFounder {
            try self.show(&line, times: alpha / 100_000)
            try self.earn(&line, direct)
        }
        for (number, peer) in peers.enumerated() {
            let name = "assessor \(number)"
            let address = "/ip4/20.\(Int64(number) % networks).0.1/tcp/1"
            try line.announce(name, address: address, proofAt: LedgerLine.start)
            try line.assess(self.subject, peer.1, by: name, at: 0)
        }
        let found = line.books.evaluation(of: try LedgerLine.node(self.subject))
        let average = vector.expect.optional("peer_avg")?.integer
        try Check.same("peer_avg", found.peerAverage?.millionths, average)
        try Check.same("alpha", found.alpha, alpha)
        let counted = line.books.witnesses.networkCount(found.assessors)
        try Check.same("networks", Int64(counted), networks)
        try Check.same("score", found.score, try vector.expect.fraction("reputation"))
    }

    /// Trust in each assessor, and what it says.
    ///
    /// An identity is in one network, so where a case has fewer assessors than networks each of them
    /// stands for several who say the same, which changes no average.
    private static func peers(_ input: Fields, networks: Int) throws -> [(FixedPoint, FixedPoint)] {
        let peers = try input.list("peers").map { pair in
            let numbers = (pair.elements ?? []).compactMap(\.integer)
            guard numbers.count == 2 else { throw VectorFailure("\(pair) is not a pair") }
            return (FixedPoint(millionths: numbers[0]), FixedPoint(millionths: numbers[1]))
        }
        guard !peers.isEmpty else { return [] }
        let copies = max(1, (networks + peers.count - 1) / peers.count)
        return (0..<copies).flatMap { _ in peers }
    }

    /// Day by day, as fast as the limits allow, before anything else happens.
    private static func earn(_ line: inout LedgerLine, _ direct: FixedPoint) throws {
        let node = try LedgerLine.node(self.subject)
        for day in (1...90 as ClosedRange<Int64>).reversed() {
            let rest = direct - (try line.direct(self.subject))
            let time = Timestamp(milliseconds: LedgerLine.start - day * self.day)
            line.books.earn(rest, by: node, at: time, cause: "vector")
        }
        try Check.same("direct", try line.direct(self.subject), direct)
    }

    /// More assessors than a ledger remembers of one subject: the formula alone.
    private static func crowd(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let count = try input.fields("peer_generator").integer("count")
        let opinions = (0..<count).map { number in
            ScoreFormula.Opinion(
                trust: FixedPoint(millionths: 1_000_000 - number * 7_919 % 900_000),
                overall: FixedPoint(millionths: 100_000 + number * 104_729 % 900_000)
            )
        }
        let sum = opinions.map { $0.trust.millionths * $0.overall.millionths }.reduce(0, +)
        try Check.same("peer_sum", sum, try expect.integer("peer_sum"))
        let weight = opinions.map(\.trust.millionths).reduce(0, +)
        try Check.same("peer_weight", weight, try expect.integer("peer_weight"))
        let average = ScoreFormula.peerAverage(opinions)
        try Check.same("peer_avg", average?.millionths, try expect.integer("peer_avg"))
        let networks = Int(try input.integer("distinct_assessor_asns"))
        let score = ScoreFormula.score(
            direct: try input.fraction("direct"),
            alpha: try input.integer("alpha"),
            peerAverage: average,
            networks: networks
        )
        try Check.same("score", score, try expect.fraction("reputation"))
    }
}
