import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

/// Where a day lasts a minute, an hour lasts 2.5 seconds (ADR 0050).
@Suite("§6 The market in a network with short days")
struct ShortDayTests {
    private static let day: Int64 = 60_000
    private static let hour: Int64 = 2_500
    private static let bytes = Fixture.artefact(20_000)
    private static let content = Fixture.hash(bytes)

    private func calendar() throws -> MarketCalendar {
        try #require(MarketCalendar(daySeconds: Self.day / 1_000))
    }

    @Test("acceptances, deliveries and grace periods end after so many short days")
    func contracts() throws {
        var books = MarketBooks(calendar: try self.calendar())
        try books.say(Trade.request(copies: 2), by: 1, at: 0)
        #expect(books.state(at: 0) == .gathering(until: Trade.at(2 * Self.day)))
        for provider in [2, 3] { try books.say(Trade.accept(), by: provider, at: 10) }
        try books.say(try Trade.assign([2, 3]), by: 1, at: 20)
        #expect(books.state(at: 20) == .delivering(until: Trade.at(20 + 7 * Self.day)))
        for provider in [2, 3] { try books.say(Trade.receive(), by: provider, at: 30) }
        let cycle = RentCycle(content: Trade.content(), number: 1)
        books.find(.rentMissed(cycle, payer: try Trade.person(1)), at: Self.day)
        #expect(books.state(at: Self.day) == .grace(until: Trade.at(8 * Self.day)))
        #expect(books.state(at: 8 * Self.day) == .decayed(at: Trade.at(8 * Self.day)))
    }

    @Test("a cycle begins with each short day, and is settled once it is over")
    func rent() throws {
        var books = MarketBooks(calendar: try self.calendar())
        try books.deliver()
        let content = Trade.content()
        let begins = Self.day
        let cycle = RentCycle(content: content, number: 1)
        let due = RentDue.begin(cycle, payer: try Trade.person(1), amount: Trade.rent)
        #expect(books.due(on: content, at: Trade.at(begins)) == [due])
        books.find(
            .rentHeld(cycle, payer: try Trade.person(1), amount: Trade.rent),
            at: begins
        )
        try books.say(Trade.notice(cycle.number), by: 1, at: begins)
        let later = begins + Self.day + Self.hour
        #expect(books.due(on: content, at: Trade.at(later)).contains(.settle(cycle)))
    }

    @Test(
        "a withdrawal is heard one short day before it has effect, and not an instant less",
        arguments: [(Self.day, false), (Self.day - 1, true)]
    )
    func withdrawal(notice: Int64, isRefused: Bool) throws {
        var books = MarketBooks(calendar: try self.calendar())
        try books.say(Trade.request(), by: 1, at: 0)
        let draft = Trade.withdraw(after: notice + 5)
        let refusal = books.take(try Trade.admitted(draft, by: 1, at: 5))
        #expect((refusal != nil) == isRefused)
    }

    @Test("a failure is confirmed within one short day, or not at all")
    func corroboration() throws {
        for (later, isCertain) in [(Self.day, true), (Self.day + 1, false)] {
            var books = MarketBooks(calendar: try self.calendar())
            try books.deliver()
            let failed = 2 * Self.hour
            try books.say(try Trade.result(1, of: 2, .fail), by: 1, at: failed)
            try books.say(try Trade.result(2, of: 2, .fail), by: 3, at: failed + later)
            let at = Trade.at(failed + later)
            let failure = books.failure(of: try Trade.person(2), on: Trade.content(), at: at)
            #expect((failure != nil) == isCertain)
        }
    }

    @Test("nodes deliver, challenge, pay and repeat as often in a short day as in a long one")
    func nodes() async throws {
        let bazaar = try Bazaar(5, try self.calendar())
        for number in 1...4 { try bazaar.offer(1_000_000, by: number) }
        try await bazaar.replicate(Self.bytes, by: 0)
        try bazaar.wait(Self.hour)
        let holders = bazaar.holders(of: Self.content)
        #expect(holders.count == 3)
        #expect(bazaar.row(Self.content, seenBy: 0)?.state == "active")
        try bazaar.wait(10 * Self.day)
        for validator in [0] + holders {
            for provider in holders where provider != validator {
                let count = self.results(of: provider, by: validator, bazaar)
                #expect((8...12).contains(count), "\(validator) on \(provider): \(count)")
            }
        }
        #expect((9...10).contains(bazaar.said(RentPayment.self).count))
    }

    private func results(of provider: Int, by validator: Int, _ bazaar: Bazaar) -> Int {
        let node = bazaar.stands[provider].node
        return bazaar.said(ChallengeResult.self).count { word in
            guard case .challengeResult(let result) = word.message.payload else { return false }
            return word.by == validator && result.challengedNode == node
        }
    }

    @Test("withdrawn copies are gone a short day and an hour later at the latest")
    func gone() async throws {
        let bazaar = try Bazaar(4, try self.calendar())
        for number in 1...3 { try bazaar.offer(1_000_000, by: number) }
        try await bazaar.replicate(Self.bytes, by: 0)
        try bazaar.wait(Self.hour)
        try bazaar.leave(Self.content, .withdraw(reason: nil), by: 0)
        try bazaar.wait(Self.day - 1)
        let copies = { bazaar.stands[1...].count { $0.blobs.bytes(of: Self.content) != nil } }
        #expect(copies() == 3, "providers keep it until then")
        try bazaar.wait(Self.hour + 2)
        #expect(copies() == 0)
    }

    @Test("SHAREs are repeated after thirty short minutes, and their hosts forgotten after 65")
    func shares() throws {
        let calendar = try self.calendar()
        var index = ContentIndex(calendar)
        let share = try Fixture.share([[1]], by: 1)
        index.add(share)
        let host = try Fixture.node(1)
        let life = 65 * Self.hour / 60
        let hash = Fixture.hash([1])
        let last = Fixture.now.adding(milliseconds: life - 1)
        #expect(index.hosts(of: hash, now: last) == [host])
        #expect(index.hosts(of: hash, now: Fixture.now.adding(milliseconds: life + 1)).isEmpty)

        var rates = ShareRates(calendar)
        for _ in 0..<10 { rates.add(host, at: Fixture.now) }
        let nearly = Fixture.now.adding(milliseconds: Self.hour - 1)
        #expect(rates.obstacle(to: host, at: nearly) != nil)
        let after = Fixture.now.adding(milliseconds: Self.hour)
        #expect(rates.obstacle(to: host, at: after) == nil)

        var duty = SharingDuty(calendar)
        duty.started(now: Fixture.now)
        let own = try Fixture.share([Fixture.described([1])], by: 1, origin: .local(nil))
        if case .share(let offer) = own.message.payload { duty.heard(offer, own, of: host) }
        #expect(duty.nextWake == Fixture.now.adding(milliseconds: 30 * Self.hour / 60))
    }
}
