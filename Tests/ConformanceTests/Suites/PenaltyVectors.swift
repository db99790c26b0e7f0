import Messages
import Primitives
import TestSupport

@testable import Reputation
@testable import StorageMarket

/// What failed challenges and hand-overs cost.
enum PenaltyVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("failure_in_window") {
            try self.escalate(vector)
        } else if vector.input.has("failure_days") {
            try self.count(vector)
        } else if vector.input.has("transfer_fee") {
            try self.fee(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    private static let score = FixedPoint(millionths: 900_000)

    private static func failure() throws -> StorageFact {
        .challengeFailed(provider: try LedgerLine.node("provider"), content: MarketLine.content)
    }

    /// What the provider lost by so many failures, one a day.
    private static func loss(_ failures: Int64) throws -> FixedPoint {
        var line = try LedgerLine(founders: [("provider", self.score)])
        for number in 0..<failures {
            let time = Timestamp(milliseconds: LedgerLine.start + number * MarketLine.day)
            line.books.logged(try self.failure().fact(recordedAt: time))
        }
        return self.score - (try line.direct("provider"))
    }

    private static func escalate(_ vector: VectorCase) throws {
        let number = try vector.input.integer("failure_in_window")
        let all = try self.loss(number)
        try Check.same("cumulative", all, try vector.expect.fraction("cumulative"))
        let last = all - (try self.loss(number - 1))
        try Check.same("penalty", last, try vector.expect.fraction("penalty"))
    }

    private static func count(_ vector: VectorCase) throws {
        var failures = StorageFailures(.standard)
        let day = { (number: Int64) in
            Timestamp(milliseconds: LedgerLine.start + number * MarketLine.day)
        }
        for number in try vector.input.list("failure_days").compactMap(\.integer) {
            _ = failures.failed(at: day(number))
        }
        let count = failures.count(at: day(try vector.input.integer("now_day")))
        try Check.same("count", Int64(count), try vector.expect.integer("count"))
    }

    /// A holder announces that it hands its copy over, and the ledger charges what the market found.
    private static func fee(_ vector: VectorCase) throws {
        var market = try MarketLine()
        try market.replicate()
        let transfer = RentTransfer(
            contentHash: MarketLine.content,
            receivingProvider: try MarketLine.node("receiver"),
            transferFee: try vector.input.fraction("transfer_fee")
        )
        try market.say(Draft(transfer), by: "provider", at: MarketLine.start + 3)
        let findings = market.findings.map(\.finding)
        guard case .transferFee(_, let payer)? = findings.last else {
            throw VectorFailure("nothing is charged: \(findings)")
        }
        var line = try LedgerLine()
        let before = line.books.ledger.direct(of: payer)
        for finding in findings {
            line.books.logged(
                finding.fact(recordedAt: Timestamp(milliseconds: LedgerLine.start))
            )
        }
        let fee = before - line.books.ledger.direct(of: payer)
        try Check.same("fee", fee, try vector.input.fraction("transfer_fee"))
        let failure = try self.loss(1)
        try Check.same("first failure", failure, try vector.input.fraction("first_failure"))
        try Check.same("fee is smaller", fee < failure, try vector.expect.bool("fee_ok"))
    }
}
