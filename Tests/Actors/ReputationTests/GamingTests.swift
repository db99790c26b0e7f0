import Messages
import Primitives
import Testing

@testable import Reputation

@Suite("§11 Tenure")
struct TenureTests {
    private static let cycle = 30 * Fixture.day

    @Test("TENURE-N01: a cycle is 30 days on the grid of the epoch; the current one does not count")
    func cycles() {
        var book = TenureBook()
        let person = NodeID(Fixture.id(1).bytes)
        let grid = Timestamp(milliseconds: 680 * 2_592_000_000)
        book.acted(person, at: grid)
        book.acted(person, at: grid.adding(milliseconds: 2_591_999_999))
        #expect(TenureBook.cycle(of: grid) == 680)
        let last = grid.adding(milliseconds: 2_591_999_999)
        let next = grid.adding(milliseconds: 2_592_000_000)
        #expect(book.tenure(of: person, at: last).cycles == 0)
        #expect(book.tenure(of: person, at: next).cycles == 1)
    }

    @Test("D-49: only votes that counted, and proposals that were ratified, make a cycle active")
    func activity() throws {
        var ledger = try Fixture.ledger()
        let fact = try Fixture.decision(
            on: Fixture.id(1),
            .ratified,
            author: 7,
            votes: [(1, .abstain)]
        )
        ledger.logged(fact)
        ledger.logged(try Fixture.decision(on: Fixture.id(2), .rejected, author: 8))
        let later = Fixture.at(Self.cycle)
        let cycles = try [1, 7, 8].map { person in
            ledger.verdicts.tenures.tenure(of: try Fixture.person(person), at: later).cycles
        }
        #expect(cycles == [1, 1, 0])
    }

    @Test("D-49: a vote on what could not be ratified makes no cycle active")
    func objected() throws {
        var ledger = try Fixture.ledger()
        let fact = try Fixture.decision(
            on: Fixture.id(1),
            votes: [(1, .endorse)],
            objection: "governance is frozen"
        )
        ledger.logged(fact)
        let tenure = ledger.verdicts.tenures.tenure(
            of: try Fixture.person(1),
            at: Fixture.at(Self.cycle)
        )
        #expect(tenure.cycles == 0)
    }

    @Test("R-11-010: the cycles of linked keys are one identity's")
    func linked() throws {
        var ledger = try Fixture.ledger()
        for (person, number) in [(1, 0), (2, 1), (1, 2)] {
            ledger.logged(
                try Fixture.decision(
                    on: Fixture.id(number),
                    votes: [(person, .endorse)],
                    votedAt: Int64(number) * Self.cycle
                )
            )
        }
        ledger.logged(try Fixture.adoption(of: try Fixture.proposal(by: 3), by: 2))
        ledger.logged(try Fixture.link(1, 2))
        let tenure = ledger.verdicts.tenures.tenure(
            of: try Fixture.person(1),
            at: Fixture.at(3 * Self.cycle)
        )
        #expect(tenure.cycles == 3)
    }

    @Test("a life-long voter's record is bounded, and hostile times end in no loop")
    func bounded() {
        var book = TenureBook()
        let person = NodeID(Fixture.id(1).bytes)
        for cycle in 0..<200 as Range<Int64> {
            book.acted(person, at: Timestamp(milliseconds: cycle * 2_592_000_000))
        }
        let then = Timestamp(milliseconds: 200 * 2_592_000_000)
        #expect(book.tenure(of: person, at: then).cycles == Int64(GamingLimits.cyclesMax))
        let end = book.tenure(of: person, at: Timestamp(milliseconds: .max))
        #expect(end.factor == .one)
    }
}

@Suite("§11 Collusion")
struct CollusionTests {
    /// Members vote alike on so many proposals; the others vote as they are told to.
    private func story(
        members: [Int],
        others: [(person: Int, stance: (Int) -> Vote.Stance)],
        proposals: Range<Int> = 0..<20,
        objection: String? = nil,
        in ledger: inout Bookkeeping,
        at offset: Int64 = 0
    ) throws {
        for number in proposals {
            let stance: Vote.Stance = number.isMultiple(of: 2) ? .endorse : .reject
            let votes =
                members.map { (person: $0, stance: stance) }
                + others.map { (person: $0.person, stance: $0.stance(number)) }
            let decision = try Fixture.decision(
                on: Fixture.id(number),
                votes: votes,
                objection: objection,
                at: offset
            )
            ledger.logged(decision)
        }
    }

