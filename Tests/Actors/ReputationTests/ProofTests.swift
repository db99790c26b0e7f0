import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§10 Nothing is earned for free")
struct ProofTests {
    /// Whoever proves nothing here is proven by nothing.
    private func ledger(_ founders: [Int: Int64]) throws -> Bookkeeping {
        try Fixture.ledger(founders: founders, proven: [])
    }

    @Test("R-10-001: an adoption counts from its adopter's proof of delay on, in every order")
    func adopters() throws {
        let proposal = try Fixture.proposal(by: 1)
        let messages = [
            proposal, try Fixture.adoption(of: proposal, by: 5, at: 1),
            try Fixture.adoption(of: proposal, by: 6, at: 2),
            try Fixture.announcement(by: 5, at: 3),
        ]
        for order in permutations(messages) {
            var ledger = try self.ledger([1: 500_000])
            for message in order { ledger.logged(message) }
            #expect(try ledger.direct(1) == 505_000, "the adoption of 6 proves nothing")
            ledger.logged(try Fixture.announcement(by: 6, at: 4))
            #expect(try ledger.direct(1) == 510_000)
        }
    }

    @Test("R-10-001, R-01-044: a proof is one of the identity, whichever key it was made with")
    func keys() throws {
        let proposal = try Fixture.proposal(by: 1)
        let stories = [
            [
                try Fixture.link(5, 6), try Fixture.announcement(by: 6, at: 1),
                try Fixture.adoption(of: proposal, by: 5, at: 2),
            ],
            [
                try Fixture.announcement(by: 6, at: 1), try Fixture.link(5, 6, at: 2),
                try Fixture.adoption(of: proposal, by: 5, at: 3),
            ],
            [
                try Fixture.announcement(by: 5, at: 1), try Fixture.rotation(5, 7, at: 2),
                try Fixture.adoption(of: proposal, by: 7, at: 3),
            ],
        ]
        for story in stories {
            var ledger = try self.ledger([1: 500_000])
            for message in [proposal] + story { ledger.logged(message) }
            #expect(try ledger.direct(1) == 505_000)
        }
    }

