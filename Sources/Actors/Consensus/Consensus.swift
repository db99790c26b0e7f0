public import Kernel
import Messages
import OrderedCollections
import Primitives

/// The subsystem that judges requests, proposals, votes, comments and adoptions, and decides.
public actor Consensus: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.consensus

    private var machine = ConsensusStateMachine()
    /// The network as of the last look; decisions take a sample of their own.
    private var network = NetworkSize(activeIdentities: 1, activeReputation: .zero)
    /// Sampling is under way, or its decisions are on their way to the log.
    private var isDeciding = false
    private var isLive = false
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let fetch: Emitter<FetchMissing>
    private let record: Emitter<RecordFact>
    private let scores: Emitter<Scores>

    /// Plugs the subsystem in.
    public init(_ boot: borrowing Boot) {
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.fetch = boot.emits(FetchMissing.self)
        self.record = boot.emits(RecordFact.self)
        self.scores = boot.asks(Scores.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Consensus>) {
        wiring.receives(JudgeConsensusMessage.self) { consensus, envelope, outbox in
            consensus.perform(consensus.machine.judge(envelope.body.admitted), &outbox)
            consensus.sleep(&outbox)
        }
        Self.wireLog(wiring)
        wiring.wakes { consensus, outbox in consensus.lookAtDeadlines(&outbox) }
        wiring.receives(Scores.Reply.self) { consensus, envelope, outbox in
            consensus.sampled(envelope.body, &outbox)
        }
        Self.wireQueries(wiring)
    }

    private static func wireLog(_ wiring: borrowing Wiring<Consensus>) {
        wiring.receives(MessageLogged.self) { consensus, envelope, _ in
            if envelope.body.isReplay { consensus.machine.apply(envelope.body.admitted) }
        }
        wiring.receives(FactLogged.self) { consensus, envelope, outbox in
            consensus.logged(envelope.body.fact, &outbox)
        }
        wiring.receives(ReplayFinished.self) { consensus, _, outbox in
            consensus.isLive = true
            consensus.sleep(&outbox)
        }
    }

    private static func wireQueries(_ wiring: borrowing Wiring<Consensus>) {
        wiring.answers(Proposals.self) { consensus, envelope, outbox in
            let views = consensus.machine.views(envelope.body, network: consensus.network)
            outbox.reply(Proposals.Reply(proposals: views), to: envelope.replyAddress)
        }
        wiring.answers(Requests.self) { consensus, envelope, outbox in
            let requests = consensus.machine.newestRequests(limit: envelope.body.limit)
            outbox.reply(Requests.Reply(requests: requests), to: envelope.replyAddress)
        }
        wiring.answers(ProposalRoot.self) { consensus, envelope, outbox in
            let root = consensus.machine.proposalRoot(now: outbox.now.timestamp)
            outbox.reply(ProposalRoot.Reply(root: root), to: envelope.replyAddress)
        }
        wiring.answers(ConsensusStatus.self) { consensus, envelope, outbox in
            outbox.reply(consensus.status, to: envelope.replyAddress)
        }
    }

    private var status: ConsensusStatus.Reply {
        ConsensusStatus.Reply(
            requests: self.machine.requests.count,
            proposals: self.machine.proposals.count,
            votes: self.machine.voteCount,
            digest: self.machine.digest
        )
    }

    private func sleep(_ outbox: inout Outbox) {
        guard self.isLive, !self.isDeciding, let next = self.machine.nextDecision else { return }
        // Votes stamped at the deadline itself still count, so the look comes one tick later.
        outbox.wake(at: Moment(next.adding(milliseconds: 1)))
    }

    /// Asks for a sample of the network when a decision is due.
    private func lookAtDeadlines(_ outbox: inout Outbox) {
        guard self.isLive, !self.isDeciding else { return }
        guard !self.machine.due(now: outbox.now.timestamp).isEmpty else {
            return self.sleep(&outbox)
        }
        self.isDeciding = true
        _ = outbox.ask(self.scores, Scores())
    }

    private func sampled(_ reply: Scores.Reply, _ outbox: inout Outbox) {
        self.network = NetworkSize(
            activeIdentities: reply.activeIdentities,
            activeReputation: reply.activeReputation
        )
        let decisions = self.machine.decide(network: self.network, now: outbox.now.timestamp)
        self.isDeciding = !decisions.isEmpty
        self.perform(decisions, &outbox)
        self.sleep(&outbox)
    }

    private func logged(_ fact: LocalFact, _ outbox: inout Outbox) {
        guard fact.owner == .consensus else { return }
        switch fact.kind {
        case Decision.factKind:
            guard let decision = Decision(factBody: fact.body) else { return }
            self.machine.decided(decision)
            guard self.isLive else { return }
            self.isDeciding = !self.machine.due(now: outbox.now.timestamp).isEmpty
            self.sleep(&outbox)
        case Adoption.factKind:
            if let proposal = Adoption.proposal(in: fact.body) { self.machine.adopted(proposal) }
        default: break
        }
    }

    private func perform(_ actions: [ConsensusAction], _ outbox: inout Outbox) {
        for action in actions {
            switch action {
            case .accept(let admitted):
                outbox.send(self.accepted, MessageAccepted(admitted: admitted))
            case .refuse(let admitted, let refusal):
                outbox.send(
                    self.refused,
                    MessageRefused(
                        origin: admitted.origin,
                        id: admitted.message.id,
                        refusal: refusal
                    )
                )
            case .fetch(let id, let holders):
                outbox.send(self.fetch, FetchMissing(ids: [id], likelyHolders: holders))
            case .record(let decision):
                let fact = LocalFact(
                    owner: .consensus,
                    kind: Decision.factKind,
                    body: decision.factBody,
                    recordedAt: outbox.now.timestamp
                )
                outbox.send(self.record, RecordFact(fact: fact))
            }
        }
    }
}
