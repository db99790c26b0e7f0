import Messages
import Primitives
import Testing

@testable import Reputation

@Suite("§6 Sharing the reward of an adoption")
struct SharingTests {
    /// A proposal of person 1 of content that person 2 shared before, and its adoptions.
    private func story(host: Int64?, adoptions: Int, days: Int64 = 2) throws
        -> Bookkeeping
    {
        var founders: [Int: Int64] = [1: 300_000]
        founders[2] = host
        var ledger = try Fixture.ledger(founders: founders)
        let share = try Fixture.share(by: 2, at: -1)
        ledger.logged(share)
        let proposal = try Fixture.proposal(by: 1, origin: share.message.id)
        ledger.logged(proposal)
        for number in 0..<adoptions {
            let at = Int64(number) * days * Fixture.day
            ledger.logged(try Fixture.adoption(of: proposal, by: 10 + number, at: at))
        }
        return ledger
    }

    @Test(
        "CONTENT-07a, R-06-041, R-16-118: a first host of 0.3 gets its full 30 percent, the proposer 70"
    )
    func full() throws {
        let ledger = try self.story(host: 300_000, adoptions: 11)
        #expect(try ledger.direct(1) == 335_000)
        #expect(try ledger.direct(2) == 315_000)
    }

    @Test("CONTENT-07b, R-06-042, R-16-118: a host below 0.3 gets 0.002 of a proposal at most")
    func reduced() throws {
        let ledger = try self.story(host: nil, adoptions: 10)
        #expect(try ledger.direct(1) == 348_000)
        #expect(try ledger.direct(2) == 202_000)
    }

    @Test("R-06-040, CONTENT-P02: without a named SHARE the proposer keeps the whole author part")
    func unnamed() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000, 2: 500_000])
        ledger.logged(try Fixture.share(by: 2, at: -1))
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(proposal)
        ledger.logged(try Fixture.adoption(of: proposal, by: 3))
        #expect(try [1, 2].map { try ledger.direct($0) } == [305_000, 500_000])
    }

    @Test("CONTENT-Q06: a host that crosses 0.3 gets its full share from there on")
    func crossing() {
        var pool = AdoptionPool()
        let gains = (0..<10).map { number in
            let score = FixedPoint(millionths: number < 4 ? 299_000 : 300_000)
            return pool.next(hostScore: score, providers: 0).host.millionths
        }
        #expect(gains.reduce(0, +) == 11_000)
    }

    @Test(
        "CONTENT-08, P09 to P14: providers share 30 percent of the whole; dust is the proposer's",
        arguments: [
            (10, 500_000, 3, 24_500, 10_500, 5_000), (10, 200_000, 3, 33_000, 2_000, 5_000),
            (10, nil, 1, 35_000, 0, 15_000), (10, nil, 4, 35_000, 0, 3_750),
            (10, nil, 7, 35_006, 0, 2_142), (3, 500_000, 2, 7_350, 3_150, 2_250),
            (1, 500_000, 3, 2_450, 1_050, 500),
        ] as [(Int, Int64?, Int, Int64, Int64, Int64)]
    )
    func providers(
        adoptions: Int,
        host: Int64?,
        providers: Int,
        author: Int64,
        hostGain: Int64,
        provider: Int64
    ) {
        var pool = AdoptionPool()
        let shares = (0..<adoptions).map { _ in
            pool.next(
                hostScore: host.map { FixedPoint(millionths: $0) },
                providers: providers
            )
        }
        #expect(shares.map(\.author.millionths).reduce(0, +) == author)
        #expect(shares.map(\.host.millionths).reduce(0, +) == hostGain)
        #expect(shares.map(\.provider.millionths).reduce(0, +) == provider)
    }

    @Test("D-44: neither the host nor the uploader of the content earns others a reward")
    func interested() throws {
        var ledger = try self.story(host: 300_000, adoptions: 0)
        ledger.logged(try Fixture.upload(by: 3, at: 1))
        let proposal = try Fixture.proposal(
            by: 1,
            origin: try Fixture.share(by: 2, at: -1).message.id
        )
        for person in [2, 3] { ledger.logged(try Fixture.adoption(of: proposal, by: person)) }
        #expect(try ledger.direct(1) == 300_000)
    }

    @Test("R-06-038, CONTENT-Q10: the named SHARE must exist, be older, and hold the content")
    func origin() throws {
        for shareAt in [nil, 0, 1] as [Int64?] {
            var ledger = try Fixture.ledger(founders: [1: 300_000])
            let share = try Fixture.share(by: 2, at: shareAt ?? -1)
            if shareAt != nil { ledger.logged(share) }
            let proposal = try Fixture.proposal(by: 1, origin: share.message.id)
            ledger.logged(proposal)
            ledger.logged(try Fixture.adoption(of: proposal, by: 3))
            ledger.logged(try Fixture.announcement(by: 7, at: 6 * Fixture.hour))
            #expect(try ledger.direct(1) == 305_000)
            #expect(try ledger.direct(2) == 200_000)
        }
    }
}

