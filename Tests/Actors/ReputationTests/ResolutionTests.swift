import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§8 Resolutions take effect when they are in force")
struct ResolutionTests {
    private static let founders: [Int: Int64] = [1: 500_000, 2: 500_000, 3: 500_000]

    /// A constitutional decision that is in force 30 days after it was taken.
    private func decision(
        _ kind: Propose.Resolution.Kind,
        on subject: Int,
        number: Int = 1,
        successor: Int? = nil,
        effectiveAt: Int64 = 30 * Fixture.day
    ) throws -> LocalFact {
        try Fixture.decision(
            on: Fixture.id(number),
            .ratified,
            resolution: Fixture.resolution(kind, subject: subject, successor: successor),
            effectiveAt: effectiveAt
        )
    }

    /// Somebody else speaks: time passes.
    private func pass(_ ledger: inout Bookkeeping, to offset: Int64) throws {
        ledger.logged(try Fixture.announcement(by: 7, at: offset))
    }

    private func isRefused(_ ledger: Bookkeeping, _ person: Int, at offset: Int64) throws
        -> Bool
    {
        let message = try Fixture.announcement(by: person, at: offset)
        let command = RateSender(
            message: message.message,
            origin: message.origin,
            receivedAt: message.receivedAt,
            sender: message.sender
        )
        return ledger.gateRefusal(command)?.code == .keyNotValid
    }

    @Test("D-61, R-08-037: flags and bans act when they come into force, not when they are decided")
    func flagAndBan() throws {
        var ledger = try Fixture.ledger(founders: Self.founders)
        ledger.logged(try self.decision(.flag, on: 1))
        ledger.logged(try self.decision(.ban, on: 2, number: 2))
        try self.pass(&ledger, to: 30 * Fixture.day - 1)
        #expect(try (1...2).map { try ledger.direct($0) } == [500_000, 500_000])
        let warnings = ledger.history(of: try Fixture.person(2)).warnings
        #expect(warnings.contains { $0.contains("a ban by \(Fixture.id(2)) takes effect") })
        #expect(try !self.isRefused(ledger, 2, at: 30 * Fixture.day - 1))
        // The banned identity's own next message is refused, though nothing was logged since.
        #expect(try self.isRefused(ledger, 2, at: 30 * Fixture.day))
        #expect(try !self.isRefused(ledger, 1, at: 30 * Fixture.day))
        try self.pass(&ledger, to: 40 * Fixture.day)
        #expect(try (1...2).map { try ledger.direct($0) } == [450_000, 0])
        let entry = try #require(ledger.history(of: try Fixture.person(1)).entries.last)
        #expect(entry.at == Fixture.at(30 * Fixture.day))
        #expect(entry.cause == "flag upheld by \(Fixture.id(1))")
    }

    @Test("D-61: a contradiction of rotations ends when its resolution comes into force")
    func keyConflict() throws {
        var ledger = try Fixture.ledger(founders: Self.founders)
        ledger.logged(try Fixture.rotation(1, 11, at: 0))
        ledger.logged(try Fixture.rotation(1, 12, at: 1))
        ledger.logged(try self.decision(.keyConflict, on: 1, successor: 12))
        try self.pass(&ledger, to: 30 * Fixture.day - 1)
        #expect(try [1, 12].map { try ledger.score($0) } == [100_000, 100_000])
        try self.pass(&ledger, to: 30 * Fixture.day)
        #expect(try [1, 12].map { try ledger.direct($0) } == [500_000, 500_000])
    }

    @Test("a peer stands for the identity that it acts for: good, suspended or banned")
    func standings() throws {
        var ledger = try Fixture.ledger(founders: Self.founders)
        func standing(_ person: Int, at offset: Int64 = 0) throws -> PeerStandings.Standing {
            ledger.standing(of: try Fixture.person(person), now: Fixture.at(offset))
        }
        ledger.logged(try Fixture.link(3, 4))
        #expect(try standing(4).score == ledger.score(of: try Fixture.person(3)))
        #expect(try [3, 4, 99].map { try standing($0).condition } == [.good, .good, .good])
        ledger.logged(try Fixture.rotation(1, 11))
        ledger.logged(try Fixture.rotation(1, 12))
        #expect(try standing(1).condition == .suspended)
        #expect(try standing(1).score.millionths == 100_000)
        // Nothing is logged after the decision.
        ledger.logged(try self.decision(.ban, on: 2, number: 2))
        #expect(try standing(2, at: 30 * Fixture.day - 1).condition == .good)
        #expect(try standing(2, at: 30 * Fixture.day).condition == .banned)
        try self.pass(&ledger, to: 30 * Fixture.day)
        #expect(try standing(2).score == .zero)
    }

    @Test("a second decision on a proposal neither repeats nor moves what the first one does")
    func once() throws {
        var ledger = try Fixture.ledger(founders: Self.founders)
        ledger.logged(try self.decision(.flag, on: 1))
        ledger.logged(try self.decision(.flag, on: 1, effectiveAt: 0))
        #expect(try ledger.direct(1) == 500_000)
        try self.pass(&ledger, to: 30 * Fixture.day)
        ledger.logged(try self.decision(.flag, on: 1, effectiveAt: 0))
        #expect(try ledger.direct(1) == 450_000)
    }

    @Test("what comes into force together does so in one order, whatever was decided first")
    func order() throws {
        let facts = [
            try self.decision(.ban, on: 2, number: 2), try self.decision(.flag, on: 1),
            try self.decision(.flag, on: 2, number: 3, effectiveAt: 29 * Fixture.day),
        ]
        var ends: Set<String> = []
        for facts in permutations(facts) {
            var ledger = try Fixture.ledger(founders: Self.founders)
            for fact in facts { ledger.logged(fact) }
            try self.pass(&ledger, to: 30 * Fixture.day)
            #expect(try ledger.direct(2) == 0)
            ends.insert(ledger.agreed)
        }
        #expect(ends.count == 1)
    }
}
