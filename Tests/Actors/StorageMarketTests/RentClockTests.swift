import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation
@testable import StorageMarket

@Suite("§6 The rent clock")
struct RentClockTests {
    private static let day = Trade.day
    private static let hour = Trade.hour
    private static let settling =
        MarketCalendar.standard.milliseconds(StorageMarketLimits.settling) + 1

    private func cycle(_ number: Int64) -> RentCycle {
        RentCycle(content: Trade.content(), number: number)
    }

    private func held(_ number: Int64) throws -> StorageFact {
        .rentHeld(self.cycle(number), payer: try Trade.person(1), amount: Trade.rent)
    }

    private func missed(_ number: Int64) throws -> StorageFact {
        .rentMissed(self.cycle(number), payer: try Trade.person(1))
    }

    private func settled(_ findings: [StorageFact]) -> [RentCycle] {
        findings.compactMap { if case .rentSettled(let cycle, _) = $0 { cycle } else { nil } }
    }

    @Test(
        "R-06-054, D-66: the first cycle that costs is the first that begins with all copies there"
    )
    func first() throws {
        var scene = try MarketScene()
        try scene.deliver()
        scene.wait(until: Self.day - 1)
        #expect(scene.findings.isEmpty)
        scene.wait(until: Self.day)
        #expect(try scene.findings == [self.held(1)])
        #expect(try scene.direct(1) == 500_000 - 335)
        scene.wait(until: 2 * Self.day)
        #expect(try scene.findings == [self.held(1), self.held(2)])
    }