    @Test("D-13, R-10-001: a key that starts over has to prove its delay itself")
    func startingOver() throws {
        var ledger = try self.ledger([1: 500_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(proposal)
        ledger.logged(try Fixture.announcement(by: 6, at: 1))
        ledger.logged(try Fixture.link(5, 6, at: 2))
        ledger.logged(try Fixture.revocation(5, 6, at: 3))
        #expect(!ledger.witnesses.proven.contains(try Fixture.person(6)))
        ledger.logged(try Fixture.announcement(by: 6, at: 4))
        ledger.logged(try Fixture.adoption(of: proposal, by: 6, at: 5))
        #expect(try ledger.direct(1) == 505_000)
    }

    @Test(
        "D-34, D-20: adoptions pay an author once it may propose, whichever message comes first"
    )
    func authors() throws {
        let proposal = try Fixture.proposal(by: 9, at: 1)
        let messages = [
            proposal, try Fixture.adoption(of: proposal, by: 5, at: 2),
            try Fixture.adoption(of: proposal, by: 6, at: 3),
        ]
        let praise = try (1...3).map { try Fixture.gossip(by: $0, [(9, 900_000)], at: 4) }
        for order in permutations(messages) {
            var ledger = try Fixture.ledger(
                founders: [1: 400_000, 2: 400_000, 3: 400_000],
                isLocalProfile: true
            )
            for message in order { ledger.logged(message) }
            #expect(try ledger.direct(9) == 200_000)
            for message in praise { ledger.logged(message) }
            #expect(try ledger.score(9) >= 300_000)
            ledger.logged(try Fixture.announcement(by: 1, at: Fixture.hour))
            #expect(try ledger.direct(9) == 210_000)
        }
    }

    @Test("D-44: of waiting adoptions of one identity one is rewarded")
    func repeated() throws {
        var ledger = try self.ledger([1: 500_000])
        let proposal = try Fixture.proposal(by: 1)
        for at in 1...3 as ClosedRange<Int64> {
            ledger.logged(try Fixture.adoption(of: proposal, by: 5, at: at))
        }
        let before = ledger.work.rewards.digest
        ledger.logged(try Fixture.adoption(of: proposal, by: 5, at: 2))
        #expect(ledger.work.rewards.digest == before)
        ledger.logged(try Fixture.announcement(by: 5, at: 4))
        ledger.logged(proposal)
        #expect(try ledger.direct(1) == 505_000)
    }

    private static func adoption(_ number: Int, by adopter: NodeID) -> RewardBook.Adoption {
        RewardBook.Adoption(
            proposal: Fixture.id(number),
            adopter: adopter,
            timestamp: Fixture.at(Int64(number))
        )
    }

    /// A book in which an adoption of each adopter waits, every one of another proposal.
    private static func book(_ adopters: [NodeID]) -> RewardBook {
        var book = RewardBook()
        for (number, adopter) in adopters.enumerated() {
            book.wait(Self.adoption(number, by: adopter))
        }
        return book
    }

    @Test("when too many adoptions wait, the oldest goes")
    func bounded() throws {
        let count = ReputationLimits.waitingAdoptionsMax
        var book = Self.book(Array(repeating: try Fixture.person(5), count: count + 1))
        let ready = book.takeReady { _ in true }
        #expect(ready.count == count)
        #expect(ready.first?.proposal == Fixture.id(1))
        let rest = book.takeReady { _ in true }
        #expect(rest.isEmpty)
    }

    @Test("each waiting adoption is asked once, and what does not count waits on")
    func asked() throws {
        var book = Self.book(Array(repeating: try Fixture.person(5), count: 4))
        var questions = 0
        let ready = book.takeReady { adoption in
            questions += 1
            return adoption.proposal != Fixture.id(2)
        }
        #expect(questions == 4)
        #expect(ready.map(\.proposal) == [0, 1, 3].map { Fixture.id($0) })
        let rest = book.takeReady { _ in true }
        #expect(rest.map(\.proposal) == [Fixture.id(2)])
    }

    @Test("R-01-044: waiting adoptions follow their adopter, and keep their places")
    func moved() throws {
        let (old, new) = (try Fixture.person(5), try Fixture.person(6))
        let count = ReputationLimits.waitingAdoptionsMax
        var book = Self.book([old] + Array(repeating: new, count: count - 1))
        book.move(old, to: new)
        var first = book
        let all = first.takeReady { $0.adopter == new }
        #expect(all.count == count)
        book.wait(Self.adoption(count, by: old))
        let left = book.takeReady { _ in true }
        #expect(left.first?.proposal == Fixture.id(1))
    }

    @Test("R-10-001: words of keys that proved nothing move no score, in no number")
    func crowd() throws {
        var ledger = try self.ledger([1: 500_000, 9: 500_000])
        let crowd = 100..<100 + ReputationLimits.assessorsMax
        for person in crowd {
            ledger.logged(try Fixture.gossip(by: person, [(9, 100_000)], at: 1, domain: "skills"))
        }
        #expect(try ledger.score(9) == 500_000)
        #expect(ledger.history(of: try Fixture.person(9)).record.byDomain.isEmpty)
        ledger.logged(try Fixture.gossip(by: 1, [(9, 700_000)], at: 1))
        #expect(try ledger.score(9) == 580_000, "the crowd made room")
    }

    @Test("D-48, R-10-001: the proof makes all words count, also for votes of the past")
    func words() throws {
        let messages = [
            try Fixture.gossip(by: 5, [(9, 400_000)], at: 10),
            try Fixture.gossip(by: 5, [(9, 700_000)], at: 20),
            try Fixture.announcement(by: 5, at: 30),
        ]
        for order in permutations(messages) {
            var ledger = try self.ledger([9: 500_000])
            for message in order { ledger.logged(message) }
            #expect(try ledger.score(9) == 580_000)
            let voter = VoterStandings.Voter(identity: try Fixture.person(9), at: Fixture.at(15))
            #expect(ledger.standing(of: voter).reputation.millionths == 460_000)
        }
    }
}
