import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§9 Rewards and gates")
struct RewardTests {
    @Test("D-44: an adoption earns the author 0.005, once for each adopting identity")
    func once() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(proposal)
        ledger.logged(try Fixture.adoption(of: proposal, by: 2))
        #expect(try ledger.direct(1) == 305_000)
        ledger.logged(try Fixture.adoption(of: proposal, by: 2, at: 2 * Fixture.hour))
        ledger.logged(try Fixture.link(2, 3))
        ledger.logged(try Fixture.adoption(of: proposal, by: 3))
        #expect(try ledger.direct(1) == 305_000)
        ledger.logged(try Fixture.adoption(of: proposal, by: 4))
        #expect(try ledger.direct(1) == 310_000)
        let history = ledger.history(of: try Fixture.person(1))
        #expect(history.entries.count == 2)
        let cause = "adoption of \(proposal.message.id) by \(try Fixture.person(4))"
        #expect(history.entries.last?.cause == cause)
    }

    @Test("C1-12, R-08-037: a constitutional proposal that is adopted too early earns in no order")
    func tooEarly() throws {
        let deadline = Fixture.at(100 * Fixture.day)
        let proposal = try Fixture.admitted(
            .proposal(content: Fixture.artefact, tier: .constitutional, until: deadline),
            by: 1,
            at: 0
        )
        let early = try Fixture.adoption(of: proposal, by: 2, at: 130 * Fixture.day - 1)
        for order in [[proposal, early], [early, proposal]] {
            var ledger = try Fixture.ledger(founders: [1: 300_000])
            for message in order { ledger.logged(message) }
            func earned() throws -> Int {
                ledger.history(of: try Fixture.person(1)).entries
                    .count { $0.cause.hasPrefix("adoption of") }
            }
            #expect(try earned() == 0)
            ledger.logged(try Fixture.adoption(of: proposal, by: 2, at: 130 * Fixture.day))
            #expect(try earned() == 1)
        }
    }

    @Test("D-44: nobody earns by adopting an own proposal, with whichever key")
    func notOneself() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(try Fixture.link(1, 5))
        ledger.logged(proposal)
        ledger.logged(try Fixture.adoption(of: proposal, by: 1))
        ledger.logged(try Fixture.adoption(of: proposal, by: 5))
        #expect(try ledger.direct(1) == 300_000)
    }

    @Test("D-44: a failed adoption earns nothing, and a later success does")
    func failure() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(proposal)
        ledger.logged(try Fixture.adoption(of: proposal, by: 2, success: false))
        #expect(try ledger.direct(1) == 300_000)
        ledger.logged(try Fixture.adoption(of: proposal, by: 2, at: 2 * Fixture.hour))
        #expect(try ledger.direct(1) == 305_000)
    }

    @Test("R-09-006, R-16-057: an adoption is worth 0.005, and ten of a proposal are rewarded")
    func tenAtMost() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(proposal)
        // Two a day, so that no velocity limit is met first.
        for adopter in 2..<16 {
            let time = Int64(adopter / 2) * Fixture.day
            ledger.logged(try Fixture.adoption(of: proposal, by: adopter, at: time))
        }
        #expect(try ledger.direct(1) == 350_000)
    }

    @Test("an adoption that came before its proposal is rewarded when the proposal comes")
    func orphan() throws {
        var ledger = try Fixture.ledger(founders: [1: 300_000])
        let proposal = try Fixture.proposal(by: 1)
        ledger.logged(try Fixture.adoption(of: proposal, by: 2))
        #expect(try ledger.direct(1) == 300_000)
        ledger.logged(proposal)
        #expect(try ledger.direct(1) == 305_000)
    }

    @Test("D-36: founders start from the genesis list, everybody else from 0.2")
    func genesis() throws {
        let ledger = try Fixture.ledger(founders: [1: 500_000])
        #expect(ledger.score(of: try Fixture.person(1)).millionths == 500_000)
        #expect(ledger.score(of: try Fixture.person(2)) == ReputationLimits.start)
        #expect(ledger.status().knownIdentities == 1)
    }

    private func refusal(_ admitted: AdmittedMessage, score: Int64, isLocal: Bool = true) throws
        -> Refusal.Code?
    {
        let ledger = try Fixture.ledger(founders: [1: score])
        let relay = try Fixture.person(2)
        let command = RateSender(
            message: admitted.message,
            origin: isLocal
                ? .local(nil) : .gossip(relay: relay, topic: .proposals, ticket: 1),
            receivedAt: admitted.receivedAt,
            sender: admitted.sender
        )
        return ledger.gateRefusal(command)?.code
    }

    @Test("D-51: own messages are held back more than 0.02 below the gate")
    func ownGate() throws {
        let proposal = try Fixture.proposal(by: 1)
        #expect(try self.refusal(proposal, score: 279_999) == .belowGate)
        #expect(try self.refusal(proposal, score: 280_000) == nil)
    }

    @Test("D-20: the messages of others are not held back by their score")
    func foreignGate() throws {
        let proposal = try Fixture.proposal(by: 1)
        #expect(try self.refusal(proposal, score: 100_000, isLocal: false) == nil)
    }

    @Test("what needs no score is not held back")
    func withoutGate() throws {
        let proposal = try Fixture.proposal(by: 5)
        let adoption = try Fixture.adoption(of: proposal, by: 1)
        #expect(try self.refusal(adoption, score: 100_000) == nil)
        let request = try Fixture.admitted(.request(), by: 1, at: 0)
        #expect(try self.refusal(request, score: 100_000) == nil)
    }

    @Test("R-08-016, R-08-017: who announced within 30 minutes is active, and this node always is")
    func active() throws {
        var ledger = try Fixture.ledger(founders: [0: 500_000, 1: 400_000])
        ledger.announced(try Fixture.announcement(by: 1, at: 0))
        let within = ledger.scores(nil, now: Fixture.at(Fixture.hour / 2))
        #expect(within.activeIdentities == 2)
        #expect(within.activeReputation.millionths == 900_000)
        let after = ledger.scores(nil, now: Fixture.at(Fixture.hour / 2 + 1))
        #expect(after.activeIdentities == 1)
        #expect(after.activeReputation.millionths == 500_000)
        #expect(after.entries.map(\.isActive).count(where: \.self) == 1)
        #expect(after.entries.map(\.identity) == after.entries.map(\.identity).sorted())
    }
}

