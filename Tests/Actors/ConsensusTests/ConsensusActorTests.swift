import Kernel
import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Consensus

/// Stands for Reputation: knows the network's size.
private actor Ledger: Subsystem {
    static let name = SubsystemName.reputation

    /// What happens while it looks voters up.
    struct Meanwhile: BusMessage {
        var arrives: AdmittedMessage?
        var passes: @Sendable () -> Void = {}
    }

    nonisolated let meanwhile: Inlet<Meanwhile>
    private var next: Meanwhile?
    private let judge: Emitter<JudgeConsensusMessage>

    init(_ boot: borrowing Boot) {
        self.meanwhile = boot.inlet(Meanwhile.self)
        self.judge = boot.emits(JudgeConsensusMessage.self)
    }

    private func live(_ outbox: inout Outbox) {
        guard let meanwhile = self.next else { return }
        self.next = nil
        meanwhile.passes()
        guard let admitted = meanwhile.arrives else { return }
        outbox.send(self.judge, JudgeConsensusMessage(admitted: admitted))
    }

    static func wire(_ wiring: borrowing Wiring<Ledger>) {
        wiring.answers(Scores.self) { _, envelope, outbox in
            let reply = Scores.Reply(
                entries: [],
                activeIdentities: 4,
                activeReputation: FixedPoint(millionths: 2_000_000)
            )
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.receives(Meanwhile.self) { ledger, envelope, _ in ledger.next = envelope.body }
        wiring.answers(VoterStandings.self) { ledger, envelope, outbox in
            ledger.live(&outbox)
            let standings = envelope.body.voters.map { voter in
                VoterStandings.Reply.Standing(
                    identity: voter.identity,
                    at: voter.at,
                    reputation: FixedPoint(millionths: 400_000),
                    isSuspended: false,
                    tenureFactor: .one
                )
            }
            outbox.reply(
                VoterStandings.Reply(standings: standings),
                to: envelope.replyAddress
            )
        }
    }
}

/// Stands for Persistence: what is recorded is logged.
private actor Log: Subsystem {
    static let name = SubsystemName.persistence
    private(set) var recorded: [LocalFact] = []
    private let logged: Emitter<FactLogged>

    init(_ boot: borrowing Boot) { self.logged = boot.emits(FactLogged.self) }

    static func wire(_ wiring: borrowing Wiring<Log>) {
        wiring.answers(MessagesByID.self) { _, envelope, outbox in
            outbox.reply(MessagesByID.Reply(messages: []), to: envelope.replyAddress)
        }
        wiring.receives(RecordFact.self) { log, envelope, outbox in
            log.recorded.append(envelope.body.fact)
            outbox.send(
                log.logged,
                FactLogged(sequence: 2, fact: envelope.body.fact, isReplay: false)
            )
        }
    }
}

@Suite("§8 Consensus on a bus")
struct ConsensusActorTests {
    private let clock = ManualClock(Moment(Fixture.start))
    private let kernel: Kernel
    private let rest: RestOfNode
    private let ledger: Ledger
    private let log: Log

    init() throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        self.kernel.add { boot in Consensus(boot) }
        self.ledger = self.kernel.add { boot in Ledger(boot) }
        self.rest = self.kernel.add { boot in RestOfNode(boot) }
        self.log = self.kernel.add { boot in Log(boot) }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    private func tell(_ orders: [RestOfNode.Order]) async {
        for order in orders { self.rest.orders.put(order) }
        await self.kernel.settle()
    }

    private func pass(to offset: Int64) async {
        self.clock.set(to: Moment(Fixture.at(offset)))
        self.kernel.fireWakes()
        await self.kernel.settle()
    }

    private var states: [ProposalState] {
        get async {
            await self.tell([.show(nil)])
            return await self.rest.states
        }
    }

    @Test("D-58: a proposal is decided one tick after its deadline, on a sample, through the log")
    func decides() async throws {
        let proposal = try Fixture.proposal()
        await self.tell([.finishReplay, .judge(proposal)])
        for voter in 1...3 {
            await self.tell([
                .judge(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            ])
        }
        for hour in 1...10 { await self.pass(to: Int64(hour) * Fixture.hour) }
        #expect(self.kernel.nextWake == Moment(Fixture.at(Fixture.voting + 1)))
        await self.pass(to: Fixture.voting + 1)
        let facts = await self.log.recorded
        #expect(facts.map(\.kind) == Array(repeating: "hour", count: 10) + ["decision"])
        let decision = try #require(facts.last.flatMap { DecisionFact($0) })
        #expect(decision.votes.map(\.weight.millionths) == [400_000, 400_000, 400_000])
        #expect(await self.states == [.ratified])
        #expect(await self.rest.accepted == 4)
    }

    @Test("a proposal that came due while the node was off is decided after the replay")
    func dueAtReplay() async throws {
        let proposals = try (0..<2).map { try Fixture.proposal(by: $0) }
        var machine = ConsensusStateMachine()
        for proposal in proposals { machine.apply(proposal) }
        let record = try #require(machine.proposals[proposals[0].message.id])
        let decision = machine.decision(on: record, Fixture.network(), Standings())
        let fact = LocalFact(
            owner: .consensus,
            kind: DecisionFact.kind,
            body: decision.body,
            recordedAt: Fixture.at(Fixture.voting + 1)
        )
        self.clock.set(to: Moment(Fixture.at(2 * Fixture.voting)))
        await self.tell(proposals.map { .replay($0) } + [.replayFact(fact), .finishReplay])
        await self.pass(to: 2 * Fixture.voting)
        #expect(await self.log.recorded.count == 1)
        #expect(await self.states == [.expired, .expired])
    }

    @Test("nothing is decided before the replay is over")
    func notDuringReplay() async throws {
        await self.tell([.replay(try Fixture.proposal())])
        #expect(self.kernel.nextWake == nil)
        #expect(await self.log.recorded.isEmpty)
    }

    @Test("a withdrawal that overtakes the sample leaves later deadlines in force")
    func withdrawnMeanwhile() async throws {
        let first = try Fixture.proposal()
        let second = try Fixture.proposal(by: 1, at: Fixture.hour)
        await self.tell([.finishReplay, .judge(first), .judge(second)])
        self.clock.set(to: Moment(Fixture.at(Fixture.voting + 1)))
        // The withdrawal waits in front of the answer of the sample.
        self.kernel.fireWakes()
        self.rest.orders.put(
            .judge(try Fixture.withdrawal(of: first.message.id, by: 0, at: Fixture.voting))
        )
        await self.kernel.settle()
        await self.pass(to: Fixture.voting + Fixture.hour + 1)
        #expect(await self.states == [.expired, .withdrawn])
    }

    private var decisions: [DecisionFact] {
        get async { await self.log.recorded.compactMap { DecisionFact($0) } }
    }

    @Test("D-46: what comes due while voters are asked about waits until its own were")
    func dueMeanwhile() async throws {
        let first = try Fixture.proposal()
        let second = try Fixture.proposal(by: 1, at: Fixture.hour)
        await self.tell([.finishReplay, .judge(first), .judge(second)])
        for voter in 1...3 {
            await self.tell([
                .judge(try Fixture.vote("endorse", on: second.message.id, by: voter))
            ])
        }
        let (clock, later) = (self.clock, Moment(Fixture.at(Fixture.voting + Fixture.hour + 1)))
        self.ledger.meanwhile.put(Ledger.Meanwhile { clock.set(to: later) })
        await self.pass(to: Fixture.voting + 1)
        #expect(await self.decisions.map(\.proposal) == [first.message.id])
        await self.pass(to: Fixture.voting + Fixture.hour + 1)
        let decision = try #require(await self.decisions.last)
        #expect(decision.proposal == second.message.id)
        #expect(decision.votes.map(\.weight.millionths) == [400_000, 400_000, 400_000])
    }

    @Test("D-46: a vote that comes while the others' voters are asked about has its own standing")
    func votedMeanwhile() async throws {
        let proposal = try Fixture.proposal()
        await self.tell([.finishReplay, .judge(proposal)])
        for voter in 1...3 {
            await self.tell([
                .judge(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            ])
        }
        let vote = try Fixture.vote("reject", on: proposal.message.id, by: 4)
        self.ledger.meanwhile.put(Ledger.Meanwhile(arrives: vote))
        await self.pass(to: Fixture.voting + 1)
        await self.pass(to: Fixture.voting + 2)
        #expect(await self.decisions.count == 1)
        let weights = await self.decisions.first?.votes.map(\.weight.millionths)
        #expect(weights == [400_000, 400_000, 400_000, 400_000])
    }

    @Test("D-46: between decisions a view shows what the votes weigh now")
    func currentWeights() async throws {
        let proposal = try Fixture.proposal()
        let vote = try Fixture.vote("endorse", on: proposal.message.id, by: 1, score: 900_000)
        await self.tell([.finishReplay, .judge(proposal), .judge(vote)])
        let states = await self.states
        #expect(states == [.open])
        let view = try #require(await self.rest.views.first)
        #expect(view.tally.endorse.millionths == 400_000)
        #expect(view.outlook.activeIdentities == 4)
        #expect(view.outlook.marginMillionths == 330_000)
    }

    @Test("D-59: observed hours come back from the log, those while the node was off do not")
    func hoursSurvive() async throws {
        for hour in Fixture.hours([(16, 168)]) {
            let fact = LocalFact(
                owner: .consensus,
                kind: HourObservation.factKind,
                body: hour.factBody,
                recordedAt: hour.end
            )
            await self.tell([.replayFact(fact)])
        }
        self.clock.set(to: Moment(Fixture.at(50 * Fixture.hour + 1)))
        await self.tell([.finishReplay, .askPhase])
        let phase = try #require(await self.rest.phase)
        #expect(phase.phase == .coldStart && phase.governanceSince == Fixture.start)
        #expect(phase.coldStartEnds == Fixture.at(30 * Fixture.day))
        // The rest of the hour in which the node started is not a whole hour that it saw.
        await self.pass(to: 51 * Fixture.hour)
        #expect(await self.log.recorded.isEmpty)
        await self.pass(to: 52 * Fixture.hour)
        #expect(await self.log.recorded.map(\.kind) == ["hour"])
        await self.tell([.askPhase])
        #expect(await self.rest.phase?.phase == .frozen)
        #expect(await self.rest.phase?.activeIdentities == 4)
    }
}
