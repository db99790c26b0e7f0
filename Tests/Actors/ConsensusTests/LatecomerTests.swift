import Kernel
import Messages
import Primitives
import Testing

@testable import Consensus

@Suite("ADR 0024: latecomers decide as all others did")
struct LatecomerTests {
    /// How long it listens, and then waits as for any decision.
    private static let listening =
        ConsensusLimits.listeningMilliseconds + ConsensusLimits.settlingMilliseconds
    /// When a latecomer is there.
    private static let late = 2 * Fixture.voting

    private let node: Bench
    private let story: [AdmittedMessage]

    init() throws {
        self.node = try Bench()
        self.story = try LateDecisionTests.story()
        self.node.clock.set(to: Moment(Fixture.at(Self.late)))
    }

    /// What a node decides that was there all the time.
    private func decisionOfOthers() async throws -> DecisionFact {
        let other = try Bench()
        await other.tell([.finishReplay, .catchUp(isBeginning: true)])
        await other.tell(self.story.map { .judge($0) })
        await other.pass(to: Fixture.looking)
        let decision = try #require(await other.decisions.first)
        #expect(decision.state == .ratified)
        return decision
    }

    private func lateStory() -> [RestOfNode.Order] {
        self.story.map { .judge($0.arriving(at: Self.late)) }
    }

    @Test(
        "D-58: a node that was off over votes and deadline decides as the others, when it has both"
    )
    func returns() async throws {
        await self.node.tell([.replay(self.story[0]), .finishReplay])
        await self.node.pass(to: Self.late + Fixture.hour)
        #expect(await self.node.decisions.isEmpty)
        let votes = self.story.dropFirst().map { $0.arriving(at: Self.late + Fixture.hour) }
        await self.node.tell(votes.map { .judge($0) } + [.catchUp(isBeginning: false)])
        await self.node.pass(to: Self.late + Fixture.hour + Self.listening)
        #expect(await self.node.decisions.isEmpty)
        await self.node.pass(to: Self.late + Fixture.hour + Self.listening + 1)
        #expect(await self.node.decisions == [try await self.decisionOfOthers()])
    }

    @Test("D-55: a node that joins decides as the others on what was voted before it came")
    func joins() async throws {
        await self.node.tell([.finishReplay] + self.lateStory())
        await self.node.tell([.catchUp(isBeginning: false)])
        await self.node.pass(to: Self.late + Self.listening)
        #expect(await self.node.states == [.converging])
        await self.node.pass(to: Self.late + Self.listening + 1)
        #expect(await self.node.decisions == [try await self.decisionOfOthers()])
    }

    @Test("D-58: alone a node decides nothing that it missed; it does when it has heard others")
    func alone() async throws {
        await self.node.hear(1)
        await self.node.tell(self.story.map { .replay($0) })
        await self.node.tell([.finishReplay, .catchUp(isBeginning: false)])
        for look in 1...5 as ClosedRange<Int64> {
            await self.node.pass(to: Self.late + look * (Self.listening + 1))
        }
        #expect(await self.node.states == [.converging])
        await self.node.hear(4)
        await self.node.pass(to: Self.late + 6 * (Self.listening + 1))
        #expect(await self.node.decisions == [try await self.decisionOfOthers()])
    }

    @Test("D-55: alone a node decides in time what it did not miss, whatever else is late")
    func aloneInTime() async throws {
        let timely = try Fixture.proposal(by: 5, at: Self.late, title: "timely")
        await self.node.hear(1)
        await self.node.tell(self.story.map { .replay($0) })
        await self.node.tell([.finishReplay, .catchUp(isBeginning: false), .judge(timely)])
        await self.node.pass(to: Self.late + Fixture.looking)
        #expect(await self.node.decisions.map(\.proposal) == [timely.message.id])
    }

    @Test("D-59: a node that joins a governing network hears of it before it decides on a ban")
    func hears() async throws {
        let ban = try LateDecisionTests.story(try LateDecisionTests.ban())
        let announcements = try (0..<16).map {
            try Fixture.announcement(by: $0, governanceSince: -40 * Fixture.day)
        }
        await self.node.hear(16)
        await self.node.tell([.finishReplay] + announcements.map { .replay($0) })
        await self.node.tell(ban.map { .judge($0.arriving(at: Self.late)) })
        await self.node.tell([.catchUp(isBeginning: false)])
        await self.node.pass(to: Self.late + Self.listening + 1)
        await self.node.pass(to: Self.late + Self.listening + 1)
        let kinds = await self.node.log.recorded.map { FactKind($0) }
        #expect(kinds == [.governance, .decision])
        #expect(await self.node.decisions.map(\.state) == [.ratified])
    }
}
