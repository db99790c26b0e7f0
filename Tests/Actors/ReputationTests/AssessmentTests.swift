import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§9 The words of others")
struct AssessmentTests {
    /// Three assessors of 0.4 from three networks.
    private func ledger(_ founders: [Int: Int64] = [:]) throws -> Bookkeeping {
        let assessors: [Int: Int64] = [1: 400_000, 2: 400_000, 3: 400_000]
        var ledger = try Fixture.ledger(founders: assessors.merging(founders) { $1 })
        for person in 1...3 {
            let proofAt = Int64(-100 * person) * Fixture.day
            ledger.logged(
                try Fixture.announcement(by: person, at: 0, network: person, proofAt: proofAt)
            )
        }
        return ledger
    }

    @Test("REP-02, REP-03: without own observations two networks lift nobody above 0.2, three do")
    func capped() throws {
        var ledger = try self.ledger()
        ledger.logged(try Fixture.gossip(by: 1, [(9, 700_000)], at: 1))
        ledger.logged(try Fixture.gossip(by: 2, [(9, 700_000)], at: 2))
        #expect(try ledger.score(9) == 200_000)
        ledger.logged(try Fixture.gossip(by: 3, [(9, 700_000)], at: 3))
        #expect(try ledger.score(9) == 700_000)
    }

    @Test("D-25: identities without a known network are one network; locally each is its own")
    func unknownNetworks() throws {
        for isLocal in [false, true] {
            var ledger = try Fixture.ledger(isLocalProfile: isLocal)
            for person in 1...3 {
                ledger.logged(try Fixture.gossip(by: person, [(9, 700_000)], at: 1))
            }
            #expect(try ledger.score(9) == (isLocal ? 700_000 : 200_000))
        }
    }

