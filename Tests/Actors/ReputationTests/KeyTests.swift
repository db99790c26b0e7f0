import Identities
import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Reputation

@Suite("§1 One account for each identity")
struct KeyTests {
    private func amount(_ millionths: Int64) -> FixedPoint { FixedPoint(millionths: millionths) }

    private func earn(_ ledger: inout Bookkeeping, _ person: Int, _ raw: Int64) throws {
        let key = try Fixture.person(person)
        ledger.earn(self.amount(raw), by: key, at: Fixture.at(0), cause: "test")
    }

    private func charge(_ ledger: inout Bookkeeping, _ person: Int, _ raw: Int64) throws {
        let key = try Fixture.person(person)
        ledger.charge(self.amount(raw), to: key, at: Fixture.at(0), cause: "test")
    }

    @Test("LINK-N11, R-01-044: a gain is shared by the keys, a penalty hits the root in full")
    func shared() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Fixture.link(1, 2))
        try self.earn(&ledger, 2, 10_000)
        #expect(try ledger.direct(1) == 205_946)
        try self.charge(&ledger, 2, 3_000)
        #expect(try ledger.direct(1) == 202_946)
        #expect(try ledger.direct(2) == 202_946)
    }

    @Test("D-12: linking takes the lower of both scores, so it washes no penalty off")
    func lower() throws {
        for (root, child, expected) in [(500_000, 300_000, 300_000), (300_000, 500_000, 300_000)]
            as [(Int64, Int64, Int64)]
        {
            var ledger = try Fixture.ledger(founders: [1: root, 2: child])
            ledger.logged(try Fixture.link(1, 2))
            #expect(try ledger.direct(1) == expected)
        }
        var ledger = try Fixture.ledger()
        try self.charge(&ledger, 2, 60_000)
        ledger.logged(try Fixture.link(1, 2))
        #expect(try ledger.direct(1) == 140_000)
    }

    @Test("D-12: a newcomer's key, which has earned and lost nothing, lowers no score")
    func newcomer() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        ledger.logged(try Fixture.announcement(by: 2, at: 0))
        ledger.logged(try Fixture.link(1, 2))
        #expect(try ledger.direct(1) == 500_000)
        #expect(ledger.status().knownIdentities == 1)
    }

    @Test("D-12: a banned key brings its ban along")
    func bannedChild() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000])
        ledger.logged(try Fixture.ban(of: 2))
        ledger.logged(try Fixture.link(1, 2))
        #expect(try ledger.direct(1) == 0)
    }

    @Test("R-01-008, ROT-N13: score, tenure and history move with a rotation")
    func rotated() throws {
        var ledger = try Fixture.ledger(founders: [1: 640_000])
        for cycle in 0..<8 as Range<Int64> {
            let at = cycle * 30 * Fixture.day
            ledger.logged(
                try Fixture.decision(
                    on: Fixture.id(Int(cycle)),
                    votes: [(1, .endorse)],
                    votedAt: at
                )
            )
        }
        let now = Fixture.at(8 * 30 * Fixture.day)
        let before = ledger.verdicts.tenures.tenure(of: try Fixture.person(1), at: now)
        ledger.logged(try Fixture.rotation(1, 2))
        #expect(try ledger.direct(2) == 640_000)
        #expect(try ledger.score(2) == 640_000)
        #expect(ledger.verdicts.tenures.tenure(of: try Fixture.person(2), at: now) == before)
        #expect(before.cycles == 8)
        try self.earn(&ledger, 1, 1_000)
        #expect(try ledger.direct(2) == 641_000)
        #expect(ledger.status().knownIdentities == 1)
    }

    @Test("D-44: rewards and limits of a proposal follow its author's and adopters' keys")
    func rewardsFollow() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(proposal)
        ledger.logged(try Fixture.adoption(of: proposal, by: 3))
        ledger.logged(try Fixture.rotation(1, 2, at: Fixture.hour))
        ledger.logged(try Fixture.rotation(3, 4, at: Fixture.hour))
        ledger.logged(try Fixture.adoption(of: proposal, by: 4, at: 2 * Fixture.hour))
        #expect(try ledger.direct(2) == 305_000)
        ledger.logged(try Fixture.adoption(of: proposal, by: 2, at: 2 * Fixture.hour))
        ledger.logged(try Fixture.adoption(of: proposal, by: 5, at: 2 * Fixture.hour))
        #expect(try ledger.direct(2) == 310_000)
    }

    @Test(
        "SIG-07, D-47: a suspended key is frozen at 0.1; the score before it is kept for its vote"
    )
    func suspended() throws {
        var ledger = try Fixture.ledger(founders: [1: 700_000])
        ledger.logged(try Fixture.rotation(1, 2, at: 0))
        ledger.logged(try Fixture.rotation(1, 3, at: 1))
        #expect(try ledger.direct(2) == 100_000)
        #expect(try ledger.score(2) == 100_000)
        #expect(try ledger.score(3) == 100_000)
        try self.earn(&ledger, 2, 10_000)
        let voter = VoterStandings.Voter(identity: try Fixture.person(2), at: Fixture.at(10))
        let standing = ledger.standing(of: voter)
        #expect(standing.isSuspended)
        #expect(standing.reputation.millionths == 700_000)
    }

    @Test("D-61: a ratified resolution frees the chosen successor and gives it the account")
    func resolved() throws {
        var ledger = try Fixture.ledger(founders: [1: 700_000])
        ledger.logged(try Fixture.rotation(1, 2, at: 0))
        ledger.logged(try Fixture.rotation(1, 3, at: 1))
        let resolution = try Fixture.resolution(.keyConflict, subject: 1, successor: 3)
        let fact = try Fixture.decision(
            on: Fixture.id(1),
            .ratified,
            resolution: resolution,
            at: Fixture.hour
        )
        ledger.logged(fact)
        #expect(try ledger.direct(3) == 700_000)
        #expect(ledger.ledger.identity(of: try Fixture.person(1)) == (try Fixture.person(3)))
    }

    @Test("D-12, D-83: the place of a successor with a past goes to a rival that was linked since")
    func passedOn() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000, 2: 300_000])
        ledger.logged(try Fixture.rotation(1, 3, at: Fixture.hour))
        ledger.logged(try Fixture.rotation(1, 4, at: Fixture.hour + 1))
        ledger.logged(try Fixture.link(2, 4, at: Fixture.hour + 2))
        #expect(try ledger.direct(2) == 300_000)
        ledger.logged(try Fixture.proposal(by: 3, at: 0))
        #expect(ledger.ledger.identity(of: try Fixture.person(1)) == (try Fixture.person(2)))
        #expect(try ledger.direct(1) == 300_000, "a link takes the lower of both")
        #expect(try ledger.direct(3) == 200_000)
    }

    @Test("LINK-12, D-13: a key that starts over starts at 0.2, and the root keeps what it had")
    func reborn() throws {
        var ledger = try Fixture.ledger(founders: [1: 400_000, 2: 400_000])
        ledger.logged(try Fixture.link(1, 2))
        ledger.logged(try Fixture.revocation(1, 2, at: Fixture.hour))
        let silent = try Fixture.proposal(by: 2, at: 2 * Fixture.hour)
        ledger.logged(silent)
        #expect(ledger.work.rewards.offers[silent.message.id] == nil)
        let announcement = try Fixture.announcement(by: 2, at: 3 * Fixture.hour)
        ledger.logged(announcement)
        #expect(try ledger.direct(2) == 200_000)
        #expect(try ledger.direct(1) == 400_000)
    }

    @Test("C1-15, LINK-12, D-13: so does one that starts over with a handshake")
    func rebornByHandshake() throws {
        var ledger = try Fixture.ledger(founders: [1: 400_000, 2: 400_000])
        ledger.logged(try Fixture.link(1, 2))
        ledger.logged(try Fixture.revocation(1, 2, at: Fixture.hour))
        let revoked = try Fixture.revocation(1, 2, at: Fixture.hour).message.timestamp
        let start = KeyStartedOver(
            key: try Fixture.person(2),
            computedAt: revoked.adding(milliseconds: 1)
        )
        ledger.logged(start.fact(recordedAt: start.computedAt))
        #expect(try ledger.direct(2) == 200_000)
        #expect(try ledger.direct(1) == 400_000)
        let proposal = try Fixture.proposal(by: 2, at: 2 * Fixture.hour)
        ledger.logged(proposal)
        #expect(ledger.work.rewards.offers[proposal.message.id] != nil)
    }

    @Test("R-01-057: a revocation takes nothing back")
    func revoked() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Fixture.link(1, 2))
        try self.earn(&ledger, 2, 10_000)
        ledger.logged(try Fixture.revocation(1, 2, at: Fixture.hour))
        #expect(try ledger.direct(1) == 205_946)
    }
}

