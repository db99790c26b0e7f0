import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Reputation

extension Bookkeeping {
    /// Logs a finding of the storage market.
    mutating func logged(_ finding: StorageFact, at offset: Int64) {
        self.logged(finding.fact(recordedAt: Fixture.at(offset)))
    }

    /// All reputation there is: in accounts and held for rent, in millionths.
    var everything: Int64 {
        self.ledger.accounts.values.reduce(self.storage.rents.total.millionths) {
            $0 + $1.direct.millionths
        }
    }
}

@Suite("§6 Rent")
struct RentTests {
    private static let cycle = RentCycle(content: Fixture.content, number: 3)

    private func amount(_ millionths: Int64) -> FixedPoint { FixedPoint(millionths: millionths) }

    private func work(
        required: Int64 = 10,
        providers: [(person: Int, passed: Int64)],
        validators: [(person: Int, weight: Int64)] = []
    ) throws -> RentWork {
        RentWork(
            required: required,
            providers: try providers.map {
                RentWork.Share(identity: try Fixture.person($0.person), count: $0.passed)
            },
            validators: try validators.map {
                RentWork.Share(identity: try Fixture.person($0.person), count: $0.weight)
            }
        )
    }

    @Test(
        "R-06-055, R-09-011, VALIDATOR-N02 to N09: rent goes to who passed challenges and to who made them",
        arguments: [
            (1, [10, 10, 10], [1], [0, 0, 0], [1]), (7, [10], [1, 1], [5], [1, 1]),
            (1_000, [10, 0, 3], [2, 1, 1], [266, 0, 79], [100, 50, 50]),
            (1_000, [12, 11, 10], [1, 2], [266, 266, 266], [66, 133]),
            (1_000, [9, 10], [], [360, 400], []),
            (
                999, [10, 10, 10, 10, 10], [3, 3, 3, 1], [159, 159, 159, 159, 159],
                [60, 60, 60, 20]
            ),
            (0, [10], [1], [0], [0]),
            (
                3_200, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [51, 102, 153, 204, 256],
                [213, 170, 128, 85, 42]
            ),
        ] as [(Int64, [Int64], [Int64], [Int64], [Int64])]
    )
    func split(
        rent: Int64,
        passed: [Int64],
        weights: [Int64],
        providers: [Int64],
        validators: [Int64]
    ) throws {
        let work = try self.work(
            providers: passed.enumerated().map { (person: 1 + $0.offset, passed: $0.element) },
            validators: weights.enumerated().map { (person: 11 + $0.offset, weight: $0.element) }
        )
        let shares = work.shares(of: self.amount(rent)).map(\.amount.millionths)
        #expect(shares == providers + validators)
    }

    @Test("D-81: hostile counts end in no trap and never share out more than there is")
    func hostile() throws {
        let work = try self.work(
            required: .min,
            providers: [(1, .max), (2, .min)],
            validators: [(3, .max), (4, .max), (5, .min)]
        )
        let shares = work.shares(of: self.amount(1_000)).map(\.amount.millionths)
        #expect(shares.reduce(0, +) <= 1_000 && shares.allSatisfy { $0 >= 0 })
    }

