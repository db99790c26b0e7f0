import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Challenges and what they are worth")
struct ChallengeTests {
    private static let day = Trade.day
    private static let hour = Trade.hour

    /// Results on one artefact: validator, provider, outcome and hour.
    private func record(_ results: [(by: Int, of: Int, passed: Bool, hour: Int64)]) throws
        -> ChallengeRecord
    {
        var books = MarketBooks()
        for (number, result) in results.enumerated() {
            try books.say(
                try Trade.result(number, of: result.of, result.passed ? .pass : .fail),
                by: result.by,
                at: result.hour * Self.hour
            )
        }
        return ChallengeRecord(
            books.challenges.results(on: Trade.content(), books.keys),
            .standard
        )
    }

    private func verdicts(_ record: ChallengeRecord) -> [String] {
        record.findings.map { finding in
            switch record.verdict(on: finding.id) {
            case nil: "passed"
            case .uncounted: "uncounted"
            case .counted: "counted"
            case .corroborating: "corroborating"
            case .discounted: "discounted"
            }
        }
    }

    @Test(
        "R-06-073, R-06-074, VALIDATOR-N18 to N22: another validator's next word within a day decides",
        arguments: [
            ([(3, 2, false, 0), (4, 2, false, 24)], ["counted", "corroborating"]),
            ([(3, 2, false, 0), (4, 2, true, 23)], ["discounted", "passed"]),
            ([(3, 2, false, 0)], ["uncounted"]),
            ([(3, 2, false, 0), (4, 2, false, 25)], ["uncounted", "uncounted"]),
            ([(3, 2, false, 0), (3, 2, false, 1)], ["uncounted", "uncounted"]),
            // Somebody else's word on another provider says nothing.
            ([(3, 2, false, 0), (4, 5, false, 1)], ["uncounted", "uncounted"]),
            (
                [(3, 2, false, 0), (3, 2, true, 1), (4, 2, false, 2), (3, 2, true, 3)],
                ["counted", "passed", "corroborating", "passed"]
            ),
        ] as [([(by: Int, of: Int, passed: Bool, hour: Int64)], [String])]
    )
    func corroboration(
        results: [(by: Int, of: Int, passed: Bool, hour: Int64)],
        expected: [String]
    ) throws {
        #expect(self.verdicts(try self.record(results)) == expected)
    }

    @Test(
        "R-06-064, R-06-071, R-16-127, VALIDATOR-N10, N13: one network alone gives half of what is required"
    )
    func networks() throws {
        let results = (0..<12).map { (by: 3 + $0 % 2, of: 2, passed: true, hour: Int64($0)) }
        let record = try self.record(results)
        let second = try Trade.person(2)
        let holder = Contract.Holder(identity: second, since: Trade.at(-1), key: second)
        let third = try Trade.person(3)
        func passes(_ network: (NodeID) -> NetworkName) -> Int64 {
            record.passes(
                of: holder,
                before: Trade.at(Self.day),
                required: 10,
                network: network
            )
        }
        #expect(passes { _ in .unknown } == 5)
        #expect(passes { $0 == third ? NetworkName("a") : NetworkName("b") } == 10)
    }

    @Test("D-67: passes count over thirty days, and since the copy is held")
    func window() throws {
        let record = try self.record([
            (3, 2, true, 0), (4, 2, true, 1), (3, 2, true, 30 * 24), (4, 2, true, 30 * 24 + 1),
        ])
        func passes(since: Int64, before: Int64) throws -> Int64 {
            record.passes(
                of: Contract.Holder(
                    identity: try Trade.person(2),
                    since: Trade.at(since * Self.hour),
                    key: try Trade.person(2)
                ),
                before: Trade.at(before * Self.hour),
                required: 10,
                network: { NetworkName($0.hex) }
            )
        }
        #expect(try passes(since: -1, before: 30 * 24) == 2)
        #expect(try passes(since: -1, before: 30 * 24 + 1) == 2)
        #expect(try passes(since: 1, before: 30 * 24) == 1)
        #expect(try passes(since: -1, before: 1) == 2)
    }

    @Test("D-67: of younger content a pass is required for every three days, at most ten")
    func required() {
        let calendar = BillingCalendar(start: Trade.start, market: .standard)
        let required = [0, 2, 3, 5, 6, 26, 27, 29, 30, .max].map {
            calendar.requiredPasses(in: $0)
        }
        #expect(required == [1, 1, 2, 2, 3, 9, 10, 10, 10, 10])
    }

    @Test("R-06-067 to R-06-069, VALIDATOR-N14 to N16: weight is pairs, and failures found first")
    func weights() throws {
        let record = try self.record([
            (3, 2, true, 0), (3, 2, true, 1), (3, 5, true, 2), (4, 2, true, 3), (6, 5, false, 4),
            (3, 5, false, 5), (7, 2, false, 6), (3, 2, true, 7),
        ])
        let providers = Set(try Trade.people([2, 5]))
        let weights = record.weights(of: providers, before: Trade.at(Self.day))
        let expected = try [(3, 2), (4, 1), (6, 2)].map { (try Trade.person($0.0), Int64($0.1)) }
        #expect(weights.map(\.0) == expected.map(\.0).sorted())
        for (person, weight) in expected {
            #expect(weights.first { $0.0 == person }?.1 == weight)
        }
    }

    @Test("R-06-068, VALIDATOR-04, D-69: thirty results of a validator on one artefact earn")
    func most() throws {
        var results = (0..<30).map { (by: 3, of: 2, passed: true, hour: Int64($0)) }
        results.append((by: 3, of: 5, passed: true, hour: 40))
        let providers = Set(try Trade.people([2, 5]))
        let weights = try self.record(results).weights(
            of: providers,
            before: Trade.at(3 * Self.day)
        )
        #expect(weights.map(\.1) == [1])
    }