    @Test("REP-01, R-09-036: trust is the own ledger's value of the assessor, not its score")
    func trust() throws {
        var ledger = try Fixture.ledger(founders: [1: 700_000, 2: 400_000, 9: 500_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 600_000)], at: 1))
        ledger.logged(try Fixture.gossip(by: 2, [(9, 800_000)], at: 2))
        // 0.6 · 500000 + 0.4 · 672727
        #expect(try ledger.score(9) == 569_090)
        ledger.logged(try Fixture.gossip(by: 3, [(1, 100_000)], at: 3))
        #expect(try ledger.score(9) == 569_090)
    }

    @Test("D-36: a founder whose peers still say 0.2 counts as 0.38")
    func founder() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 200_000)], at: 1))
        #expect(try ledger.score(9) == 380_000)
    }

    @Test("the own words of this node do not count twice")
    func own() throws {
        var ledger = try Fixture.ledger(founders: [0: 900_000, 9: 500_000])
        ledger.logged(try Fixture.gossip(by: 0, [(9, 100_000)], at: 1))
        #expect(try ledger.score(9) == 500_000)
    }

    @Test("D-39: a banned assessor is worth nothing")
    func banned() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 100_000)], at: 1))
        ledger.logged(try Fixture.ban(of: 1, at: 2))
        #expect(try ledger.score(9) == 500_000)
    }

    @Test("R-09-039, R-09-040: words do not go back in time, nor across a rotation")
    func monotonic() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 300_000)], at: 100))
        ledger.logged(try Fixture.gossip(by: 1, [(9, 900_000)], at: 101, formedAt: 99))
        #expect(try ledger.score(9) == 420_000)
        ledger.logged(try Fixture.rotation(1, 2, at: 102))
        ledger.logged(try Fixture.gossip(by: 2, [(9, 900_000)], at: 103, formedAt: 99))
        #expect(try ledger.score(9) == 420_000)
        ledger.logged(try Fixture.gossip(by: 2, [(9, 400_000)], at: 104, formedAt: 100))
        #expect(try ledger.score(9) == 460_000)
    }

    @Test("C1-11: an opinion that was formed long before it is said is heard, from then on")
    func longHeld() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        let said = 10 * Fixture.day
        ledger.logged(try Fixture.gossip(by: 1, [(9, 300_000)], at: said, formedAt: 0))
        #expect(try ledger.score(9) == 420_000)
        // Nobody can say today what a vote of last week weighed.
        let subject = try Fixture.person(9)
        let edge = said - ReputationLimits.opinionAgeMilliseconds
        #expect(ledger.evaluation(of: subject, at: Fixture.at(edge)).score.millionths == 500_000)
        let later = ledger.evaluation(of: subject, at: Fixture.at(edge + 1)).score
        #expect(later.millionths == 420_000)
    }

    @Test("C1-11, R-09-039: an opinion that is older than the one that is held stays refused")
    func olderOpinion() throws {
        let day = Fixture.day
        let words = [
            try Fixture.gossip(by: 1, [(9, 300_000)], at: 10 * day, formedAt: 5 * day),
            try Fixture.gossip(by: 1, [(9, 900_000)], at: 11 * day, formedAt: 4 * day),
            try Fixture.gossip(by: 1, [(9, 300_000)], at: 12 * day, formedAt: 5 * day),
        ]
        for order in permutations(words) {
            var ledger = try Fixture.ledger(founders: [9: 500_000])
            for word in order { ledger.logged(word) }
            for time in [10 * day + 1, 11 * day + 1, 12 * day + 1] {
                let evaluation = ledger.evaluation(
                    of: try Fixture.person(9),
                    at: Fixture.at(time)
                )
                #expect(evaluation.score.millionths == 420_000)
            }
        }
    }

    @Test("a word from the future is not taken: it would silence its assessor")
    func future() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 300_000)], at: 0, formedAt: Fixture.day))
        #expect(try ledger.score(9) == 500_000)
        ledger.logged(try Fixture.gossip(by: 1, [(9, 300_000)], at: 1))
        #expect(try ledger.score(9) == 420_000)
    }

    @Test("D-39, REP-M08: linking makes two assessors one; the newest word stands")
    func linkedAssessors() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 300_000)], at: 5))
        ledger.logged(try Fixture.gossip(by: 2, [(9, 400_000)], at: 9))
        ledger.logged(try Fixture.link(1, 2, at: 10))
        let voices = ledger.witnesses.assessments.voices(on: try Fixture.person(9))
        #expect(voices.map(\.held.overall.millionths) == [400_000])
    }

    @Test("D-39, REP-M07: linking assessor and subject makes the word one of oneself")
    func linkedSubject() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Fixture.gossip(by: 1, [(2, 900_000)], at: 5))
        ledger.logged(try Fixture.link(1, 2, at: 10))
        #expect(ledger.witnesses.assessments.voices(on: try Fixture.person(1)).isEmpty)
    }

    @Test("D-90: ten assessments of a message are processed")
    func firstTen() throws {
        var ledger = try Fixture.ledger()
        let words = (10..<25).map { (subject: $0, overall: Int64(300_000)) }
        ledger.logged(try Fixture.gossip(by: 1, words, at: 1))
        let heard = try words.count { word in
            !ledger.witnesses.assessments.voices(on: try Fixture.person(word.subject)).isEmpty
        }
        #expect(heard == 10)
    }

    @Test("many assessors: the least trusted give way, newcomers push nobody out")
    func manyAssessors() throws {
        var book = AssessmentBook()
        let subject = try Fixture.person(0)
        let gossip = try Fixture.gossip(by: 1, [(0, 300_000)], at: 1).message
        guard case .reputationGossip(let payload) = gossip.payload else {
            Issue.record("not an assessment")
            return
        }
        let opinion = HeldOpinion(payload.assessments[0], saidAt: Fixture.start)
        let trusted = NodeID(Fixture.id(1_000).bytes)
        func take(_ number: Int) -> Bool {
            book.take(
                opinion,
                by: NodeID(Fixture.id(number).bytes),
                on: subject,
                isKnown: true,
                trust: { FixedPoint(millionths: $0 == trusted ? 500_000 : 200_000) }
            )
        }
        for number in 0..<ReputationLimits.assessorsMax {
            let isTaken = take(number)
            #expect(isTaken)
        }
        let isNewcomerTaken = take(999)
        let isTrustedTaken = take(1_000)
        #expect(!isNewcomerTaken && isTrustedTaken)
        #expect(book.voices(on: subject).count == ReputationLimits.assessorsMax)
    }

    @Test(
        "R-05-078, R-09-002: words that contradict each other are all heard, and averaged by trust"
    )
    func domains() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000, 2: 100_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 200_000)], at: 1, domain: "skills"))
        ledger.logged(try Fixture.gossip(by: 2, [(9, 600_000)], at: 1, domain: "skills"))
        let record = ledger.history(of: try Fixture.person(9)).record
        let average = FixedPoint(millionths: 300_000)
        #expect(record.byDomain == [ScoreHistory.Domain(name: "skills", score: average)])
    }
}

