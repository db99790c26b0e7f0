import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§6, §9 What comes before that which it rests on")
struct LateArrivalTests {
    /// People with 0.4 from as many networks, who believe claims.
    private func ledger() throws -> Bookkeeping {
        let founders = Dictionary(uniqueKeysWithValues: (1...5).map { ($0, Int64(400_000)) })
        var ledger = try Fixture.ledger(founders: founders) { $0.believesClaims = true }
        for person in 1...5 {
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: person))
        }
        return ledger
    }

    private func fold(_ messages: [AdmittedMessage]) throws -> Bookkeeping {
        var ledger = try self.ledger()
        for message in messages { ledger.logged(message) }
        return ledger
    }

    // MARK: Claims

    /// People say the same of the only claim, one after the other.
    private func findings(_ result: String, on proposal: AdmittedMessage, by people: [Int]) throws
        -> [AdmittedMessage]
    {
        try people.enumerated().map { place, person in
            try Fixture.comment(
                on: proposal,
                by: person,
                claim: 0,
                result: result,
                at: Int64(2 + place)
            )
        }
    }

    @Test("D-45, D-20: findings and their proposal pay the same people the same in all orders")
    func findings() throws {
        let proposal = try Fixture.proposal(by: 1, at: 1, claims: 1)
        let findings = try self.findings("false", on: proposal, by: [4, 3, 2])
        let ledgers = try permutations(findings + [proposal]).map { try self.fold($0) }
        #expect(Set(ledgers.map(\.agreed)).count == 1)
        let scores = try (1...4).map { try ledgers[7].direct($0) }
        #expect(scores == [397_000, 405_000, 405_000, 415_000])
    }

    @Test("D-45: of more findings than are needed those count that were said first, as if in time")
    func surplus() throws {
        let proposal = try Fixture.proposal(by: 1, at: 1, claims: 1)
        let findings = try self.findings("true", on: proposal, by: [2, 3, 4, 5])
        let inTime = try self.fold([proposal] + findings)
        #expect(try (2...5).map { try inTime.direct($0) } == [401_000, 401_000, 401_000, 400_000])
        for order in permutations(findings) {
            #expect(try self.fold(order + [proposal]).agreed == inTime.agreed)
        }
    }

    @Test("D-45: an identity's first finding stands, whichever of its keys is heard first")
    func firstFinding() throws {
        let proposal = try Fixture.proposal(by: 1, at: 1, claims: 1)
        let words: [(person: Int, result: String, at: Int64)] = [
            (2, "true", 3), (2, "false", 4), (21, "false", 5), (3, "true", 3),
        ]
        let findings = try words.map { person, result, at in
            try Fixture.comment(on: proposal, by: person, claim: 0, result: result, at: at)
        }
        let messages = findings + [proposal, try Fixture.link(2, 21, at: 2)]
        let last = try Fixture.comment(on: proposal, by: 4, claim: 0, result: "true", at: 9)
        for order in permutations(messages) {
            let ledger = try self.fold(order + [last])
            let verified = try (2...4).map { person in
                ledger.history(of: try Fixture.person(person)).record.verificationCount
            }
            #expect(verified == [1, 1, 1])
        }
    }

    @Test("D-45: findings on claims that a proposal does not make, or of its author, prove nothing")
    func unproven() throws {
        let proposal = try Fixture.proposal(by: 1, at: 1, claims: 1)
        let unmade = try (2...4).map {
            try Fixture.comment(on: proposal, by: $0, claim: 1, result: "true", at: 2)
        }
        let made = try (1...3).map {
            try Fixture.comment(on: proposal, by: $0, claim: 0, result: "true", at: 3)
        }
        let ledger = try self.fold(unmade + made + [proposal])
        #expect(try (1...4).allSatisfy { try ledger.direct($0) == 400_000 })
    }

    @Test("when too many findings wait, the oldest goes")
    func boundedFindings() throws {
        var book = ClaimBook()
        let (speaker, proposal) = (try Fixture.person(2), Fixture.id(-1))
        for number in 0...EarningLimits.claimsMax {
            let voice = ClaimBook.Voice(
                isTrue: true,
                timestamp: Fixture.at(Int64(number)),
                id: Fixture.id(number)
            )
            book.wait(
                ClaimBook.Statement(
                    claim: ClaimBook.Claim(proposal: proposal, index: 0),
                    speaker: speaker,
                    voice: voice
                )
            )
        }
        let early = book.takeEarly(on: proposal)
        #expect(early.count == EarningLimits.claimsMax)
        #expect(early.first?.voice.timestamp == Fixture.at(1))
        let again = book.takeEarly(on: proposal)
        #expect(again.isEmpty)
    }

    // MARK: Hosts

    /// A proposal of person 1 that names a SHARE of person 2, and two adoptions.
    private func shared() throws -> (share: AdmittedMessage, others: [AdmittedMessage]) {
        let share = try Fixture.share(by: 2, at: 0)
        let proposal = try Fixture.proposal(by: 1, at: 1, origin: share.message.id)
        return (
            share,
            [
                proposal, try Fixture.adoption(of: proposal, by: 3, at: 2),
                try Fixture.adoption(of: proposal, by: 4, at: Fixture.hour),
            ]
        )
    }

    @Test("R-06-039, D-44: a host gets its part in all orders of its SHARE, proposal and ADOPTs")
    func host() throws {
        let (share, others) = try self.shared()
        let ledgers = try permutations(others + [share]).map { try self.fold($0) }
        #expect(ledgers.count == 24)
        #expect(Set(ledgers.map(\.agreed)).count == 1)
        #expect(try [1, 2].map { try ledgers[11].direct($0) } == [407_000, 403_000])
    }

    @Test("R-06-040, D-44: nobody waits for a SHARE for longer than six hours, nor pays twice")
    func missingHost() throws {
        let (share, others) = try self.shared()
        var ledger = try self.fold(others)
        let end = 6 * Fixture.hour + Fixture.hour
        ledger.logged(try Fixture.announcement(by: 5, at: 6 * Fixture.hour))
        #expect(try [1, 2].map { try ledger.direct($0) } == [400_000, 400_000])
        ledger.logged(try Fixture.announcement(by: 5, at: end))
        #expect(try [1, 2].map { try ledger.direct($0) } == [410_000, 400_000])
        ledger.logged(share)
        #expect(try [1, 2].map { try ledger.direct($0) } == [410_000, 400_000])
        // From here on the host is known.
        let adoption = try Fixture.adoption(of: others[0], by: 5, at: end)
        ledger.logged(adoption)
        #expect(try [1, 2].map { try ledger.direct($0) } == [413_500, 401_500])
    }

    @Test("D-44: whoever adopted its own content before its SHARE came earns nobody a reward")
    func adoptingHost() throws {
        let (share, others) = try self.shared()
        let own = try Fixture.adoption(of: others[0], by: 2, at: 3)
        for order in permutations([share, others[0], own]) {
            #expect(try self.fold(order).direct(1) == 400_000)
        }
    }
}