@Suite("§1 Dampening")
struct DampeningTests {
    @Test("D-40: the gain is the exact floor of raw / keys^0.75", arguments: 1...40)
    func exact(keys: Int) {
        for raw in [0, 1, 7, 333, 4_999, 5_000, 20_000, 999_999, 1_000_000] as [Int64] {
            let gain = Dampening.dampened(FixedPoint(millionths: raw), keys: keys).millionths
            let isFloor = self.fits(gain, raw, keys) && !self.fits(gain + 1, raw, keys)
            #expect(isFloor, "\(raw) shared by \(keys)")
        }
    }

    private func fits(_ gain: Int64, _ raw: Int64, _ keys: Int) -> Bool {
        func power(_ number: Int64, _ exponent: Int) -> UInt128 {
            (0..<exponent).reduce(1) { product, _ in product * UInt128(number) }
        }
        return power(gain, 4) * power(Int64(keys), 3) <= power(raw, 4)
    }

    @Test("D-81: hostile numbers of keys and amounts end at the bounds")
    func hostile() {
        let most = FixedPoint(millionths: .max)
        #expect(Dampening.dampened(most, keys: 1) == .one)
        #expect(Dampening.dampened(most, keys: .max) == .zero)
        #expect(Dampening.dampened(FixedPoint(millionths: .min), keys: 2) == .zero)
        #expect(Dampening.dampened(.one, keys: 1_000_000).millionths == 31)
    }
}