@Suite("§8 What voters weighed when they voted")
struct StandingTests {
    private func standing(_ ledger: Bookkeeping, _ person: Int, at offset: Int64) throws
        -> VoterStandings.Reply.Standing
    {
        let identity = try Fixture.person(person)
        return ledger.standing(
            of: VoterStandings.Voter(identity: identity, at: Fixture.at(offset))
        )
    }

    @Test("D-48: nothing known is 0.2, which passes no gate")
    func stranger() throws {
        let standing = try self.standing(try Fixture.ledger(), 9, at: 0)
        #expect(standing.reputation.millionths == 200_000)
        #expect(!standing.isSuspended && standing.tenureFactor == .one)
    }

    @Test("D-48, VOTE-N34: the newest word strictly older than the vote")
    func words() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        for (time, overall) in [(10, 300_000), (20, 400_000), (30, 600_000)] as [(Int64, Int64)] {
            ledger.logged(try Fixture.gossip(by: 1, [(9, overall)], at: time))
        }
        let scores = try [5, 10, 11, 30, 31].map { time in
            try self.standing(ledger, 9, at: time).reputation.millionths
        }
        #expect(scores == [500_000, 500_000, 420_000, 460_000, 540_000])
    }

    @Test("D-48: the own ledger as of the vote, of the voter and of its assessors")
    func ledgerThen() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000, 2: 300_000, 9: 500_000])
        ledger.logged(try Fixture.gossip(by: 1, [(9, 200_000)], at: 1))
        ledger.logged(try Fixture.gossip(by: 2, [(9, 800_000)], at: 1))
        for (person, cost) in [(1, 200_000), (9, 100_000)] as [(Int, Int64)] {
            ledger.charge(
                FixedPoint(millionths: cost),
                to: try Fixture.person(person),
                at: Fixture.at(100),
                cause: "test"
            )
        }
        // Before: 0.6 · 500000 + 0.4 · 500000; after: 0.6 · 400000 + 0.4 · 650000.
        #expect(try self.standing(ledger, 9, at: 99).reputation.millionths == 500_000)
        #expect(try self.standing(ledger, 9, at: 100).reputation.millionths == 500_000)
        #expect(try ledger.score(9) == 500_000)
    }

    @Test("D-48: the own weight comes from what was observed up to the vote")
    func weightThen() throws {
        var ledger = try Fixture.ledger()
        for hour in 0..<4 as Range<Int64> {
            ledger.logged(try Fixture.announcement(by: 9, at: hour * Fixture.hour))
        }
        ledger.logged(try Fixture.gossip(by: 1, [(9, 700_000)], at: 0))
        let first = try self.standing(ledger, 9, at: Fixture.hour - 1)
        let last = try self.standing(ledger, 9, at: 3 * Fixture.hour)
        // 0.1 · 200000 + 0.9 · 700000 and 0.4 · 200000 + 0.6 · 700000
        #expect(first.reputation.millionths == 650_000)
        #expect(last.reputation.millionths == 500_000)
    }

    @Test("D-85: a banned voter weighs nothing")
    func banned() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        let resolution = try Fixture.resolution(.ban, subject: 9)
        ledger.logged(try Fixture.decision(on: Fixture.id(1), .ratified, resolution: resolution))
        #expect(try self.standing(ledger, 9, at: 0).reputation == .zero)
    }

    @Test("D-49: tenure as of the vote")
    func tenure() throws {
        var ledger = try Fixture.ledger(founders: [9: 500_000])
        let cycle = 30 * Fixture.day
        for number in 0..<8 as Range<Int64> {
            ledger.logged(
                try Fixture.decision(
                    on: Fixture.id(Int(number)),
                    votes: [(9, .endorse)],
                    votedAt: number * cycle
                )
            )
        }
        let factors = try [6, 7, 8, 9, 12].map { number in
            try self.standing(ledger, 9, at: number * cycle).tenureFactor.millionths
        }
        // After 6, 7 and 8 active cycles; then one skipped, then three more.
        #expect(factors == [1_000_000, 950_000, 902_500, 950_000, 1_000_000])
    }
}
