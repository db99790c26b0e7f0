import Messages
import Primitives
import TestSupport

@testable import Reputation
@testable import StorageMarket

/// How rent is shared, and what challenges are worth.
enum ValidatorVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("passed") {
            try self.settle(vector)
        } else if input.has("rent") {
            try self.split(vector)
        } else if input.has("challenger_identity") || input.has("challenger") {
            try self.judge(vector)
        } else if input.has("challenges") {
            try self.cap(vector)
        } else if input.has("asns") {
            try self.networks(vector)
        } else if input.has("providers_challenged") {
            try self.weigh(vector)
        } else if input.has("first") {
            try self.corroborate(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    private static let hour: Int64 = 3_600_000

    // MARK: Shares

    private static func work(passed: [Int64], required: Int64, weights: [Int64]) throws -> RentWork
    {
        func shares(_ counts: [Int64], _ role: String) throws -> [RentWork.Share] {
            try counts.enumerated().map { number, count in
                let identity = try MarketLine.node("\(role) \(number)")
                return RentWork.Share(identity: identity, count: count)
            }
        }
        return RentWork(
            required: required,
            providers: try shares(passed, "provider"),
            validators: try shares(weights, "validator")
        )
    }

    private static func split(_ vector: VectorCase) throws {
        let rent = try vector.input.fraction("rent")
        let work = try self.work(passed: [1], required: 1, weights: [1])
        let shares = work.shares(of: rent).map(\.amount)
        let expected = try ["provider_pool", "validator_pool"].map {
            try vector.expect.fraction($0)
        }
        try Check.same("the pools", shares, expected)
    }

    private static func settle(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let rent = try input.fraction("rent")
        let passed = try self.integers(input, "passed")
        let required = try input.integer("required")
        let weights = try self.integers(input, "validator_weights")
        let work = try self.work(passed: passed, required: required, weights: weights)
        let shares = work.shares(of: rent).map(\.amount.millionths)
        let providers = Array(shares.prefix(passed.count))
        let validators = Array(shares.dropFirst(passed.count))
        try Check.same("providers", providers, try self.integers(expect, "providers"))
        try Check.same("validators", validators, try self.integers(expect, "validators"))
        let paid = shares.reduce(0, +)
        try Check.same("paid", paid, try expect.integer("paid"))
        let returned = try expect.integer("returned_to_uploader")
        try Check.same("returned", rent.millionths - paid, returned)
        let full = try self.work(passed: [required], required: required, weights: [1])
        let pools = full.shares(of: rent).map(\.amount)
        try Check.same("provider pool", pools[0], try expect.fraction("provider_pool"))
        try Check.same("validator pool", pools[1], try expect.fraction("validator_pool"))
        if rent > .zero, shares.allSatisfy({ $0 <= 20_000 }) {
            try self.deliver(work, of: rent, shares)
        }
    }

    /// The ledger moves what is due, in sums small enough for the limit of a day, and creates nothing.
    private static func deliver(_ work: RentWork, of rent: FixedPoint, _ shares: [Int64]) throws {
        var line = try LedgerLine(founders: [("payer", .one)], isLocalProfile: true)
        let payer = try LedgerLine.node("payer")
        let cycle = RentCycle(content: MarketLine.content, number: 1)
        for finding in [
            StorageFact.rentHeld(cycle, payer: payer, amount: rent), .rentSettled(cycle, work),
        ] {
            line.books.logged(
                finding.fact(recordedAt: Timestamp(milliseconds: LedgerLine.start))
            )
        }
        let paid = FixedPoint(millionths: shares.reduce(0, +))
        try Check.same("what the payer keeps", try line.direct("payer"), .one - paid)
        for (share, worker) in zip(shares, work.providers + work.validators) {
            let score = line.books.ledger.direct(of: worker.identity)
            let expected = ReputationLimits.start + FixedPoint(millionths: share)
            try Check.same("what \(worker.identity) has", score, expected)
        }
    }

    private static func integers(_ fields: Fields, _ key: String) throws -> [Int64] {
        try fields.list(key).map { element in
            guard let integer = element.integer else {
                throw VectorFailure("\(key) holds no numbers")
            }
            return integer
        }
    }

    // MARK: Results

    private static func judge(_ vector: VectorCase) throws {
        let input = vector.input
        var line = try MarketLine()
        let isLinked = input.has("link")
        if isLinked {
            let link = try input.fields("link")
            let root = try link.text("root")
            for child in try link.texts("children") {
                let draft = Draft.link(try MarketLine.key(root), try MarketLine.key(child))
                try line.say(draft, by: root, at: MarketLine.start)
            }
        }
        let suffix = isLinked ? "" : "_identity"
        let challenger = try input.text("challenger\(suffix)")
        let challenged = try input.text("challenged\(suffix)")
        let result = try MarketLine.result(1, of: challenged, .pass)
        let refusal = try line.say(result, by: challenger, at: MarketLine.start + 1).refusal
        try Check.same("accept", refusal == nil, try vector.expect.bool("accept"))
    }

    /// Results on one artefact, in order; all who give them hold it.
    private static func record(
        _ results: [(by: String, of: String, ChallengeResult.Outcome, hour: Int64)]
    ) throws -> ChallengeRecord {
        var line = try MarketLine()
        for (number, result) in results.enumerated() {
            let time = MarketLine.start + result.hour * self.hour + Int64(number)
            let draft = try MarketLine.result(number, of: result.of, result.2)
            let said = try line.say(draft, by: result.by, at: time)
            if let refusal = said.refusal { throw VectorFailure("a result is refused: \(refusal)") }
        }
        return ChallengeRecord(
            line.books.challenges.results(on: MarketLine.content, line.books.keys),
            .standard
        )
    }

    private static func weight(_ record: ChallengeRecord, of name: String, _ providers: [String])
        throws -> Int64
    {
        let end = Timestamp(milliseconds: MarketLine.start + MarketLine.day)
        let identity = try MarketLine.node(name)
        let all = Set(try providers.map { try MarketLine.node($0) })
        return record.weights(of: all, before: end).first { $0.0 == identity }?.1 ?? 0
    }

    /// As many providers as challenges: each that earns adds to the weight.
    private static func cap(_ vector: VectorCase) throws {
        let count = try vector.input.integer("challenges")
        let providers = (0..<count).map { "provider \($0)" }
        let record = try self.record(providers.map { ("V", $0, .pass, hour: 1) })
        let earning = try self.weight(record, of: "V", providers)
        try Check.same("earning", earning, try vector.expect.integer("earning"))
        try Check.same("unpaid", count - earning, try vector.expect.integer("unpaid"))
    }

    private static func networks(_ vector: VectorCase) throws {
        let validators = try vector.input.texts("validators")
        let asns = try self.integers(vector.input, "asns")
        let required: Int64 = 10
        let results = (0..<Int(required)).map { number in
            (
                by: validators[number % validators.count], of: "P", ChallengeResult.Outcome.pass,
                hour: 1 as Int64
            )
        }
        let record = try self.record(results)
        var network: [NodeID: NetworkName] = [:]
        for (name, asn) in zip(validators, asns) {
            network[try MarketLine.node(name)] = NetworkName("AS\(asn)")
        }
        let passes = record.passes(
            of: Contract.Holder(
                identity: try MarketLine.node("P"),
                since: Timestamp(milliseconds: MarketLine.start),
                key: try MarketLine.node("P")
            ),
            before: Timestamp(milliseconds: MarketLine.start + MarketLine.day),
            required: required,
            network: { network[$0] ?? .unknown }
        )
        let isMet = passes == required
        try Check.same("requirement met", isMet, try vector.expect.bool("requirement_met"))
    }

    private static func weigh(_ vector: VectorCase) throws {
        let providers = try vector.input.texts("providers_challenged")
        let failures = try vector.input.integer("corroborated_failures")
        guard failures <= providers.count else {
            throw VectorFailure("more failures than providers")
        }
        var results: [(by: String, of: String, ChallengeResult.Outcome, hour: Int64)] = []
        for (number, provider) in providers.enumerated() {
            let outcome: ChallengeResult.Outcome = number < failures ? .fail : .pass
            results.append(("V", provider, outcome, hour: 1))
            results.append(("W", provider, outcome, hour: 2))
        }
        let weight = try self.weight(try self.record(results), of: "V", providers)
        try Check.same("weight", weight, try vector.expect.integer("weight"))
    }

    private static func corroborate(_ vector: VectorCase) throws {
        func outcome(_ text: String) throws -> ChallengeResult.Outcome {
            let name = text.split(separator: "-").first.map(String.init) ?? text
            guard let outcome = ChallengeResult.Outcome(rawValue: name) else {
                throw VectorFailure("no outcome \(text)")
            }
            return outcome
        }
        let first = try outcome(try vector.input.text("first"))
        var results = [(by: "V", of: "P", first, hour: 0 as Int64)]
        let second = vector.input.optional("second")?.string
        let later = vector.input.optional("hours_later")?.integer
        if let second, let later {
            let validator = second.hasSuffix("same-validator") ? "V" : "W"
            results.append((by: validator, of: "P", try outcome(second), hour: later))
        }
        let record = try self.record(results)
        let failure = record.findings.first.map { record.verdict(on: $0.id) }
        let expected = try vector.expect.text("failure")
        switch (failure, expected) {
        case (.counted, "counted"), (.discounted, "discounted"), (.uncounted, "uncounted"): return
        default: throw VectorFailure("failure is \(failure as Any), expected \(expected)")
        }
    }
}