@Suite("§9 Verified claims")
struct ClaimTests {
    /// People 2 to 5 with 0.4, from four networks; person 1 proposes two claims.
    private func story(isOn: Bool = true, weak: Int? = nil) throws -> (
        Bookkeeping, AdmittedMessage
    ) {
        var founders: [Int: Int64] = [1: 400_000, 2: 400_000, 3: 400_000, 4: 400_000, 5: 400_000]
        if let weak { founders[weak] = 299_000 }
        var ledger = try Fixture.ledger(founders: founders) { $0.believesClaims = isOn }
        for person in 1...5 {
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: person))
        }
        let proposal = try Fixture.proposal(by: 1, claims: 2)
        ledger.logged(proposal)
        return (ledger, proposal)
    }

    @Test("D-45, REP-E03: three independent people who confirm a claim earn 0.001 each, once")
    func confirmed() throws {
        var (ledger, proposal) = try self.story()
        for person in 2...5 {
            ledger.logged(try Fixture.comment(on: proposal, by: person, claim: 0, result: "true"))
        }
        let scores = try (1...5).map { try ledger.direct($0) }
        #expect(scores == [400_000, 401_000, 401_000, 401_000, 400_000])
        #expect(ledger.history(of: try Fixture.person(2)).record.verificationCount == 1)
    }

    @Test("REP-E04, REP-E05, REP-E07: a false claim pays its finders, the first one most")
    func contradicted() throws {
        var (ledger, proposal) = try self.story()
        for (person, time) in [(3, 3), (2, 2), (4, 4)] as [(Int, Int64)] {
            ledger.logged(
                try Fixture.comment(on: proposal, by: person, claim: 1, result: "false", at: time)
            )
        }
        let scores = try (1...4).map { try ledger.direct($0) }
        #expect(scores == [397_000, 415_000, 405_000, 405_000])
    }

    @Test("D-45: the author, the unheard, one network and unknown claims prove nothing")
    func unproven() throws {
        var (ledger, proposal) = try self.story()
        for person in [1, 2, 3, 6] {
            ledger.logged(try Fixture.comment(on: proposal, by: person, claim: 0, result: "true"))
        }
        for person in 2...4 {
            ledger.logged(try Fixture.comment(on: proposal, by: person, claim: 2, result: "true"))
        }
        ledger.logged(try Fixture.announcement(by: 4, at: 1, network: 3))
        ledger.logged(try Fixture.comment(on: proposal, by: 4, claim: 0, result: "true"))
        #expect(try (1...4).allSatisfy { try ledger.direct($0) == 400_000 })
    }

    @Test("D-45: off unless it is switched on")
    func off() throws {
        var (ledger, proposal) = try self.story(isOn: false)
        for person in 2...5 {
            ledger.logged(try Fixture.comment(on: proposal, by: person, claim: 0, result: "true"))
        }
        #expect(try ledger.direct(2) == 400_000)
    }

    @Test("D-45, D-20: voices that gain the score to be heard are heard within an hour")
    func reconsidered() throws {
        var (ledger, proposal) = try self.story(weak: 4)
        for person in 2...4 {
            ledger.logged(
                try Fixture.comment(on: proposal, by: person, claim: 0, result: "true", at: 1)
            )
        }
        ledger.earn(
            FixedPoint(millionths: 2_000),
            by: try Fixture.person(4),
            at: Fixture.at(2),
            cause: "test"
        )
        ledger.logged(try Fixture.announcement(by: 7, at: Fixture.hour - 1))
        #expect(try ledger.direct(2) == 400_000)
        ledger.logged(try Fixture.announcement(by: 7, at: Fixture.hour))
        ledger.logged(try Fixture.announcement(by: 7, at: 2 * Fixture.hour))
        #expect(try (2...4).map { try ledger.direct($0) } == [401_000, 401_000, 302_000])
    }

    @Test("D-45, D-39: a voice that is the author's by now proves nothing")
    func linkedAuthor() throws {
        var (ledger, proposal) = try self.story()
        for person in 2...3 {
            ledger.logged(try Fixture.comment(on: proposal, by: person, claim: 0, result: "true"))
        }
        ledger.logged(try Fixture.link(1, 3, at: Fixture.hour + 1))
        ledger.logged(try Fixture.comment(on: proposal, by: 4, claim: 0, result: "true"))
        #expect(try ledger.direct(4) == 400_000)
        ledger.logged(try Fixture.comment(on: proposal, by: 5, claim: 0, result: "true"))
        let scores = try [1, 2, 4, 5].map { try ledger.direct($0) }
        #expect(scores == [400_000, 401_000, 401_000, 401_000])
    }
}
