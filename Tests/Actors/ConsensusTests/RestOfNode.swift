import Kernel
import Messages
import Primitives

/// Stands for the rest of the node: hands messages over, replays, looks at the result.
actor RestOfNode: Subsystem {
    static let name = SubsystemName.localAPI

    enum Order: Signal {
        case judge(AdmittedMessage)
        case replay(AdmittedMessage)
        case replayFact(LocalFact)
        case finishReplay
        case catchUp(isBeginning: Bool)
        case compareClock(ahead: Int64)
        case show(MessageID?)
        case showOffer(ContentHash)
        case showRequest(MessageID?)
        case askPhase
    }

    nonisolated let orders: Inlet<Order>
    private(set) var views: [ProposalView] = []
    private(set) var requests: [RequestView] = []
    private(set) var versions: [ProtocolVersions] = []
    private(set) var phase: NetworkPhase.Reply?
    private(set) var accepted = 0
    private let judge: Emitter<JudgeConsensusMessage>
    private let logged: Emitter<MessageLogged>
    private let fact: Emitter<FactLogged>
    private let finished: Emitter<ReplayFinished>
    private let caughtUp: Emitter<CaughtUp>
    private let compared: Emitter<ClockCompared>
    private let proposals: Asker<Proposals, Void>
    private let list: Asker<Requests, Void>
    private let phases: Asker<NetworkPhase, Void>

    var states: [ProposalState] { self.views.map(\.state) }

    init(_ boot: borrowing Boot) {
        self.orders = boot.inlet(Order.self)
        self.judge = boot.emits(JudgeConsensusMessage.self)
        self.logged = boot.emits(MessageLogged.self)
        self.fact = boot.emits(FactLogged.self)
        self.finished = boot.emits(ReplayFinished.self)
        self.caughtUp = boot.emits(CaughtUp.self)
        self.compared = boot.emits(ClockCompared.self)
        self.proposals = boot.asks(Proposals.self)
        self.list = boot.asks(Requests.self)
        self.phases = boot.asks(NetworkPhase.self)
    }

    static func wire(_ wiring: borrowing Wiring<RestOfNode>) {
        wiring.receives(Order.self) { rest, envelope, outbox in rest.obey(envelope.body, &outbox) }
        wiring.receives(MessageAccepted.self) { rest, _, _ in rest.accepted += 1 }
        wiring.hears(Proposals.self) { rest, reply, _ in
            rest.views = reply?.proposals ?? []
        }
        wiring.hears(Requests.self) { rest, reply, _ in
            rest.requests = reply?.requests ?? []
        }
        wiring.hears(NetworkPhase.self) { rest, reply, _ in
            rest.phase = reply
        }
        wiring.receives(ProtocolVersionsChanged.self) { rest, envelope, _ in
            rest.versions.append(envelope.body.versions)
        }
    }

    private func obey(_ order: Order, _ outbox: inout Outbox) {
        switch order {
        case .judge(let admitted):
            outbox.send(self.judge, JudgeConsensusMessage(admitted: admitted))
        case .replay(let admitted):
            let event = MessageLogged(sequence: 1, admitted: admitted, isReplay: true)
            outbox.send(self.logged, event)
        case .replayFact(let fact):
            outbox.send(self.fact, FactLogged(sequence: 1, fact: fact, isReplay: true))
        case .finishReplay:
            outbox.send(self.finished, ReplayFinished(lastSequence: 1, lastArrival: nil))
        case .catchUp(let isBeginning):
            outbox.send(self.caughtUp, CaughtUp(isBeginning: isBeginning))
        case .compareClock(let ahead):
            let comparison = ClockComparison(
                offsetMilliseconds: ahead,
                peers: 3,
                standing: .right
            )
            outbox.send(self.compared, ClockCompared(comparison: comparison))
        case .show(let id): outbox.ask(self.proposals, Proposals(id: id, limit: 10))
        case .showOffer(let hash): outbox.ask(self.proposals, Proposals(offering: hash))
        case .showRequest(let id): outbox.ask(self.list, Requests(id: id))
        case .askPhase: outbox.ask(self.phases, NetworkPhase())
        }
    }
}
