import Kernel
import Messages
import Primitives

@testable import Consensus

/// Stands for Reputation: knows the network's size.
actor Ledger: Subsystem {
    static let name = SubsystemName.reputation

    /// What happens while it looks voters up.
    struct Meanwhile: Signal {
        var arrives: AdmittedMessage?
        var passes: @Sendable () -> Void = {}
    }

    /// Who is active, by number; all are rated alike.
    struct Active: Signal {
        let people: Int
    }

    nonisolated let meanwhile: Inlet<Meanwhile>
    nonisolated let active: Inlet<Active>
    private var next: Meanwhile?
    private var people = 4
    private let judge: Emitter<JudgeConsensusMessage>

    init(_ boot: borrowing Boot) {
        self.meanwhile = boot.inlet(Meanwhile.self)
        self.active = boot.inlet(Active.self)
        self.judge = boot.emits(JudgeConsensusMessage.self)
    }

    private func scores(all: Bool) throws -> Scores.Reply {
        let entries = try (0..<(all ? self.people : 0)).map { number in
            Scores.Entry(
                identity: try Fixture.person(number),
                overall: FixedPoint(millionths: 500_000),
                observations: 1,
                isActive: true
            )
        }
        return Scores.Reply(
            entries: entries,
            activeIdentities: self.people,
            activeReputation: FixedPoint(millionths: 500_000 * Int64(self.people))
        )
    }

    private func live(_ outbox: inout Outbox) {
        guard let meanwhile = self.next else { return }
        self.next = nil
        meanwhile.passes()
        guard let admitted = meanwhile.arrives else { return }
        outbox.send(self.judge, JudgeConsensusMessage(admitted: admitted))
    }

    static func wire(_ wiring: borrowing Wiring<Ledger>) {
        wiring.answers(Scores.self) { ledger, envelope, outbox in
            let scores = try ledger.scores(all: envelope.body.identities == nil)
            outbox.reply(scores, to: envelope.replyAddress)
        }
        wiring.receives(Active.self) { ledger, envelope, _ in
            ledger.people = envelope.body.people
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
actor Log: Subsystem {
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

/// Consensus on a bus, with stand-ins for its neighbours.
struct Bench {
    let clock = ManualClock(Moment(Fixture.start))
    let kernel: Kernel
    let rest: RestOfNode
    let ledger: Ledger
    let log: Log

    init() throws {
        self.kernel = Kernel(clock: self.clock, entropy: SeededEntropy(seed: 1))
        self.kernel.add { boot in Consensus(boot) }
        self.ledger = self.kernel.add { boot in Ledger(boot) }
        self.rest = self.kernel.add { boot in RestOfNode(boot) }
        self.log = self.kernel.add { boot in Log(boot) }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    func tell(_ orders: [RestOfNode.Order]) async {
        for order in orders { self.rest.orders.put(order) }
        await self.kernel.settle()
    }

    func pass(to offset: Int64) async {
        self.clock.set(to: Moment(Fixture.at(offset)))
        self.kernel.fireWakes()
        await self.kernel.settle()
    }

    /// So many people announced themselves.
    func hear(_ people: Int) async {
        self.ledger.active.put(Ledger.Active(people: people))
        await self.kernel.settle()
    }

    var states: [ProposalState] {
        get async {
            await self.tell([.show(nil)])
            return await self.rest.states
        }
    }

    var decisions: [DecisionFact] {
        get async { await self.log.recorded.compactMap { DecisionFact($0) } }
    }
}