    @Test(
        "R-06-075: who finds failures far more often than all others earns nothing for finding them"
    )
    func accusers() throws {
        var results = (0..<40).map { (by: 4, of: 2, passed: true, hour: Int64($0)) }
        results += [
            (by: 3, of: 2, passed: false, hour: 41), (by: 5, of: 2, passed: false, hour: 42),
        ]
        let weights = try self.record(results).weights(
            of: [try Trade.person(2)],
            before: Trade.at(9 * Self.day)
        )
        #expect(weights.map(\.1) == [1, 1, 1])
    }

    @Test("T9, R-06-112, R-06-072: many passes in a row, or most of several days', are looked at")
    func pairs() throws {
        func pairs(_ results: [(by: Int, of: Int, passed: Bool, hour: Int64)]) throws -> Int {
            PairReview(try self.record(results).findings, .standard).pairs.count
        }
        let straight = (0..<21).map { (by: 3, of: 2, passed: true, hour: Int64($0)) }
        #expect(try pairs(straight) == 1)
        #expect(try pairs(Array(straight.dropLast())) == 0)
        var broken = straight
        broken[10].passed = false
        #expect(try pairs(broken) == 0)
        let dominated = (0..<3).flatMap { day in
            [(3, 0), (3, 1), (4, 2)].map {
                (by: $0.0, of: 2, passed: true, hour: Int64(day) * 24 + Int64($0.1))
            }
        }
        #expect(try pairs(dominated) == 1)
        #expect(try pairs(Array(dominated.dropLast(3))) == 0)
    }

    @Test("T9: 21 passes that one validator gave alone are shown, and are worth half of ten")
    func colluding() throws {
        var scene = try MarketScene()
        try scene.deliver()
        for number in 0..<20 {
            try scene.say(try Trade.result(number, of: 2), by: 3, at: Int64(number + 1) * Self.hour)
        }
        #expect(scene.books.suspiciousPairs.count == 0)
        try scene.say(try Trade.result(20, of: 2), by: 3, at: 21 * Self.hour)
        #expect(scene.books.suspiciousPairs.count == 1)
        let provider = try #require(scene.books.contract(at: Self.day)).holders
            .first { try Trade.person(2) == $0.identity }
        let record = ChallengeRecord(
            scene.books.challenges.results(on: Trade.content(), scene.books.keys),
            .standard
        )
        let passes = record.passes(
            of: try #require(provider),
            before: Trade.at(Self.day),
            required: 10,
            network: { NetworkName($0.hex) }
        )
        #expect(passes == 5)
    }

    // MARK: What failures cost

    private func failures(_ findings: [StorageFact]) -> [StorageFact] {
        findings.filter {
            switch $0 {
            case .challengeFailed, .copyAbandoned: true
            default: false
            }
        }
    }

    @Test("R-06-031: the first failure of a fresh copy is abandonment, and is punished once")
    func abandoned() throws {
        var scene = try MarketScene()
        try scene.deliver()
        try scene.say(try Trade.result(1, of: 2, .fail), by: 3, at: Self.hour)
        #expect(self.failures(scene.findings).isEmpty)
        try scene.say(try Trade.result(2, of: 2, .fail), by: 4, at: 2 * Self.hour)
        let provider = try Trade.person(2)
        let abandoned = StorageFact.copyAbandoned(provider: provider, content: Trade.content())
        #expect(self.failures(scene.findings) == [abandoned])
        #expect(try scene.direct(2) == 500_000 - 2_000)
        try scene.say(try Trade.result(3, of: 2, .fail), by: 1, at: 3 * Self.hour)
        #expect(self.failures(scene.findings) == [abandoned])
        // A further failure is an ordinary one.
        try scene.say(try Trade.result(4, of: 2, .fail), by: 3, at: 4 * Self.hour)
        let failed = StorageFact.challengeFailed(provider: provider, content: Trade.content())
        #expect(self.failures(scene.findings) == [abandoned, failed])
    }

    @Test("R-06-031: after a pass, or after seven days, a failure is no abandonment")
    func kept() throws {
        for (pass, offset) in [(true, Self.hour), (false, 7 * Self.day + 4)] as [(Bool, Int64)] {
            var scene = try MarketScene()
            try scene.deliver()
            if pass { try scene.say(try Trade.result(0, of: 2), by: 1, at: Self.hour - 1) }
            try scene.say(try Trade.result(1, of: 2, .fail), by: 3, at: offset)
            try scene.say(try Trade.result(2, of: 2, .fail), by: 4, at: offset + 1)
            let provider = try Trade.person(2)
            let failed = StorageFact.challengeFailed(provider: provider, content: Trade.content())
            #expect(self.failures(scene.findings) == [failed])
        }
    }

    @Test("ADR 0048: what was confirmed long before it was heard costs nothing here")
    func past() throws {
        var scene = try MarketScene()
        try scene.deliver()
        let late = 2 * Self.day
        try scene.say(try Trade.result(1, of: 2, .fail), by: 3, at: Self.hour, arrival: late)
        try scene.say(try Trade.result(2, of: 2, .fail), by: 4, at: 2 * Self.hour, arrival: late)
        #expect(self.failures(scene.findings).isEmpty)
    }

    @Test("T9, R-06-063: strangers, who hold no copy, accuse nobody")
    func strangers() throws {
        var scene = try MarketScene()
        try scene.deliver()
        try scene.say(try Trade.result(1, of: 2, .fail), by: 7, at: Self.hour)
        try scene.say(try Trade.result(2, of: 2, .fail), by: 8, at: 2 * Self.hour)
        #expect(self.failures(scene.findings).isEmpty)
    }
}
