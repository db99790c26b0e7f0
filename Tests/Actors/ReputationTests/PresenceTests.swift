import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§9 Uptime and silence")
struct PresenceTests {
    private func announce(
        _ ledger: inout Bookkeeping,
        _ person: Int,
        day: Int64,
        hours: Range<Int64>
    ) throws {
        for hour in hours {
            let at = day * Fixture.day + hour * Fixture.hour
            ledger.logged(try Fixture.announcement(by: person, at: at))
        }
    }

    @Test("D-37: a UTC day counts with announcements in 20 of its hours, and earns 0.001 once")
    func uptime() throws {
        var ledger = try Fixture.ledger()
        try self.announce(&ledger, 1, day: 0, hours: 0..<19)
        #expect(try ledger.direct(1) == 200_000)
        try self.announce(&ledger, 1, day: 0, hours: 19..<24)
        #expect(try ledger.direct(1) == 201_000)
        try self.announce(&ledger, 1, day: 1, hours: 4..<24)
        #expect(try ledger.direct(1) == 202_000)
        let causes = ledger.history(of: try Fixture.person(1)).entries.map(\.cause)
        #expect(causes == ["uptime of a day", "uptime of a day"])
    }

    @Test(
        "D-36, D-37, D-61: what a day earns is the network's number, and a ratified one from then on"
    )
    func reward() throws {
        var ledger = try Fixture.ledger {
            $0.parameters.set(.uptimeReward, FixedPoint(millionths: 333))
        }
        try self.announce(&ledger, 1, day: 0, hours: 0..<20)
        #expect(try ledger.direct(1) == 200_333)
        let change = Propose.Resolution(kind: .parameter, name: "uptime_reward", value: 2_000)
        ledger.logged(
            try Fixture.decision(
                on: Fixture.id(1),
                .ratified,
                resolution: change,
                effectiveAt: 2 * Fixture.day
            )
        )
        try self.announce(&ledger, 1, day: 1, hours: 0..<20)
        #expect(try ledger.direct(1) == 200_666)
        try self.announce(&ledger, 1, day: 2, hours: 0..<20)
        #expect(try ledger.direct(1) == 202_666)
    }

    @Test("D-37: the keys of an identity are there together, and are paid once, dampened")
    func keys() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Fixture.link(1, 2))
        try self.announce(&ledger, 1, day: 0, hours: 0..<12)
        try self.announce(&ledger, 2, day: 0, hours: 12..<24)
        #expect(try ledger.direct(1) == 200_594)
    }

    @Test("D-37: an announcement is seen when it arrives, not when a page of the past brings it")
    func stale() throws {
        var ledger = try Fixture.ledger()
        for hour in 0..<24 as Range<Int64> {
            ledger.logged(
                try Fixture.announcement(
                    by: 1,
                    at: hour * Fixture.hour,
                    arrival: 2 * Fixture.day
                )
            )
        }
        #expect(try ledger.direct(1) == 200_000)
    }

    @Test("R-05-115: what a page of the past brings is no observation")
    func synced() throws {
        var ledger = try Fixture.ledger()
        let draft = Draft.adoption(of: Fixture.id(1))
        ledger.logged(try Fixture.admitted(draft, by: 1, at: 0, isSync: true))
        #expect(ledger.ledger.account(of: try Fixture.person(1))?.alpha() == 0)
        ledger.logged(try Fixture.admitted(draft, by: 1, at: 1))
        #expect(ledger.ledger.account(of: try Fixture.person(1))?.alpha() == 100_000)
    }

    @Test("REP-O4, REP-O5: once for each message, type and hour")
    func observations() {
        var seen = IdentityObservations()
        seen.note(.vote, Fixture.id(1), at: Fixture.at(0))
        seen.note(.vote, Fixture.id(1), at: Fixture.at(2 * Fixture.hour))
        seen.note(.comment, Fixture.id(2), at: Fixture.at(0))
        #expect(seen.count == 1)
        seen.note(.vote, Fixture.id(3), at: Fixture.at(Fixture.hour))
        seen.note(.vote, Fixture.id(4), at: Fixture.at(Fixture.hour + 1))
        #expect(seen.count == 2)
    }

    @Test("D-43, REP-I04: from the 31st silent day 0.000667 a day, down to the floor")
    func silence() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000, 2: 100_500])
        for person in 1...2 { ledger.logged(try Fixture.announcement(by: person, at: 0)) }
        ledger.watch(days: 0..<31)
        #expect(try ledger.direct(1) == 500_000)
        ledger.watch(days: 31..<32)
        #expect(try ledger.direct(1) == 499_333)
        ledger.watch(days: 32..<91)
        #expect(try ledger.direct(1) == 500_000 - 60 * 667)
        #expect(try ledger.direct(2) == 100_000)
        let warnings = ledger.history(of: try Fixture.person(1)).warnings
        #expect(warnings.contains("silent for 90 days; each costs 0.000667"))
    }

    @Test("D-43: days that this node slept through are nobody's silence")
    func asleep() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        ledger.logged(try Fixture.announcement(by: 1, at: 0))
        ledger.watch(days: 0..<60, hours: 10)
        ledger.advance(to: Fixture.at(400 * Fixture.day))
        #expect(try ledger.direct(1) == 500_000)
    }

    @Test("R-09-017, R-01-052: any message of any key ends the silence, at its own day")
    func broken() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        ledger.logged(try Fixture.link(1, 2, at: 0))
        ledger.watch(days: 0..<40)
        let after = try ledger.direct(1)
        #expect(after == 500_000 - 9 * 667)
        // An old message of the second key, heard late, and nothing since.
        let old = try Fixture.adoption(
            of: try Fixture.proposal(by: 5),
            by: 2,
            at: 5 * Fixture.day
        )
        ledger.logged(old)
        ledger.watch(days: 40..<41)
        #expect(try ledger.direct(1) == after - 667)
        ledger.logged(try Fixture.announcement(by: 2, at: 41 * Fixture.day))
        ledger.watch(days: 41..<71)
        #expect(try ledger.direct(1) == after - 667)
    }

    @Test("who was silent for long takes no room, and who was not stays")
    func room() throws {
        var attendance = Attendance()
        let active = ReputationLimits.activeMilliseconds
        for person in 1...8 {
            attendance.announced(try Fixture.person(person), at: Timestamp(milliseconds: 0))
        }
        let later = Timestamp(milliseconds: active)
        attendance.announced(try Fixture.person(9), at: later)
        attendance.announced(try Fixture.person(10), at: later.adding(milliseconds: 1))
        let kept = try #require(Mirror(reflecting: attendance).descendant("announced"))
        #expect(Mirror(reflecting: kept).children.count == 2)
        let recent = attendance.recent(now: later.adding(milliseconds: active))
        #expect(recent == [try Fixture.person(9), try Fixture.person(10)])
    }
}
