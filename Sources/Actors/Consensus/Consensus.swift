public import Kernel
public import Messages
import OrderedCollections
public import Primitives

/// The subsystem that judges requests, proposals, votes, comments and adoptions, and decides.
public actor Consensus: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.consensus

    var machine: ConsensusStateMachine
    /// The network as of the last look; decisions take a sample of their own.
    var network = NetworkSize(activeIdentities: 1, activeReputation: .zero)
    /// Whether a decision is being prepared; one at a time.
    var isDeciding = false
    /// Decisions on their way to the log.
    private var unlogged: OrderedSet<MessageID> = []
    /// When this node began to follow the network; nil during the replay.
    var liveSince: Timestamp?
    /// The next full hour.
    var nextHour = Timestamp(milliseconds: .max)
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let fetch: Emitter<FetchMissing>
    private let assessments: Emitter<FetchAssessments>
    private let versions: Emitter<ProtocolVersionsChanged>
    let record: Emitter<RecordFact>
    let scores: Asker<Scores, Inquiry>
    let standings: Asker<VoterStandings, Inquiry>
    let log: Asker<MessagesByID, Unread>

    /// Plugs the subsystem in.
    public init(
        _ boot: borrowing Boot,
        parameters: NetworkParameters = NetworkParameters(),
        founders: [NodeID] = [],
        own: NodeID? = nil
    ) {
        self.machine = ConsensusStateMachine(parameters: parameters, founders: founders, own: own)
        self.machine.wasAway()
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.fetch = boot.emits(FetchMissing.self)
        self.assessments = boot.emits(FetchAssessments.self)
        self.versions = boot.emits(ProtocolVersionsChanged.self)
        self.record = boot.emits(RecordFact.self)
        self.scores = boot.asks(Scores.self, about: Inquiry.self)
        self.standings = boot.asks(VoterStandings.self, about: Inquiry.self)
        self.log = boot.asks(MessagesByID.self, about: Unread.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Consensus>) {
        wiring.receives(JudgeConsensusMessage.self) { consensus, envelope, outbox in
            let admitted = envelope.body.admitted
            consensus.perform(consensus.machine.judge(admitted), &outbox)
            consensus.wake(after: admitted.message, &outbox)
        }
        Self.wireLog(wiring)
        Self.wireInquiries(wiring)
        Self.wireQueries(wiring)
    }

    private static func wireLog(_ wiring: borrowing Wiring<Consensus>) {
        wiring.receives(MessageLogged.self) { consensus, envelope, outbox in
            consensus.logged(envelope.body, &outbox)
        }
        wiring.receives(FactLogged.self) { consensus, envelope, outbox in
            consensus.logged(envelope.body.fact, &outbox)
        }
        wiring.receives(ReplayFinished.self) { consensus, _, outbox in
            consensus.liveSince = outbox.now.timestamp
            consensus.nextHour = Timestamp(clockHour: outbox.now.timestamp.clockHour + 1)
            consensus.resume(&outbox)
            consensus.sleep(&outbox)
        }
        wiring.receives(ClockCompared.self) { consensus, envelope, outbox in
            consensus.machine.compared(envelope.body.comparison)
            consensus.sleep(&outbox)
        }
        wiring.receives(CaughtUp.self) { consensus, envelope, outbox in
            consensus.machine.caughtUp(
                isBeginning: envelope.body.isBeginning,
                now: outbox.now.timestamp
            )
            consensus.sleep(&outbox)
        }
    }

    private static func wireQueries(_ wiring: borrowing Wiring<Consensus>) {
        wiring.answers(Proposals.self) { consensus, envelope, outbox in
            consensus.answer(envelope.body, envelope.replyAddress, &outbox)
        }
        wiring.answers(Requests.self) { consensus, envelope, outbox in
            consensus.answer(envelope.body, envelope.replyAddress, &outbox)
        }
        wiring.answers(ProposalRoot.self) { consensus, envelope, outbox in
            let root = consensus.machine.proposalRoot(now: outbox.now.timestamp)
            outbox.reply(ProposalRoot.Reply(root: root), to: envelope.replyAddress)
        }
        wiring.answers(NetworkPhase.self) { consensus, envelope, outbox in
            let phase = consensus.machine.phase(now: outbox.now.timestamp)
            outbox.reply(phase, to: envelope.replyAddress)
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

    // MARK: The log

    private func logged(_ entry: MessageLogged, _ outbox: inout Outbox) {
        self.advance(to: entry.admitted.receivedAt, &outbox)
        if entry.isReplay { self.machine.apply(entry.admitted) }
        let actions = self.machine.logged(entry.admitted.message)
        guard self.liveSince != nil else { return }
        self.perform(actions, &outbox)
        switch entry.admitted.message.type {
        // Whose withdrawals and proposals hold may have changed.
        case .keyRotate, .didLink, .didRevoke: self.sleep(&outbox)
        default: break
        }
    }

    /// Keys that a resolution gives their place change what is due, too.
    private func advance(to time: Timestamp, _ outbox: inout Outbox) {
        let actions = self.machine.advance(to: time)
        guard self.liveSince != nil else { return }
        self.perform(actions, &outbox)
    }

    private func logged(_ fact: LocalFact, _ outbox: inout Outbox) {
        self.advance(to: fact.recordedAt, &outbox)
        if let start = KeyStartedOver(fact) {
            let actions = self.machine.logged(start)
            if self.liveSince != nil { self.perform(actions, &outbox) }
        }
        guard fact.owner == .consensus else { return }
        switch fact.kind {
        case DecisionFact.kind:
            guard let decision = DecisionFact(fact) else { return }
            self.decided(decision, at: fact.recordedAt, &outbox)
            self.advance(to: fact.recordedAt, &outbox)
            self.unlogged.remove(decision.proposal)
            self.isDeciding = !self.unlogged.isEmpty
            self.sleep(&outbox)
        case HourObservation.factKind:
            if let hour = HourObservation(factBody: fact.body) { self.machine.observed(hour) }
            self.sleep(&outbox)
        case GovernanceHint.factKind:
            guard let hint = GovernanceHint(factBody: fact.body) else { return }
            self.machine.learnt(hint, at: fact.recordedAt)
            self.sleep(&outbox)
        case Adoption.factKind:
            if let proposal = Adoption.proposal(in: fact.body) { self.machine.adopted(proposal) }
        default: break
        }
    }

    private func decided(
        _ decision: DecisionFact,
        at moment: Timestamp,
        _ outbox: inout Outbox
    ) {
        self.machine.decided(decision, at: moment)
        if self.machine.changesProtocol(decision.proposal) {
            let versions = ProtocolVersions(changes: self.machine.protocolChanges)
            outbox.send(self.versions, ProtocolVersionsChanged(versions: versions))
        }
        if self.liveSince != nil, decision.state == .confirming { self.fetchAssessments(&outbox) }
    }

    /// The replay is over: what was under way before goes on.
    private func resume(_ outbox: inout Outbox) {
        for (target, senders) in self.machine.missing {
            outbox.send(self.fetch, FetchMissing(ids: [target], likelyHolders: senders))
        }
        self.fetchAssessments(&outbox)
    }

    private func fetchAssessments(_ outbox: inout Outbox) {
        guard let since = self.machine.assessmentsNeeded else { return }
        outbox.send(self.assessments, FetchAssessments(since: since))
    }

    // MARK: Sending

    /// Asks to be woken for the next decision or the next full hour.
    func sleep(_ outbox: inout Outbox) {
        guard self.liveSince != nil else { return }
        var next = self.nextHour
        if !self.isDeciding, let decision = self.machine.nextDecision {
            next = min(next, self.look(at: decision))
        }
        outbox.wake(at: Moment(next))
    }

    /// Asks to be woken for the one proposal that a message moved; looking at all is for wakes.
    private func wake(after message: Message, _ outbox: inout Outbox) {
        let proposal: MessageID? =
            switch message.payload {
            case .propose: message.id
            case .adopt(let adoption): adoption.proposalID
            default: nil
            }
        guard self.liveSince != nil, !self.isDeciding,
            let due = proposal.flatMap({ self.machine.decisionDue(on: $0) })
        else { return }
        outbox.wake(at: Moment(self.look(at: due)))
    }

    /// When to look at a decision: votes stamped at the deadline itself still count.
    private func look(at due: Timestamp) -> Timestamp {
        due.adding(milliseconds: self.machine.patience + 1)
    }

    /// The time as far as decisions go.
    func decisionTime(_ outbox: borrowing Outbox) -> Timestamp {
        outbox.now.timestamp.adding(milliseconds: -self.machine.patience)
    }

    func record(_ decisions: [DecisionFact], _ outbox: inout Outbox) {
        self.unlogged.append(contentsOf: decisions.map(\.proposal))
        self.isDeciding = !self.unlogged.isEmpty
        for decision in decisions { self.record(DecisionFact.kind, decision.body, &outbox) }
    }

    func record(_ kind: String, _ body: [UInt8], _ outbox: inout Outbox) {
        let fact = LocalFact(
            owner: .consensus,
            kind: kind,
            body: body,
            recordedAt: outbox.now.timestamp
        )
        outbox.send(self.record, RecordFact(fact: fact))
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
            }
        }
    }
}