    @Test("R-09-011, D-66: rent is moved, none is created; what nobody earned goes back")
    func conserved() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000, 2: 300_000, 3: 999_900, 4: 400_000])
        let before = ledger.everything
        let payer = try Fixture.person(1)
        ledger.logged(.rentHeld(Self.cycle, payer: payer, amount: self.amount(10_000)), at: 0)
        #expect(try ledger.direct(1) == 490_000)
        #expect(ledger.everything == before)
        let work = try self.work(providers: [(2, 10), (3, 5)], validators: [(4, 1)])
        ledger.logged(.rentSettled(Self.cycle, work), at: Fixture.day)
        // Of 4,000 a provider with half of its passes is due 2,000, of which the cap leaves 100.
        let scores = try (1...4).map { try ledger.direct($0) }
        #expect(scores == [493_900, 304_000, 1_000_000, 402_000])
        #expect(ledger.everything == before)
        let causes = ledger.history(of: payer).entries.map(\.cause)
        #expect(causes == ["rent of \(Self.cycle)", "rent of \(Self.cycle), returned"])
        // A cycle is settled once, and one that was not held not at all.
        ledger.logged(.rentSettled(Self.cycle, work), at: Fixture.day)
        let other = RentCycle(content: Fixture.content, number: 4)
        ledger.logged(.rentSettled(other, work), at: Fixture.day)
        #expect(ledger.everything == before)
    }

    @Test("D-66: a payer must keep the floor, or it pays nothing; a cycle is held once")
    func floor() throws {
        var ledger = try Fixture.ledger(founders: [1: 150_000])
        let payer = try Fixture.person(1)
        ledger.logged(.rentHeld(Self.cycle, payer: payer, amount: self.amount(50_001)), at: 0)
        #expect(try ledger.direct(1) == 150_000)
        ledger.logged(.rentHeld(Self.cycle, payer: payer, amount: self.amount(20_000)), at: 0)
        ledger.logged(.rentHeld(Self.cycle, payer: payer, amount: self.amount(20_000)), at: 1)
        ledger.logged(.rentHeld(Self.cycle, payer: payer, amount: self.amount(-20_000)), at: 2)
        #expect(try ledger.direct(1) == 130_000)
    }

    @Test("D-40: rent is dampened by the receiver's keys, and nobody pays oneself")
    func dampened() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        ledger.logged(try Fixture.link(1, 5))
        ledger.logged(try Fixture.link(2, 6))
        let payer = try Fixture.person(1)
        ledger.logged(.rentHeld(Self.cycle, payer: payer, amount: self.amount(2_500)), at: 0)
        let work = try self.work(providers: [(5, 10), (2, 10)])
        ledger.logged(.rentSettled(Self.cycle, work), at: Fixture.day)
        #expect(try ledger.direct(2) == 200_594)
        #expect(try ledger.direct(1) == 500_000 - 594)
    }

    @Test("D-66: over random cycles the sum of all scores and all that is held never changes")
    func random() throws {
        var generator = HistoryGenerator(seed: 66)
        let founders = (0..<8).map {
            ($0, Int64.random(in: 100_000...1_000_000, using: &generator))
        }
        var ledger = try Fixture.ledger(founders: Dictionary(uniqueKeysWithValues: founders))
        ledger.logged(try Fixture.link(1, 8))
        let before = ledger.everything
        for number in 0..<300 as Range<Int64> {
            let cycle = RentCycle(content: Fixture.content, number: number)
            let payer = try Fixture.person(Int.random(in: 0..<8, using: &generator))
            let rent = self.amount(Int64.random(in: 0...30_000, using: &generator))
            let at = number * Fixture.hour
            ledger.logged(.rentHeld(cycle, payer: payer, amount: rent), at: at)
            let work = try self.work(
                providers: (0..<3).map { _ in
                    (
                        person: Int.random(in: 0..<9, using: &generator),
                        passed: Int64.random(in: 0...12, using: &generator)
                    )
                },
                validators: [(person: Int.random(in: 0..<9, using: &generator), weight: 2)]
            )
            ledger.logged(.rentSettled(cycle, work), at: at + Fixture.day)
            #expect(ledger.everything == before)
        }
    }

    @Test("R-06-085, R-09-012: who held copies during the vote shares 30 percent of each reward")
    func providers() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(proposal)
        ledger.logged(try Fixture.adoption(of: proposal, by: 8))
        #expect(try ledger.direct(1) == 305_000)
        let holders = [try Fixture.person(2), try Fixture.person(3)]
        ledger.logged(.copiesHeld(proposal: proposal.message.id, providers: holders), at: 0)
        // Another word changes nothing, or the parts of earlier adoptions would not add up.
        ledger.logged(.copiesHeld(proposal: proposal.message.id, providers: []), at: 0)
        ledger.logged(try Fixture.adoption(of: proposal, by: 9))
        #expect(try (1...3).map { try ledger.direct($0) } == [308_500, 200_750, 200_750])
        let entries = ledger.history(of: try Fixture.person(2)).entries
        #expect(entries.last?.cause.hasSuffix("as provider") == true)
    }
}

