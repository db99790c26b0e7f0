import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§6 What upheld flags cost")
struct UpheldFlagTests {
    /// Person 9 brought the content before person 8 did; three people flagged it as illegal.
    private func story(enforcesBans: Bool = true) throws -> Bookkeeping {
        let scores = [1, 2, 3, 8].map { ($0, Int64(600_000)) } + [(9, 700_000)]
        let founders = Dictionary(uniqueKeysWithValues: scores)
        var ledger = try Fixture.ledger(founders: founders) { $0.enforcesBans = enforcesBans }
        for person in 1...3 {
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: person))
        }
        ledger.logged(try Fixture.share(by: 8, at: 2))
        ledger.logged(try Fixture.share(by: 9, at: 1))
        for person in 1...3 { ledger.logged(try Fixture.flag(.illegal, by: person, at: 3)) }
        return ledger
    }

    private func ratify(
        _ resolution: Propose.Resolution,
        in ledger: inout Bookkeeping,
        by proposal: Int = 1,
        effectiveAt: Int64 = Fixture.day
    ) throws {
        let decision = try Fixture.decision(
            on: Fixture.id(proposal),
            .ratified,
            resolution: resolution,
            at: Fixture.day,
            effectiveAt: effectiveAt
        )
        ledger.logged(decision)
    }

    @Test("R-09-018, R-16-064, D-61: flags upheld on content cost its source 0.05, named or not")
    func source() throws {
        var ledger = try self.story()
        #expect(try ledger.score(9) == 100_000)
        try self.ratify(Fixture.upholding(), in: &ledger)
        let scores = try [1, 2, 3, 8, 9].map { try ledger.direct($0) }
        #expect(scores == [600_000, 600_000, 600_000, 600_000, 650_000])
        let last = ledger.history(of: try Fixture.person(9)).entries.last
        #expect(last?.cause == "flag upheld by \(Fixture.id(1))")
        #expect(last?.changeMillionths == -50_000)
    }

    @Test("R-09-018: of two proposals on one artefact the first costs its source")
    func twice() throws {
        var ledger = try self.story()
        for proposal in 1...2 {
            try self.ratify(Fixture.upholding(), in: &ledger, by: proposal)
        }
        #expect(try ledger.direct(9) == 650_000)
    }

    @Test("R-09-018, D-61: a proposer does not choose who pays for content of somebody else")
    func otherSubject() throws {
        var ledger = try self.story()
        let resolution = try Fixture.resolution(.flag, subject: 8, content: Fixture.content)
        try self.ratify(resolution, in: &ledger)
        #expect(try [8, 9].map { try ledger.direct($0) } == [600_000, 650_000])
    }

    @Test("R-09-018: content that nobody brought costs nobody, whoever is named")
    func unknownSource() throws {
        var ledger = try self.story()
        let before = try (1...9).map { try ledger.direct($0) }
        let content = ContentHash(Fixture.id(7).bytes)
        let resolution = try Fixture.resolution(.flag, subject: 8, content: content)
        try self.ratify(resolution, in: &ledger)
        #expect(try (1...9).map { try ledger.direct($0) } == before)
    }

    @Test("R-01-008, R-09-018: the source pays under whichever key it has by then")
    func rotated() throws {
        var ledger = try self.story()
        ledger.logged(try Fixture.rotation(9, 19, at: 4))
        try self.ratify(Fixture.upholding(), in: &ledger)
        #expect(try ledger.direct(19) == 650_000)
    }

    @Test("R-06-134, R-06-138, R-09-018: a ban that is not enforced frees no source for nothing")
    func unenforcedBan() throws {
        for isNamed in [true, false] {
            var ledger = try self.story(enforcesBans: false)
            let resolution =
                isNamed
                ? try Fixture.resolution(.ban, subject: 9, content: Fixture.content)
                : Fixture.upholding(Fixture.content, .ban)
            try self.ratify(resolution, in: &ledger)
            #expect(try ledger.score(9) == 650_000)
        }
    }

    @Test("D-61: who will pay is told so before the vote is in force, and nobody else is")
    func warning() throws {
        var ledger = try self.story()
        let resolution = try Fixture.resolution(.flag, subject: 8, content: Fixture.content)
        try self.ratify(resolution, in: &ledger, effectiveAt: 2 * Fixture.day)
        let isWarned = try [8, 9].map { person in
            ledger.history(of: try Fixture.person(person)).warnings
                .contains { $0.contains("a flag by \(Fixture.id(1)) takes effect") }
        }
        #expect(isWarned == [false, true])
    }
}