    private let founders: [Int: Int64] = [1: 500_000, 2: 500_000, 3: 500_000, 4: 500_000]

    /// Two who always disagree, and one who follows neither.
    private var split: [(person: Int, stance: (Int) -> Vote.Stance)] {
        [
            (5, { _ in .endorse }), (6, { _ in .reject }),
            (7, { $0.isMultiple(of: 3) ? .endorse : .reject }),
        ]
    }

    @Test("COLLUSION-01: three who always agree where others do not lose 0.05 and half their word")
    func high() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        try self.story(members: [1, 2, 3], others: self.split, in: &ledger)
        #expect(
            try [1, 2, 3, 4].map { try ledger.direct($0) } == [450_000, 450_000, 450_000, 500_000]
        )
        #expect(try ledger.isSuspect(1))
        let cause = ledger.history(of: try Fixture.person(1)).entries.last?.cause
        #expect(cause == "votes in step with 2 others")
    }

    @Test("D-50: votes on what could not be ratified are not compared")
    func objected() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        try self.story(
            members: [1, 2, 3],
            others: self.split,
            objection: "governance is frozen",
            in: &ledger
        )
        #expect(ledger.witnesses.suspicion.collusion.voters.isEmpty)
        #expect(try ledger.direct(1) == 500_000)
        #expect(try !ledger.isSuspect(1))
    }

    @Test("D-50: agreement that nobody contests costs nothing, and lowers trust alone")
    func unanimous() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        try self.story(members: [1, 2, 3, 4], others: [], in: &ledger)
        #expect(try ledger.direct(1) == 500_000)
        #expect(try ledger.isSuspect(1))
    }

    @Test("one or two dissenters do not turn an honest majority into a conspiracy")
    func majority() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        let dissenters = Array(self.split.prefix(2))
        try self.story(members: [1, 2, 3, 4], others: dissenters, in: &ledger)
        #expect(try ledger.direct(1) == 500_000)
    }

    @Test("D-50: once within thirty days, whoever else joins the group")
    func once() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        try self.story(members: [1, 2, 3], others: self.split, in: &ledger)
        let others = self.split + [(8, { _ in .endorse })]
        try self.story(members: [1, 2, 3, 4], others: others, proposals: 20..<45, in: &ledger)
        #expect(try [1, 4].map { try ledger.direct($0) } == [450_000, 450_000])
        let later = 30 * Fixture.day
        try self.story(
            members: [1, 2, 3],
            others: self.split,
            proposals: 45..<46,
            in: &ledger,
            at: later
        )
        #expect(try ledger.direct(1) == 400_000)
    }

    @Test("COLLUSION-02: keys of one identity are one voter")
    func identity() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        try self.story(members: [1, 2, 3], others: [], in: &ledger)
        for child in 2...3 { ledger.logged(try Fixture.link(1, child)) }
        #expect(ledger.witnesses.suspicion.collusion.groups().isEmpty)
    }

    @Test("a decision that is looked at again replaces the first one")
    func again() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        for _ in 0..<20 {
            try self.story(members: [1, 2, 3], others: self.split, proposals: 0..<1, in: &ledger)
        }
        #expect(ledger.witnesses.suspicion.collusion.groups().isEmpty)
    }

    @Test("only the newest 128 proposals are compared")
    func window() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        try self.story(members: [1, 2, 3], others: [], in: &ledger)
        try self.story(members: [], others: self.split, proposals: 20..<148, in: &ledger)
        #expect(ledger.witnesses.suspicion.collusion.groups().isEmpty)
        #expect(ledger.witnesses.suspicion.collusion.voters.count == 3)
    }

    @Test(
        "COLLUSION-N08: three first proofs within a day are suspicious; later proofs are not looked at"
    )
    func registrations() throws {
        for (hours, isSuspect) in [([0, 12, 25], false), ([0, 12, 24], true), ([0, 1], false)] {
            var ledger = try Fixture.ledger()
            for (person, hour) in hours.enumerated() {
                let proofAt = Int64(hour) * Fixture.hour
                ledger.logged(try Fixture.announcement(by: person + 1, at: 0, proofAt: proofAt))
                ledger.logged(try Fixture.announcement(by: person + 1, at: 0, proofAt: 0))
            }
            #expect(try ledger.isSuspect(1) == isSuspect)
        }
    }

    @Test("R-11-003, D-36: founders begin on one day; that makes no suspects, not even of others")
    func founding() throws {
        var ledger = try Fixture.ledger(founders: self.founders)
        for person in 1...6 { ledger.logged(try Fixture.announcement(by: person, at: 0)) }
        #expect(try (1...6).map { try ledger.isSuspect($0) }.allSatisfy { !$0 })
        // The third stranger of the day.
        ledger.logged(try Fixture.announcement(by: 7, at: 0))
        let suspects = try (1...7).filter { try ledger.isSuspect($0) }
        #expect(suspects == [5, 6, 7])
        let warnings = ledger.history(of: try Fixture.person(7)).warnings
        #expect(warnings.contains { $0.contains("of the same day as theirs") })
        // A founder stays one under another key.
        ledger.logged(try Fixture.rotation(1, 8, at: 1))
        ledger.logged(try Fixture.announcement(by: 8, at: 2))
        #expect(try !ledger.isSuspect(8))
    }

    @Test("R-11-004: on one machine networks tell nothing; elsewhere three voters are watched")
    func fewVoters() throws {
        for isLocalProfile in [true, false] {
            var ledger = try Fixture.ledger(
                founders: self.founders,
                isLocalProfile: isLocalProfile
            )
            let votes = (1...3).map { (person: $0, stance: Vote.Stance.endorse) }
            ledger.logged(try Fixture.decision(on: Fixture.id(1), votes: votes, at: 0))
            #expect(try ledger.isSuspect(1) != isLocalProfile)
        }
    }

    @Test("D-50: the word of a suspect weighs half")
    func distrust() throws {
        var ledger = try Fixture.ledger(founders: [5: 400_000, 9: 500_000])
        for person in 1...3 { ledger.logged(try Fixture.announcement(by: person, at: 0)) }
        ledger.logged(try Fixture.gossip(by: 1, [(9, 200_000)], at: 1))
        ledger.logged(try Fixture.gossip(by: 5, [(9, 800_000)], at: 1))
        // 0.6 · 500000 + 0.4 · (200000 · 0.1 + 800000 · 0.4) / 0.5
        #expect(try ledger.score(9) == 572_000)
    }

    @Test("D-50: all of it can be switched off")
    func off() throws {
        var ledger = try Fixture.ledger(founders: self.founders) { $0.detectsCollusion = false }
        try self.story(members: [1, 2, 3], others: self.split, in: &ledger)
        #expect(try ledger.direct(1) == 500_000)
        #expect(try !ledger.isSuspect(1))
    }

    @Test(
        "D-61, R-09-018, R-16-064: an upheld flag costs its source 0.05, once; a ban is left to others"
    )
    func resolutions() throws {
        var ledger = try Fixture.ledger(founders: self.founders) { $0.enforcesBans = false }
        ledger.logged(try Fixture.share(by: 1, at: 0))
        ledger.logged(try Fixture.flag(.dispute, by: 3))
        let flag = Fixture.upholding()
        for _ in 0..<2 {
            ledger.logged(try Fixture.decision(on: Fixture.id(1), .ratified, resolution: flag))
        }
        let ban = try Fixture.resolution(.ban, subject: 2)
        ledger.logged(try Fixture.decision(on: Fixture.id(2), .ratified, resolution: ban))
        #expect(try (1...3).map { try ledger.direct($0) } == [450_000, 500_000, 500_000])
    }
}
