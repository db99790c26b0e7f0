import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§9 Velocity limits and bounds")
struct AccountTests {
    private func amount(_ millionths: Int64) -> FixedPoint { FixedPoint(millionths: millionths) }

    private func account(_ millionths: Int64) -> Account {
        Account(direct: self.amount(millionths), isFounder: true)
    }

    @Test("R-09-028: a gain above the daily cap is cut to 0.02")
    func daily() {
        var account = self.account(500_000)
        let first = account.gain(self.amount(15_000), at: Fixture.at(0), cause: "a")
        let second = account.gain(self.amount(15_000), at: Fixture.at(1), cause: "b")
        let third = account.gain(self.amount(1), at: Fixture.at(2), cause: "c")
        #expect([first, second, third].map(\.millionths) == [15_000, 5_000, 0])
        #expect(account.direct.millionths == 520_000)
        #expect(account.history.count == 2)
        let tomorrow = account.gain(self.amount(15_000), at: Fixture.at(Fixture.day), cause: "d")
        #expect(tomorrow.millionths == 15_000)
    }

    @Test("R-03-018: whoever passes messages on neither pays for it nor earns by it")
    func relaying() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000, 3: 500_000])
        for number in 0..<50 as Range<Int64> {
            let message = try Fixture.proposal(by: 1, at: number).message
            for relay in [3, 4] {
                let origin = Origin.gossip(
                    relay: try Fixture.person(relay),
                    topic: .proposals,
                    ticket: 0
                )
                ledger.logged(message.admitted(from: origin))
            }
        }
        #expect(try ledger.direct(3) == 500_000)
        #expect(ledger.ledger.account(of: try Fixture.person(4)) == nil)
    }

    @Test("R-09-029, D-41: a day and the six before it give 0.08 at most")
    func weekly() {
        var account = self.account(500_000)
        let gains = (0..<9).map { day in
            account.gain(self.amount(20_000), at: Fixture.at(day * Fixture.day), cause: "")
        }
        #expect(
            gains.map(\.millionths) == [20_000, 20_000, 20_000, 20_000, 0, 0, 0, 20_000, 20_000]
        )
    }

    @Test("R-09-029, D-41: no seven days give more, whichever of their days was booked first")
    func weeklyInEveryOrder() {
        for days in permutations([7, 8, 9, 10, 11] as [Int64]) {
            var account = self.account(500_000)
            let gains = days.map { day in
                account.gain(self.amount(20_000), at: Fixture.at(day * Fixture.day), cause: "")
            }
            #expect(gains.map(\.millionths) == [20_000, 20_000, 20_000, 20_000, 0])
        }
        var account = self.account(500_000)
        for day in [4, 8, 0, 14] as [Int64] {
            account.gain(self.amount(20_000), at: Fixture.at(day * Fixture.day), cause: "")
        }
        let between = [5, 6, 7, 10].map { day in
            account.gain(self.amount(20_000), at: Fixture.at(day * Fixture.day), cause: "")
        }
        // Days 4 to 8 are full then; day 14 counts for those behind them.
        #expect(between.map(\.millionths) == [20_000, 20_000, 0, 0])
    }

    @Test("D-41: the day is that of the message, not of its arrival")
    func byTimestamp() {
        var account = self.account(500_000)
        let later = account.gain(self.amount(20_000), at: Fixture.at(Fixture.day), cause: "")
        let earlier = account.gain(self.amount(20_000), at: Fixture.at(0), cause: "")
        let again = account.gain(self.amount(20_000), at: Fixture.at(Fixture.day), cause: "")
        #expect([later, earlier, again].map(\.millionths) == [20_000, 20_000, 0])
    }

    @Test("R-09-030: up to 0.2 gains are free; only the part above is limited")
    func boundary() {
        var account = self.account(150_000)
        let gain = account.gain(self.amount(100_000), at: Fixture.at(0), cause: "")
        #expect(gain.millionths == 70_000)
        #expect(account.direct.millionths == 220_000)
        var low = self.account(100_000)
        let free = low.gain(self.amount(100_000), at: Fixture.at(0), cause: "")
        #expect(free.millionths == 100_000)
    }

    @Test("BOUNDS-02: nothing rises above 1; BOUNDS-03: losses end at the floor of 0.1")
    func bounds() {
        var high = self.account(995_000)
        let gain = high.gain(self.amount(20_000), at: Fixture.at(0), cause: "")
        #expect(gain.millionths == 5_000 && high.direct == .one)
        var low = self.account(150_000)
        low.lose(self.amount(100_000), at: Fixture.at(0), cause: "")
        #expect(low.direct.millionths == 100_000)
        low.lose(self.amount(1), at: Fixture.at(1), cause: "")
        #expect(low.direct.millionths == 100_000)
        #expect(low.history.map(\.changeMillionths) == [-50_000])
    }

    @Test("D-41: losses give no room back")
    func losses() {
        var account = self.account(500_000)
        account.gain(self.amount(20_000), at: Fixture.at(0), cause: "")
        account.lose(self.amount(20_000), at: Fixture.at(1), cause: "")
        let again = account.gain(self.amount(20_000), at: Fixture.at(2), cause: "")
        #expect(again == .zero)
        #expect(account.direct.millionths == 500_000)
    }

    @Test("D-85: a ban forfeits everything, below the floor")
    func forfeit() {
        var account = self.account(700_000)
        account.forfeit(at: Fixture.at(0), cause: "ban")
        #expect(account.direct == .zero)
    }

    @Test("every change is explained, and the explanation is bounded")
    func history() {
        var account = self.account(500_000)
        for number in 0..<(ReputationLimits.historyMax + 5) {
            let time = Fixture.at(Int64(number) * Fixture.day)
            account.gain(self.amount(1), at: time, cause: "\(number)")
        }
        #expect(account.history.count == ReputationLimits.historyMax)
        #expect(account.history.first?.changeMillionths == 6)
        #expect(account.history.first?.at == Fixture.at(5 * Fixture.day))
        #expect(account.history.dropFirst().first?.cause == "6")
        #expect(account.history.last?.after == account.direct)
    }

    @Test("D-48: what is explained no more still counts for the past, in whatever order it came")
    func longHistory() {
        let count = Int64(ReputationLimits.historyMax) + 5
        let scattered = (0..<count).map { $0 * 7 % count }
        for days in [Array(0..<count), (0..<count).reversed(), scattered] {
            var account = self.account(500_000)
            for day in days {
                account.lose(self.amount(1 + day % 3), at: Fixture.at(day * Fixture.day), cause: "")
            }
            #expect(account.history.count == ReputationLimits.historyMax)
            #expect(account.direct(at: Fixture.at(-1)).millionths == 500_000)
            for day in [5, 6, 7, 500, count - 1] as [Int64] {
                let lost = (0...day).map { 1 + $0 % 3 }.reduce(0, +)
                let then = account.direct(at: Fixture.at(day * Fixture.day))
                #expect(then.millionths == 500_000 - lost)
            }
        }
    }

    @Test("R-09-034: a type is observed once an hour; six observations cap the own weight at 0.6")
    func observations() {
        var observed = IdentityObservations()
        #expect(observed.alpha == 0)
        observed.note(.vote, Fixture.id(1), at: Fixture.at(0))
        observed.note(.vote, Fixture.id(2), at: Fixture.at(Fixture.hour - 1))
        observed.note(.adopt, Fixture.id(3), at: Fixture.at(1))
        #expect(observed.count == 2)
        #expect(observed.alpha == 200_000)
        for hour in 1...10 {
            observed.note(.vote, Fixture.id(hour + 3), at: Fixture.at(Int64(hour) * Fixture.hour))
        }
        #expect(observed.count == 12)
        #expect(observed.alpha == 600_000)
        #expect(observed.alpha(at: Fixture.at(Fixture.hour)) == 300_000)
    }
}
