import Cryptography
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§13 Evolution, and what makes a network busy")
struct EvolutionTests {
    @Test("R-08-023, R-08-025: adopted content and challenges of seven days make a network busy")
    func activity() throws {
        try self.expectActivity(of: 0..<6, adopted: 1, pairs: 2)
    }

    @Test("R-08-023, D-36: founders and this node are vouched for without an announcement")
    func vouched() throws {
        let founders = try [1, 3, 4].map { try Fixture.person($0) }
        let own = try Fixture.person(2)
        let machine = Governance(founders: founders, own: own)
        try self.expectActivity(of: 0..<0, adopted: 1, pairs: 2, machine)
    }

    @Test(
        "R-08-023, R-08-025, R-10-001: keys that proved nothing make no network busy",
        arguments: [1..<1, 4..<6, 2..<6]
    )
    func idle(proven: Range<Int>) throws {
        try self.expectActivity(of: proven, adopted: 0, pairs: 0)
    }

    private func expectActivity(
        of proven: Range<Int>,
        adopted: Int,
        pairs: Int,
        _ machine: Governance = Governance()
    ) throws {
        var machine = machine
        let proposal = try Fixture.proposal()
        machine.take(proposal)
        for adopter in 1...3 {
            machine.take(try Fixture.adoption(of: proposal.message.id, by: adopter))
        }
        for person in proven {
            machine.take(try Fixture.announcement(by: person, status: .synced, at: 0))
        }
        machine.take(try Fixture.link(4, 5))
        for (challenger, challenged) in [(1, 2), (1, 2), (2, 1), (4, 5)] {
            machine.take(try Self.result(of: challenged, by: challenger))
        }
        let scores = Scores.Reply(
            entries: [],
            activeIdentities: 5,
            activeReputation: .one,
            earnedDelta: FixedPoint(millionths: 10)
        )
        let expected = Activity(
            adoptedProposals: adopted,
            earnedReputation: FixedPoint(millionths: 10),
            challengePairs: pairs
        )
        let end = Fixture.hour + 7 * Fixture.day
        #expect(machine.activity(scores, now: Fixture.at(end)) == expected)
        let after = machine.activity(scores, now: Fixture.at(end + 1))
        #expect(after.adoptedProposals == 0 && after.challengePairs == 0)
        #expect(expected.multiplier.millionths == 1_000_020 + Int64(adopted) * 530_000)
    }

    private static func result(of challenged: Int, by challenger: Int) throws -> AdmittedMessage {
        let draft = Draft.challengeResult(of: try Fixture.person(challenged))
        return try Fixture.admitted(draft, by: challenger, at: Fixture.hour)
    }

    @Test("D-59: a joiner takes over when three of the best five agree, if it counts 16 itself")
    func hints() throws {
        var machine = Governance()
        let since = [-40, -39, -39, -10].map { $0 * Fixture.day / 2 }
        for (number, offset) in since.enumerated() {
            machine.take(try Fixture.announcement(by: number, governanceSince: offset))
        }
        func hint(_ active: Int, _ peers: Int) throws -> GovernanceHint? {
            machine.hint(try Self.scores(Array(0..<peers), active: active))
        }
        let expected = Fixture.at(-39 * Fixture.day / 2)
        #expect(try hint(16, 4)?.since == expected)
        #expect(try hint(15, 4) == nil)
        #expect(try hint(16, 2) == nil)
        let said = try #require(try hint(16, 4))
        machine.learnt(said, at: Fixture.start)
        #expect(try hint(16, 4) == nil, "once is enough")
        let phase = machine.phase(now: Fixture.start)
        #expect(phase.phase == .coldStart && phase.governanceSince == expected)
        #expect(machine.clock.level(at: expected) == .standard)
    }

    @Test("D-59: this node has no place among the best five, and any key speaks for its identity")
    func keys() throws {
        var machine = Governance(own: try Fixture.person(10))
        machine.take(try Fixture.link(3, 30))
        for key in [0, 1, 30] {
            machine.take(try Fixture.announcement(by: key, governanceSince: -40 * Fixture.day))
        }
        let six = try Self.scores([10, 11, 12, 3, 0, 1], active: 16)
        #expect(machine.hint(six)?.since == Fixture.at(-40 * Fixture.day))
    }

    @Test("D-59: who says nothing has a place among the best five, so three liars decide nothing")
    func liars() throws {
        var machine = Governance()
        for liar in 0..<3 {
            machine.take(try Fixture.announcement(by: liar, governanceSince: -40 * Fixture.day))
        }
        let honest = Array(10..<23)
        #expect(machine.hint(try Self.scores(honest + [0, 1, 2], active: 16)) == nil)
        let three = try Self.scores(Array(honest.prefix(2)) + [0, 1, 2], active: 16)
        #expect(machine.hint(three) != nil)
    }

    /// People who are active, the best rated first.
    private static func scores(_ people: [Int], active: Int) throws -> Scores.Reply {
        let entries = try people.enumerated().map { place, person in
            Scores.Entry(
                identity: try Fixture.person(person),
                overall: FixedPoint(millionths: 900_000 - Int64(place)),
                observations: 1,
                isActive: true
            )
        }
        return Scores.Reply(entries: entries, activeIdentities: active, activeReputation: .one)
    }
}
