import Kernel
import Messages
import Primitives
import Testing

@testable import Consensus

@Suite("§8 Consensus on a bus")
struct ConsensusActorTests {
    private let node: Bench

    init() throws { self.node = try Bench() }

    @Test("D-58: a proposal is decided seconds after its deadline, on a sample, through the log")
    func decides() async throws {
        let proposal = try Fixture.proposal()
        await self.node.tell([.finishReplay, .catchUp(isBeginning: true), .judge(proposal)])
        for voter in 1...3 {
            await self.node.tell([
                .judge(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            ])
        }
        for hour in 1...10 { await self.node.pass(to: Int64(hour) * Fixture.hour) }
        #expect(self.node.kernel.nextWake == Moment(Fixture.at(Fixture.looking)))
        await self.node.pass(to: Fixture.looking)
        let facts = await self.node.log.recorded
        #expect(facts.map(\.kind) == Array(repeating: "hour", count: 10) + ["decision"])
        let decision = try #require(facts.last.flatMap { DecisionFact($0) })
        #expect(decision.votes.map(\.weight.millionths) == [400_000, 400_000, 400_000])
        #expect(await self.node.states == [.ratified])
        #expect(await self.node.rest.accepted == 4)
    }

    @Test("C4-11: votes of the last moment are waited for, and for the clocks of peers as well")
    func patience() async throws {
        let proposal = try Fixture.proposal()
        await self.node.tell([.finishReplay, .catchUp(isBeginning: true), .judge(proposal)])
        for voter in 1...2 {
            await self.node.tell([
                .judge(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            ])
        }
        await self.node.tell([.compareClock(ahead: 60_000)])
        await self.node.pass(to: Fixture.voting + 60_000)
        let last = try Fixture.vote("endorse", on: proposal.message.id, by: 3, at: Fixture.voting)
        await self.node.tell([.judge(last)])
        await self.node.pass(to: Fixture.voting + 65_000)
        #expect(await self.node.decisions.isEmpty)
        await self.node.pass(to: Fixture.voting + 65_001)
        #expect(await self.node.states == [.ratified])
        #expect(await self.node.decisions.last?.votes.count == 3)
    }

    @Test("nothing is decided before the replay is over")
    func notDuringReplay() async throws {
        await self.node.tell([.replay(try Fixture.proposal())])
        #expect(self.node.kernel.nextWake == nil)
        #expect(await self.node.log.recorded.isEmpty)
    }

    @Test("a withdrawal that overtakes the sample leaves later deadlines in force")
    func withdrawnMeanwhile() async throws {
        let first = try Fixture.proposal()
        let second = try Fixture.proposal(by: 1, at: Fixture.hour)
        await self.node.tell([
            .finishReplay, .catchUp(isBeginning: true), .judge(first), .judge(second),
        ])
        self.node.clock.set(to: Moment(Fixture.at(Fixture.looking)))
        // The withdrawal waits in front of the answer of the sample.
        self.node.kernel.fireWakes()
        self.node.rest.orders.put(
            .judge(try Fixture.withdrawal(of: first.message.id, by: 0, at: Fixture.voting))
        )
        await self.node.kernel.settle()
        await self.node.pass(to: Fixture.looking + Fixture.hour)
        #expect(await self.node.states == [.rejected, .withdrawn])
    }

    @Test("D-46: what comes due while voters are asked about waits until its own were")
    func dueMeanwhile() async throws {
        let first = try Fixture.proposal()
        let second = try Fixture.proposal(by: 1, at: Fixture.hour)
        await self.node.tell([
            .finishReplay, .catchUp(isBeginning: true), .judge(first), .judge(second),
        ])
        for voter in 1...3 {
            await self.node.tell([
                .judge(try Fixture.vote("endorse", on: second.message.id, by: voter))
            ])
        }
        let (clock, later) = (
            self.node.clock, Moment(Fixture.at(Fixture.looking + Fixture.hour))
        )
        self.node.ledger.meanwhile.put(Ledger.Meanwhile { clock.set(to: later) })
        await self.node.pass(to: Fixture.looking)
        #expect(await self.node.decisions.map(\.proposal) == [first.message.id])
        await self.node.pass(to: Fixture.looking + Fixture.hour)
        let decision = try #require(await self.node.decisions.last)
        #expect(decision.proposal == second.message.id)
        #expect(decision.votes.map(\.weight.millionths) == [400_000, 400_000, 400_000])
    }

    @Test("D-46: a vote that comes while the others' voters are asked about has its own standing")
    func votedMeanwhile() async throws {
        let proposal = try Fixture.proposal()
        await self.node.tell([.finishReplay, .catchUp(isBeginning: true), .judge(proposal)])
        for voter in 1...3 {
            await self.node.tell([
                .judge(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            ])
        }
        let vote = try Fixture.vote("reject", on: proposal.message.id, by: 4)
        self.node.ledger.meanwhile.put(Ledger.Meanwhile(arrives: vote))
        await self.node.pass(to: Fixture.looking)
        await self.node.pass(to: Fixture.looking + 1)
        #expect(await self.node.decisions.count == 1)
        let weights = await self.node.decisions.first?.votes.map(\.weight.millionths)
        #expect(weights == [400_000, 400_000, 400_000, 400_000])
    }

    @Test("D-46: between decisions a view shows what the votes weigh now")
    func currentWeights() async throws {
        let proposal = try Fixture.proposal()
        let vote = try Fixture.vote("endorse", on: proposal.message.id, by: 1, score: 900_000)
        await self.node.tell([
            .finishReplay, .catchUp(isBeginning: true), .judge(proposal), .judge(vote),
        ])
        let states = await self.node.states
        #expect(states == [.open])
        let view = try #require(await self.node.rest.views.first)
        #expect(view.tally.endorse.millionths == 400_000)
        #expect(view.outlook.activeIdentities == 4)
        #expect(view.outlook.marginMillionths == 330_000)
    }

    @Test("D-59: observed hours come back from the log, those while the node was off do not")
    func hoursSurvive() async throws {
        for hour in Fixture.hours([(16, 168)]) {
            await self.node.tell([.replayFact(hour.fact(recordedAt: hour.end))])
        }
        self.node.clock.set(to: Moment(Fixture.at(50 * Fixture.hour + 1)))
        await self.node.tell([.finishReplay, .catchUp(isBeginning: true), .askPhase])
        let phase = try #require(await self.node.rest.phase)
        #expect(phase.phase == .coldStart && phase.governanceSince == Fixture.start)
        #expect(phase.coldStartEnds == Fixture.at(30 * Fixture.day))
        // The rest of the hour in which the node started is not a whole hour that it saw.
        await self.node.pass(to: 51 * Fixture.hour)
        #expect(await self.node.log.recorded.isEmpty)
        await self.node.pass(to: 52 * Fixture.hour)
        #expect(await self.node.log.recorded.map(\.kind) == ["hour"])
        await self.node.tell([.askPhase])
        #expect(await self.node.rest.phase?.phase == .frozen)
        #expect(await self.node.rest.phase?.activeIdentities == 4)
    }
}
