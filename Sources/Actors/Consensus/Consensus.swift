public import Checkpoints
public import Kernel
public import Messages
public import Primitives

/// The subsystem that judges requests, proposals, votes, comments and adoptions, and decides.
public actor Consensus: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.consensus

    private var machine: ConsensusStateMachine
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let fetch: Emitter<FetchMissing>
    private let assessments: Emitter<FetchPhase>
    private let versions: Emitter<ProtocolVersionsChanged>
    private let archived: Emitter<MessagesArchived>
    private let record: Emitter<RecordFact>
    private let scores: Asker<Scores, NetworkPurpose>
    private let standings: Asker<VoterStandings, StandingsPurpose>
    private let artefacts: Asker<CheckArtefacts, ArtefactsPurpose>
    private let log: Asker<MessagesByID, TextsPurpose>

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    public init(
        _ boot: borrowing Boot,
        parameters: NetworkParameters = NetworkParameters(),
        founders: [NodeID] = [],
        own: NodeID? = nil
    ) {
        self.machine = ConsensusStateMachine(parameters: parameters, founders: founders, own: own)
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.fetch = boot.emits(FetchMissing.self)
        self.assessments = boot.emits(FetchPhase.self)
        self.versions = boot.emits(ProtocolVersionsChanged.self)
        self.archived = boot.emits(MessagesArchived.self)
        self.record = boot.emits(RecordFact.self)
        self.scores = boot.asks(Scores.self, about: NetworkPurpose.self)
        self.standings = boot.asks(VoterStandings.self, about: StandingsPurpose.self)
        self.artefacts = boot.asks(CheckArtefacts.self, about: ArtefactsPurpose.self)
        self.log = boot.asks(MessagesByID.self, about: TextsPurpose.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Consensus>) {
        wiring.checkpoints()
        wiring.receives(JudgeConsensusMessage.self) { consensus, envelope, outbox in
            consensus.perform(consensus.machine.judge(envelope.body.admitted), &outbox)
        }
        wiring.wakes { consensus, outbox in
            consensus.perform(consensus.machine.woke(now: outbox.now.timestamp), &outbox)
        }
        Self.wireNews(wiring)
        Self.wireReplies(wiring)
        Self.wireQueries(wiring)
    }

    private static func wireNews(_ wiring: borrowing Wiring<Consensus>) {
        wiring.receives(MessageLogged.self) { consensus, envelope, outbox in
            consensus.perform(consensus.machine.logged(envelope.body), &outbox)
        }
        wiring.receives(FactLogged.self) { consensus, envelope, outbox in
            consensus.perform(consensus.machine.logged(envelope.body.fact), &outbox)
        }
        wiring.receives(ReplayFinished.self) { consensus, _, outbox in
            let now = outbox.now.timestamp
            consensus.perform(consensus.machine.replayFinished(now: now), &outbox)
        }
        wiring.receives(PartitionHealed.self) { consensus, _, outbox in
            consensus.perform(consensus.machine.healed(now: outbox.now.timestamp), &outbox)
        }
        wiring.receives(ClockCompared.self) { consensus, envelope, outbox in
            consensus.perform(consensus.machine.compared(envelope.body.comparison), &outbox)
        }
        wiring.receives(CaughtUp.self) { consensus, envelope, outbox in
            let isBeginning = envelope.body.isBeginning
            let now = outbox.now.timestamp
            let actions = consensus.machine.caughtUp(isBeginning: isBeginning, now: now)
            consensus.perform(actions, &outbox)
        }
    }

    private static func wireReplies(_ wiring: borrowing Wiring<Consensus>) {
        wiring.hears(Scores.self, about: NetworkPurpose.self) { consensus, answer, outbox in
            let now = outbox.now.timestamp
            let actions = consensus.machine.heard(answer.reply, for: answer.context, now: now)
            consensus.perform(actions, &outbox)
        }
        wiring.hears(VoterStandings.self, about: StandingsPurpose.self) {
            consensus,
            answer,
            outbox in
            let now = outbox.now.timestamp
            let actions = consensus.machine.heard(answer.reply, for: answer.context, now: now)
            consensus.perform(actions, &outbox)
        }
        wiring.hears(CheckArtefacts.self, about: ArtefactsPurpose.self) {
            consensus,
            answer,
            outbox in
            let now = outbox.now.timestamp
            let actions = consensus.machine.heard(answer.reply, for: answer.context, now: now)
            consensus.perform(actions, &outbox)
        }
        wiring.hears(MessagesByID.self, about: TextsPurpose.self) { consensus, answer, outbox in
            let now = outbox.now.timestamp
            let actions = consensus.machine.heard(answer.reply, for: answer.context, now: now)
            consensus.perform(actions, &outbox)
        }
    }

    private static func wireQueries(_ wiring: borrowing Wiring<Consensus>) {
        wiring.answers(Proposals.self) { consensus, envelope, outbox in
            let asker = envelope.replyAddress
            consensus.perform(consensus.machine.asked(envelope.body, by: asker), &outbox)
        }
        wiring.answers(Requests.self) { consensus, envelope, outbox in
            let now = outbox.now.timestamp
            let asker = envelope.replyAddress
            consensus.perform(consensus.machine.asked(envelope.body, by: asker, now: now), &outbox)
        }
        wiring.answers(ConsensusVerdict.self) { consensus, envelope, outbox in
            let actions = consensus.machine.asked(
                envelope.body,
                by: envelope.replyAddress,
                now: outbox.now.timestamp
            )
            consensus.perform(actions, &outbox)
        }
        wiring.answers(WaitingVotes.self) { consensus, envelope, outbox in
            let now = outbox.now.timestamp
            let asker = envelope.replyAddress
            consensus.perform(consensus.machine.asked(envelope.body, by: asker, now: now), &outbox)
        }
        wiring.answers(ProposalTreeView.self) { consensus, envelope, outbox in
            let now = outbox.now.timestamp
            let view = consensus.machine.treeView(envelope.body.question, now: now)
            outbox.reply(view, to: envelope.replyAddress)
        }
        wiring.answers(ProposalVotes.self) { consensus, envelope, outbox in
            outbox.reply(consensus.machine.votes(envelope.body), to: envelope.replyAddress)
        }
        wiring.answers(ArchivedMessages.self) { consensus, envelope, outbox in
            let asked = envelope.body.proposals
            let archived = consensus.machine.archived(among: asked, now: outbox.now.timestamp)
            let reply = ArchivedMessages.Reply(proposals: archived)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(NetworkPhase.self) { consensus, envelope, outbox in
            let phase = consensus.machine.phase(now: outbox.now.timestamp)
            outbox.reply(phase, to: envelope.replyAddress)
        }
        wiring.answers(ConsensusStatus.self) { consensus, envelope, outbox in
            let status = consensus.machine.status(isBrief: envelope.body.isBrief)
            outbox.reply(status, to: envelope.replyAddress)
        }
    }

    // MARK: Sending

    private func perform(_ actions: [ConsensusAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: ConsensusAction, _ outbox: inout Outbox) {
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
        case .fetchAssessments(let since):
            guard let phase = MessageType.reputationGossip.syncPhase else { return }
            outbox.send(self.assessments, FetchPhase(phase: phase, since: since))
        case .tell(let versions):
            outbox.send(self.versions, ProtocolVersionsChanged(versions: versions))
        case .tellArchived(let messages):
            outbox.send(self.archived, MessagesArchived(messages: messages))
        case .record(let fact): outbox.send(self.record, RecordFact(fact: fact))
        case .ask(.network(let query, let purpose)):
            outbox.ask(self.scores, query, context: purpose)
        case .ask(.standings(let query, let purpose)):
            outbox.ask(self.standings, query, context: purpose)
        case .ask(.artefacts(let query, let purpose)):
            outbox.ask(self.artefacts, query, context: purpose)
        case .ask(.texts(let query, let purpose)):
            outbox.ask(self.log, query, context: purpose)
        case .wake(let moment): outbox.wake(at: Moment(moment))
        case .showProposals(let views, let asker):
            outbox.reply(Proposals.Reply(proposals: views), to: asker)
        case .showRequests(let views, let asker):
            outbox.reply(Requests.Reply(requests: views), to: asker)
        case .tellVerdict(let verdict, let asker): outbox.reply(verdict, to: asker)
        case .showWaiting(let waiting, let asker): outbox.reply(waiting, to: asker)
        }
    }
}

extension Consensus {
    /// What it has made of the log.
    package var kept: ConsensusState { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: ConsensusState) { self.machine.restore(kept) }
}
