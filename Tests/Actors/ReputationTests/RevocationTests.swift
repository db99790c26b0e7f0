import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§5 What a revocation leaves of flags and assessments (D-14)")
struct RevocationTests {
    /// People 1 to 4 with 0.6 in as many networks; key 5 acts for person 1; person 9 brought content.
    private static func ledger() throws -> Bookkeeping {
        var founders = Dictionary(uniqueKeysWithValues: (1...4).map { ($0, Int64(600_000)) })
        founders[9] = 500_000
        var ledger = try Fixture.ledger(founders: founders)
        for person in 1...4 {
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: person))
        }
        ledger.logged(try Fixture.share(by: 9, at: 1))
        ledger.logged(try Fixture.link(1, 5, at: 2))
        return ledger
    }

    private static func revocation(from effective: Int64) throws -> AdmittedMessage {
        let draft = Draft.revocation(
            try Fixture.person(1),
            try Fixture.person(5),
            from: Fixture.at(effective)
        )
        return try Fixture.admitted(draft, by: 1, at: 100)
    }

    @Test("C1-6, R-05-066: a flag of a revoked key counts in no order, and its stake comes back")
    func flag() throws {
        let flag = try Fixture.flag(.illegal, by: 5, at: 50)
        for effective in [40, 60] as [Int64] {
            var ends: Set<String> = []
            for order in permutations([flag, try Self.revocation(from: effective)]) {
                var ledger = try Self.ledger()
                for message in order { ledger.logged(message) }
                let isValid = effective > 50
                #expect(ledger.flags.book.isFlagged(Fixture.content) == isValid)
                #expect(try ledger.direct(1) == (isValid ? 580_000 : 600_000))
                ends.insert(ledger.ledger.accounts.agreed)
            }
            #expect(ends.count == 1)
        }
    }

    @Test("C1-6: a source is suspended no longer when the third flag turns out to be void")
    func suspension() throws {
        var ledger = try Self.ledger()
        for flagger in [2, 3, 5] {
            ledger.logged(try Fixture.flag(.illegal, by: flagger, at: 50))
        }
        #expect(try ledger.score(9) == 100_000)
        ledger.logged(try Self.revocation(from: 40))
        #expect(try ledger.score(9) == 500_000)
    }

    @Test("C1-6: the flag that a void one had replaced stands again")
    func replaced() throws {
        var ledger = try Self.ledger()
        ledger.logged(try Fixture.flag(.dispute, by: 1, at: 30))
        ledger.logged(try Fixture.flag(.illegal, by: 5, at: 50))
        #expect(try ledger.direct(1) == 580_000)
        ledger.logged(try Self.revocation(from: 40))
        #expect(try ledger.direct(1) == 595_000)
        let flag = ledger.flags.book.flag(of: try Fixture.person(1), on: Fixture.content)
        #expect(flag?.word.severity == .dispute)
    }

    @Test("C1-6, R-05-066: an assessment of a revoked key counts in no order")
    func assessment() throws {
        let early = try Fixture.gossip(by: 1, [(9, 400_000)], at: 30)
        let late = try Fixture.gossip(by: 5, [(9, 100_000)], at: 50)
        for (effective, overall) in [(40, 400_000), (60, 100_000)] as [(Int64, Int64)] {
            let revocation = try Self.revocation(from: effective)
            for order in permutations([early, late, revocation]) {
                var ledger = try Self.ledger()
                for message in order { ledger.logged(message) }
                let voices = ledger.witnesses.assessments.voices(on: try Fixture.person(9))
                #expect(voices.map(\.held.overall.millionths) == [overall])
                #expect(voices.map(\.assessor) == [try Fixture.person(1)])
            }
        }
    }

    @Test("C1-6: a voice that said nothing but void words is none")
    func silent() throws {
        var ledger = try Self.ledger()
        ledger.logged(try Fixture.gossip(by: 5, [(9, 100_000)], at: 50))
        ledger.logged(try Self.revocation(from: 40))
        #expect(ledger.witnesses.assessments.voices(on: try Fixture.person(9)).isEmpty)
    }

    @Test("C1-6: words that a key said before it was linked are void from then on, too")
    func beforeLink() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        ledger.logged(try Fixture.gossip(by: 5, [(9, 100_000)], at: 50))
        ledger.logged(try Fixture.link(1, 5, at: 60))
        ledger.logged(try Self.revocation(from: 40))
        #expect(ledger.witnesses.assessments.voices(on: try Fixture.person(9)).isEmpty)
    }
}
