import Messages
import Primitives
import Testing

@testable import Reputation

@Suite("§5, §9 What a node counts of itself")
struct OwnTests {
    private static let minute: Int64 = 60_000

    /// This node hears somebody, and records that it is there.
    private func presence(_ ledger: inout Bookkeeping, at offset: Int64) throws
        -> LocalFact?
    {
        ledger.announced(try Fixture.announcement(by: 1, at: offset))
        return ledger.presenceFact(now: Fixture.at(offset))
    }

    /// Answers a peer and logs what there is to log.
    private func serve(
        _ ledger: inout Bookkeeping,
        _ peer: Int,
        messages: Int = 1,
        at offset: Int64
    ) throws {
        let answered = SyncAnswered(peer: try Fixture.person(peer), messages: messages)
        let fact = ledger.serviceFact(answered, now: Fixture.at(offset))
        if let fact { ledger.logged(fact) }
    }

    @Test("D-37, D-51: the own ledger counts twenty hours of the own announcements as a day")
    func uptime() throws {
        var ledger = try Fixture.ledger()
        for quarter in 0..<96 as Range<Int64> {
            let fact = try self.presence(&ledger, at: quarter * 15 * Self.minute)
            #expect((fact != nil) == (quarter % 4 == 0))
            if let fact { ledger.logged(fact) }
            if quarter == 75 { #expect(try ledger.direct(0) == 200_000) }
        }
        #expect(try ledger.direct(0) == 201_000)
        // Others observe an announcement an hour, so the own score is the ledger's.
        #expect(ledger.status().ownScore.millionths == 201_000)
        let entries = ledger.history(of: try Fixture.person(0)).entries
        #expect(entries.map(\.cause) == ["uptime of a day"])
    }

    @Test("D-37: a node that hears nobody is seen by nobody, and lets nobody fall silent")
    func alone() throws {
        var ledger = try Fixture.ledger()
        let fact = ledger.presenceFact(now: Fixture.at(0))
        #expect(fact == nil)
        var other = try Fixture.ledger(founders: [1: 500_000])
        other.logged(try Fixture.announcement(by: 1, at: 0))
        for hour in 0..<(40 * 24) as Range<Int64> {
            other.logged(OwnFact.present.fact(recordedAt: Fixture.at(hour * Fixture.hour)))
        }
        #expect(try other.direct(1) == 500_000)
    }

    @Test(
        "R-05-112, R-05-113, R-16-157, SYNC-19*: an answer counts once a peer and quarter of an hour",
        arguments: [
            ([("X", 0, 1), ("X", 14, 1)], 1, false),
            ([("X", 0, 1), ("Y", 5, 1), ("Z", 10, 1)], 3, true),
            ([("X", 0, 1), ("Y", 5, 1)], 2, false), ([("X", 0, 0)], 0, false),
            ([("X", 0, 1), ("X", 15, 1)], 2, false),
            ([("X", 0, 1), ("Y", 1, 1), ("Z", 2, 0)], 2, false),
        ] as [([(String, Int64, Int)], Int, Bool)]
    )
    func service(served: [(String, Int64, Int)], counted: Int, qualifies: Bool) throws {
        var ledger = try Fixture.ledger()
        let people = ["X": 1, "Y": 2, "Z": 3]
        for (peer, minute, messages) in served {
            let person = try #require(people[peer])
            try self.serve(&ledger, person, messages: messages, at: minute * Self.minute)
        }
        #expect(ledger.own.service.counted == counted)
        #expect(ledger.own.service.qualifies(at: Fixture.at(20 * Self.minute)) == qualifies)
    }

    @Test("R-05-113: the three peers are of the last 24 hours, and own devices are no peers")
    func peers() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Fixture.link(0, 4))
        ledger.logged(try Fixture.link(2, 5))
        for (peer, hour) in [(1, 0), (2, 1), (4, 2), (5, 2), (3, 24)] as [(Int, Int64)] {
            try self.serve(&ledger, peer, at: hour * Fixture.hour)
        }
        // Person 5 is person 2, whose answer counted an hour before; the first one is a day old.
        #expect(ledger.own.service.counted == 4)
        #expect(!ledger.own.service.qualifies(at: Fixture.at(24 * Fixture.hour)))
        try self.serve(&ledger, 1, at: 24 * Fixture.hour)
        #expect(ledger.own.service.qualifies(at: Fixture.at(24 * Fixture.hour)))
    }

    @Test("R-05-112, D-37: serving three peers makes an hour present; it adds no reward of its own")
    func servedDay() throws {
        var ledger = try Fixture.ledger()
        for hour in 0..<20 as Range<Int64> {
            for peer in 1...3 { try self.serve(&ledger, peer, at: hour * Fixture.hour) }
            if hour < 19 { #expect(try ledger.direct(0) == 200_000) }
        }
        #expect(try ledger.direct(0) == 201_000)
        for hour in 0..<24 as Range<Int64> {
            ledger.logged(OwnFact.present.fact(recordedAt: Fixture.at(hour * Fixture.hour)))
        }
        #expect(try ledger.direct(0) == 201_000)
        var two = try Fixture.ledger()
        for hour in 0..<24 as Range<Int64> {
            for peer in 1...2 { try self.serve(&two, peer, at: hour * Fixture.hour) }
        }
        #expect(try two.direct(0) == 200_000)
    }

    @Test("R-05-112, D-43: serving breaks the own silence; serving too few does not")
    func silence() throws {
        for (peers, days) in [(3, 0), (2, 40)] {
            var ledger = try Fixture.ledger()
            ledger.logged(OwnFact.present.fact(recordedAt: Fixture.at(0)))
            ledger.watch(days: 0..<40)
            for peer in 1...peers { try self.serve(&ledger, peer, at: 40 * Fixture.day) }
            let account = try #require(ledger.ledger.account(of: try Fixture.person(0)))
            #expect(ledger.ledger.silentDays(of: account) == max(0, days - 1))
        }
    }

    @Test("a fact that was recorded twice counts once")
    func twice() throws {
        var ledger = try Fixture.ledger()
        let answered = SyncAnswered(peer: try Fixture.person(1), messages: 1)
        let facts = [0, 1].compactMap { ledger.serviceFact(answered, now: Fixture.at($0)) }
        #expect(facts.count == 2)
        for fact in facts { ledger.logged(fact) }
        #expect(ledger.own.service.counted == 1)
    }
}