@Suite("§4 The ledger is a fold over the log")
struct LedgerFoldTests {
    private static func story() throws -> [AdmittedMessage] {
        let proposal = try Fixture.proposal(by: 1)
        let other = try Fixture.proposal(by: 2, at: 1)
        return [
            proposal, other, try Fixture.adoption(of: proposal, by: 3, at: 2),
            try Fixture.adoption(of: proposal, by: 4, at: 3),
            try Fixture.adoption(of: other, by: 3, at: 4),
            try Fixture.adoption(of: other, by: 2, at: 5),
        ]
    }

    @Test("every order of arrival within an hour and below the limits gives one ledger")
    func permuted() throws {
        let ends = Set(
            try permutations(try Self.story()).map { order in
                var ledger = try Fixture.ledger(founders: [1: 500_000, 2: 400_000])
                for message in order { ledger.logged(message) }
                return ledger.agreed
            }
        )
        #expect(ends.count == 1)
    }

    @Test("replay gives the digest of the live node; announcements are no part of it")
    func replay() throws {
        var live = try Fixture.ledger(founders: [1: 500_000])
        var replayed = live
        var log: [AdmittedMessage] = []
        for round in 0..<6 as Range<Int64> {
            let offset = round * Fixture.day
            let proposal = try Fixture.proposal(by: 1, at: offset)
            log.append(proposal)
            for adopter in 2..<9 {
                log.append(
                    try Fixture.adoption(of: proposal, by: adopter, at: offset + Int64(adopter))
                )
            }
        }
        for message in log {
            live.announced(try Fixture.announcement(by: 7, at: 0))
            live.logged(message)
        }
        for message in log { replayed.logged(message) }
        #expect(replayed.digest == live.digest)
        #expect(replayed.history(of: try Fixture.person(1)).entries.count == 16)
        // Four days of 0.02, then the week is used up.
        #expect(try live.direct(1) == 580_000)
        let empty = try Fixture.ledger(founders: [1: 500_000])
        #expect(live.digest != empty.digest)
    }
}