@Suite("§9 Failed storage challenges")
struct StorageFailureTests {
    @Test(
        "R-09-014, R-09-021, R-16-063, CONTENT-S01 to S05: failures cost more each, 0.01 for four"
    )
    func escalating() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        let failure = StorageFact.challengeFailed(
            provider: try Fixture.person(1),
            content: Fixture.content
        )
        var left: [Int64] = []
        for day in 0..<5 as Range<Int64> {
            ledger.logged(failure, at: day * Fixture.day)
            // One power cut fails many challenges and counts once (D-64).
            ledger.logged(failure, at: day * Fixture.day + Fixture.day - 1)
            left.append(try ledger.direct(1))
        }
        #expect(left == [499_000, 497_000, 494_000, 490_000, 486_000])
        let last = ledger.history(of: try Fixture.person(1)).entries.last?.cause
        #expect(
            last == "failed storage challenge on \(Fixture.content), number 5 in seven days"
        )
    }

    @Test(
        "R-09-022, CONTENT-W*: a failure leaves the window seven days after it",
        arguments: [
            ([0, 2, 4], 6, 3), ([0, 2, 4], 7, 2), ([0, 2, 4], 9, 1), ([0, 2, 4], 11, 0),
            ([0], 7, 0),
        ] as [([Int64], Int64, Int)]
    )
    func window(days: [Int64], now: Int64, count: Int) {
        var failures = StorageFailures(.standard)
        for day in days { _ = failures.failed(at: Fixture.at(day * Fixture.day)) }
        #expect(failures.count(at: Fixture.at(now * Fixture.day)) == count)
    }

    @Test("in a network with short days a failure leaves the window after seven of them")
    func shortDays() throws {
        let calendar = try #require(MarketCalendar(daySeconds: 60))
        var failures = StorageFailures(calendar)
        #expect(failures.failed(at: Fixture.at(0)) != nil)
        #expect(failures.failed(at: Fixture.at(59_999)) == nil, "it counts once in a day")
        #expect(failures.failed(at: Fixture.at(60_000)) != nil)
        #expect(failures.count(at: Fixture.at(419_999)) == 2)
        #expect(failures.count(at: Fixture.at(420_000)) == 1)
    }

    @Test("R-09-022: after a week of passed challenges the next failure is small again")
    func cleared() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        let failure = StorageFact.challengeFailed(
            provider: try Fixture.person(1),
            content: Fixture.content
        )
        for day in [0, 1, 2, 9] as [Int64] { ledger.logged(failure, at: day * Fixture.day) }
        #expect(try ledger.direct(1) == 500_000 - 1_000 - 2_000 - 3_000 - 1_000)
    }

    @Test("R-01-047: failures of two keys of one identity escalate together, undampened")
    func keys() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        for (number, key) in [1, 2].enumerated() {
            if key == 2 { ledger.logged(try Fixture.link(1, 2)) }
            let failure = StorageFact.challengeFailed(
                provider: try Fixture.person(key),
                content: Fixture.content
            )
            ledger.logged(failure, at: Int64(number) * Fixture.day)
        }
        #expect(try ledger.direct(1) == 497_000)
    }

    @Test("R-06-031, REP-E11: taking a copy and not keeping it costs 0.002")
    func abandoned() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        let provider = try Fixture.person(1)
        ledger.logged(.copyAbandoned(provider: provider, content: Fixture.content), at: 0)
        #expect(try ledger.direct(1) == 498_000)
    }

    @Test("D-64: fifty copies that were not kept cost what one does, whoever asked for them")
    func abandonedTogether() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        let provider = try Fixture.person(1)
        let abandoned = StorageFact.copyAbandoned(provider: provider, content: Fixture.content)
        let failed = StorageFact.challengeFailed(provider: provider, content: Fixture.content)
        for number in 0..<50 as Range<Int64> { ledger.logged(abandoned, at: number * 60_000) }
        #expect(try ledger.direct(1) == 498_000)
        // Neither kind counts within a day of the other.
        ledger.logged(failed, at: 60 * 60_000)
        #expect(try ledger.direct(1) == 498_000)
        ledger.logged(failed, at: Fixture.day)
        #expect(try ledger.direct(1) == 496_000, "the second in seven days")
        ledger.logged(abandoned, at: Fixture.day + 60_000)
        #expect(try ledger.direct(1) == 496_000)
        ledger.logged(abandoned, at: 2 * Fixture.day)
        #expect(try ledger.direct(1) == 493_000, "the third in seven days")
        ledger.logged(abandoned, at: 10 * Fixture.day)
        #expect(try ledger.direct(1) == 491_000)
    }

    @Test("findings are read from the log as they were written, and nobody else's are")
    func facts() throws {
        let cycle = RentCycle(content: Fixture.content, number: 7)
        let person = try Fixture.person(1)
        let share = RentWork.Share(identity: person, count: 3)
        let findings: [StorageFact] = [
            .rentHeld(cycle, payer: person, amount: FixedPoint(millionths: 320)),
            .rentSettled(cycle, RentWork(required: 10, providers: [share], validators: [share])),
            .challengeFailed(provider: person, content: Fixture.content),
            .copyAbandoned(provider: person, content: Fixture.content),
            .copiesHeld(proposal: Fixture.id(1), providers: [person]),
        ]
        for finding in findings {
            let fact = finding.fact(recordedAt: Fixture.at(0))
            #expect(StorageFact(fact) == finding)
            let foreign = LocalFact(
                owner: .consensus,
                kind: fact.kind,
                body: fact.body,
                recordedAt: fact.recordedAt
            )
            #expect(StorageFact(foreign) == nil)
        }
    }
}