    @Test(
        "R-06-061 to R-06-065, D-67, D-69: a cycle with its notice goes to those who worked for it"
    )
    func settles() throws {
        var scene = try MarketScene()
        let everything = scene.everything
        try scene.deliver()
        try scene.say(try Trade.result(1, of: 2), by: 3, at: Self.hour)
        try scene.say(try Trade.result(2, of: 2), by: 1, at: 2 * Self.hour)
        try scene.say(try Trade.result(3, of: 3), by: 2, at: 3 * Self.hour)
        // Somebody who holds nothing cannot know.
        try scene.say(try Trade.result(4, of: 4), by: 8, at: 4 * Self.hour)
        try scene.say(Trade.notice(1), by: 1, at: Self.day + 1)
        scene.wait(until: 2 * Self.day + Self.settling - 1)
        #expect(self.settled(scene.findings).isEmpty)
        scene.wait(until: 2 * Self.day + Self.settling)
        #expect(self.settled(scene.findings) == [self.cycle(1)])
        let work = try #require(
            scene.findings.compactMap { finding -> RentWork? in
                if case .rentSettled(_, let work) = finding { work } else { nil }
            }.first
        )
        #expect(work.required == 1)
        // One network alone gives half of what is required, and half of one pass is none.
        let passed = try (2...4).map { person in
            let identity = try Trade.person(person)
            return work.providers.first { $0.identity == identity }?.count
        }
        #expect(passed == [1, 0, 0])
        let weights = try (1...4).map { person in
            let identity = try Trade.person(person)
            return work.validators.first { $0.identity == identity }?.count
        }
        #expect(weights == [1, 1, 1, nil])
        #expect(scene.everything == everything)
        // A third of 268, and a third of the other 67 each.
        #expect(try scene.direct(2) == 500_000 + 89 + 22)
        #expect(try scene.direct(3) == 500_000 + 22)
    }

    @Test(
        "R-06-079, D-68: without a notice within seven days a cycle is missed, and its rent returned"
    )
    func unnoticed() throws {
        var scene = try MarketScene()
        let everything = scene.everything
        try scene.deliver()
        for number in 2...8 as ClosedRange<Int64> {
            try scene.say(Trade.notice(number), by: 1, at: number * Self.day + 1)
        }
        scene.wait(until: 8 * Self.day + Self.settling - 1)
        #expect(try !scene.findings.contains(self.missed(1)))
        scene.wait(until: 8 * Self.day + Self.settling)
        #expect(try scene.findings.contains(self.missed(1)))
        #expect(scene.everything == everything)
        let books = scene.books
        #expect(books.state(at: 8 * Self.day + Self.settling - 1) == .active)
        guard
            case .grace(let end) = try #require(books.contract(on: Trade.content(), at: scene.now))
                .state
        else {
            Issue.record("it is not in grace")
            return
        }
        #expect(end.milliseconds(since: scene.now) == 7 * Self.day)
    }

    @Test("R-06-056, D-66: who would fall below 0.1 pays nothing, and gets grace")
    func poor() throws {
        var scene = try MarketScene(scores: [1: 100_500])
        try scene.deliver()
        scene.wait(until: Self.day)
        #expect(try scene.findings == [self.held(1)])
        scene.wait(until: 2 * Self.day)
        #expect(try scene.findings.last == self.missed(2))
        #expect(try scene.direct(1) == 100_500 - 335)
        scene.wait(until: 9 * Self.day)
        #expect(scene.books.state(at: 9 * Self.day) == .decayed(at: Trade.at(9 * Self.day)))
        // Nothing is asked for what has decayed, and the cycle without a notice goes back.
        scene.wait(until: 20 * Self.day)
        #expect(try scene.direct(1) == 100_500)
        let misses = scene.findings.count { if case .rentMissed = $0 { true } else { false } }
        #expect(misses == 8)
    }

    @Test("R-06-020, D-73: a declared stake is taken from nobody; the rent is, day by day")
    func stake() throws {
        var scene = try MarketScene()
        try scene.say(Trade.request(copies: 1, stake: 300_000), by: 1, at: 0)
        try scene.say(Trade.accept(), by: 2, at: 1)
        try scene.say(try Trade.assign([2]), by: 1, at: 2)
        try scene.say(Trade.receive(), by: 2, at: 3)
        scene.wait(until: Self.day - 1)
        #expect(try scene.direct(1) == 500_000)
        scene.wait(until: 2 * Self.day)
        #expect(try scene.direct(1) == 500_000 - 2 * Trade.rent.millionths)
    }

    @Test("R-06-077, R-06-078: what a notice says of amounts and providers changes nothing")
    func notices() throws {
        func findings(_ amount: Int64, to people: [Int]) throws -> [StorageFact] {
            var scene = try MarketScene()
            try scene.deliver()
            try scene.say(try Trade.result(1, of: 2), by: 3, at: Self.hour)
            scene.wait(until: Self.day)
            let notice = RentPayment(
                contentHash: Trade.content(),
                billingCycle: 1,
                amount: FixedPoint(millionths: amount),
                providers: try people.map { person in
                    RentPayment.Share(
                        nodeID: try Trade.person(person),
                        amount: FixedPoint(millionths: amount)
                    )
                }
            )
            try scene.say(Draft(notice), by: 1, at: Self.day + 1)
            scene.wait(until: 2 * Self.day + Self.hour)
            return scene.findings
        }
        let right = try findings(Trade.rent.millionths, to: [2, 3, 4])
        #expect(right.count == 3)
        #expect(try findings(499_999, to: [9]) == right)
        #expect(try findings(0, to: []) == right)
    }

    @Test("R-12-022: what a node was away for costs nothing in its ledger")
    func away() throws {
        var scene = try MarketScene()
        try scene.deliver()
        scene.wait(until: Self.day)
        scene.restart(at: 5 * Self.day + Self.hour)
        let begun = scene.findings.compactMap { finding -> Int64? in
            if case .rentHeld(let cycle, _, _) = finding { cycle.number } else { nil }
        }
        #expect(begun == [1, 5])
    }

    @Test("a node that has not caught up decides nothing for an hour")
    func catchingUp() throws {
        var scene = try MarketScene(catchesUp: false)
        try scene.deliver()
        scene.restart(at: Self.day + Self.hour, catchesUp: false)
        scene.wait(until: Self.day + 2 * Self.hour - 1)
        #expect(scene.findings.isEmpty)
        scene.wait(until: Self.day + 2 * Self.hour)
        #expect(try scene.findings == [self.held(1)])
    }

    @Test("a question that nobody answers is asked again a minute later")
    func silence() throws {
        var scene = try MarketScene()
        try scene.deliver()
        scene.isAnswered = false
        scene.wait(until: Self.day + 2 * Trade.minute)
        #expect(scene.questions == 3 && scene.findings.isEmpty)
        scene.isAnswered = true
        scene.wait(until: Self.day + 3 * Trade.minute)
        #expect(try scene.findings == [self.held(1)])
    }

    @Test("R-06-083, R-06-084, D-78: three endorsements free the cycles that begin during the vote")
    func exempt() throws {
        var scene = try MarketScene()
        try scene.deliver()
        let deadline = 4 * Self.day + Self.hour
        let proposal = try scene.say(Trade.propose(until: deadline), by: 6, at: Self.hour).message
            .id
        // The author's and the uploader's own votes do not count.
        for voter in [1, 6, 7, 8] {
            try scene.say(.vote("endorse", on: proposal), by: voter, at: 2 * Self.hour)
        }
        scene.wait(until: Self.day + Self.hour)
        #expect(try scene.findings == [self.held(1)])
        try scene.say(.vote("endorse", on: proposal), by: 9, at: Self.day + 2 * Self.hour)
        scene.wait(until: 6 * Self.day)
        let begun = scene.findings.compactMap { finding -> Int64? in
            if case .rentHeld(let cycle, _, _) = finding { cycle.number } else { nil }
        }
        #expect(begun == [1, 5, 6])
        // Who held copies during the vote is in the log.
        let holders = try #require(scene.books.contract(at: deadline)).holders.map(\.identity)
        #expect(scene.findings.contains(.copiesHeld(proposal: proposal, providers: holders)))
    }

    @Test("R-06-101: no rent accrues after a withdrawal")
    func withdrawn() throws {
        var scene = try MarketScene()
        try scene.deliver()
        try scene.say(Trade.withdraw(after: 2 * Self.day), by: 1, at: Self.hour)
        try scene.say(Trade.notice(1), by: 1, at: Self.day + 1)
        scene.wait(until: 9 * Self.day)
        #expect(try scene.findings.first == self.held(1))
        #expect(self.settled(scene.findings) == [self.cycle(1)])
        #expect(scene.findings.count == 2)
    }

    @Test("D-63: the rate in force when a cycle begins counts")
    func rate() throws {
        var books = MarketBooks()
        try books.deliver()
        #expect(books.rate(at: Trade.at(0)) == FixedPoint(millionths: 32_000))
        let change = DecisionFact(
            on: .named("change"),
            author: try Trade.person(1),
            effectiveAt: Trade.at(Self.day),
            resolution: Propose.Resolution(kind: .parameter, name: "base_rent", value: 64_000)
        )
        books.logged(change.fact(recordedAt: Trade.at(1)))
        #expect(books.rate(at: Trade.at(Self.day - 1)) == FixedPoint(millionths: 32_000))
        #expect(books.rate(at: Trade.at(Self.day)) == FixedPoint(millionths: 64_000))
        let due = books.due(on: Trade.content(), at: Trade.at(Self.day))
        let amount = FixedPoint(millionths: 671)
        #expect(try due == [.begin(self.cycle(1), payer: Trade.person(1), amount: amount)])
    }

    @Test("R-06-092, D-65: announcing a hand-over costs a holder a fee that nobody gets")
    func fee() throws {
        var scene = try MarketScene()
        let everything = scene.everything
        try scene.deliver()
        let transfer = try scene.say(try Trade.transfer(to: 7), by: 2, at: Self.hour).message.id
        #expect(try scene.findings == [.transferFee(transfer, payer: Trade.person(2))])
        try scene.say(try Trade.transfer(to: 7), by: 8, at: Self.hour)
        #expect(scene.findings.count == 1)
        #expect(try scene.direct(2) == 500_000 - 200)
        #expect(scene.everything == everything - 200)
    }

    @Test(
        "T10, R-06-050, D-66: over random weeks rent is moved, and none is created",
        arguments: 1...6
    )
    func conserved(seed: UInt64) throws {
        var chance = HistoryGenerator(seed: seed)
        var scene = try MarketScene(scores: [1: 101_500, 2: 999_900])
        let everything = scene.everything
        let contents = [Trade.content(0), Trade.content(1)]
        for content in contents { try scene.deliver(of: content) }
        var number = 0
        for day in 0..<20 as Range<Int64> {
            for content in contents {
                for person in 1...4 {
                    let provider = Int.random(in: 2...4, using: &chance)
                    number += 1
                    let isGiven = provider != person && Bool.random(using: &chance)
                    if isGiven {
                        try scene.say(
                            try Trade.result(number, of: provider, on: content),
                            by: person,
                            at: day * Self.day + Self.hour + Int64(number)
                        )
                    }
                }
                if Int.random(in: 0..<4, using: &chance) > 0 {
                    let notice = Trade.notice(day, of: content)
                    try scene.say(notice, by: 1, at: day * Self.day + 2 * Self.hour)
                }
            }
            #expect(scene.everything == everything)
        }
        #expect(!self.settled(scene.findings).isEmpty)
        #expect(scene.replayed.status().digest == scene.machine.status().digest)
    }

    @Test("§4, ADR 0005: a replay gives the state of the live node")
    func replay() throws {
        var scene = try MarketScene()
        try scene.deliver()
        try scene.say(try Trade.result(1, of: 2, .fail), by: 3, at: Self.hour)
        try scene.say(try Trade.result(2, of: 2, .fail), by: 4, at: 2 * Self.hour)
        try scene.take(Trade.link(2, 20, at: 3 * Self.hour))
        try scene.say(try Trade.transfer(to: 7), by: 3, at: 4 * Self.hour)
        for number in 1...9 as ClosedRange<Int64> where number != 3 {
            try scene.say(Trade.notice(number), by: 1, at: number * Self.day + 1)
        }
        scene.wait(until: 12 * Self.day)
        #expect(scene.findings.count > 10)
        #expect(scene.replayed.status().digest == scene.machine.status().digest)
    }
}

extension MarketScene {
    /// The books, folded anew from the log.
    var books: MarketBooks {
        var books = MarketBooks()
        for entry in self.log {
            switch entry {
            case .message(let admitted):
                books.logged(admitted)
                books.apply(admitted)
            case .fact(let fact): books.logged(fact)
            }
        }
        return books
    }
}
