public import Checkpoints
public import Kernel
public import Logging
package import Messages
import Primitives

/// The subsystem that catches up with the network and helps others to.
public actor Sync: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.sync

    private var machine: SyncStateMachine
    private let admit: Emitter<AdmitMessage>
    private let refused: Emitter<MessageRefused>
    private let request: Emitter<SendRequest>
    private let answer: Emitter<SendAnswer>
    private let refuseExchange: Emitter<AnswerExchange>
    private let stateChanged: Emitter<SyncStateChanged>
    private let caughtUp: Emitter<CaughtUp>
    private let awaited: Emitter<PhasesAwaited>
    private let answered: Emitter<SyncAnswered>
    private let messagesAfter: Asker<MessagesAfter, Reading>
    private let messagesByID: Asker<MessagesByID, Reading>
    private let archived: Asker<ArchivedMessages, ReadPage>
    private let divergence: Emitter<TreeDivergence>
    private let healed: Emitter<PartitionHealed>
    private let votes: Asker<ProposalVotes, Reading>
    private let proposalTree: Asker<ProposalTreeView, TreePurpose>
    private let identityTree: Asker<IdentityTreeView, TreePurpose>
    private let chain: Asker<IdentityChain, ChainPurpose>
    private let scores: Asker<CurrentScores, Reading>
    private let scoresReported: Emitter<ScoresReported>
    private let keys: Asker<IdentityKeys, Void>
    private let allScores: Asker<Scores, SnapshotAuthor>
    private let publish: Emitter<PublishMessage>
    private let logger: Logger

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - configuration: what the operator decides.
    ///   - logger: told of messages that cannot be handed on.
    public init(
        _ boot: borrowing Boot,
        configuration: SyncConfiguration,
        logger: Logger = Logger(label: "valence.sync")
    ) {
        self.logger = logger
        self.machine = SyncStateMachine(configuration: configuration)
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.admit = boot.emits(AdmitMessage.self)
        self.refused = boot.emits(MessageRefused.self)
        self.request = boot.emits(SendRequest.self)
        self.answer = boot.emits(SendAnswer.self)
        self.refuseExchange = boot.emits(AnswerExchange.self)
        self.stateChanged = boot.emits(SyncStateChanged.self)
        self.caughtUp = boot.emits(CaughtUp.self)
        self.awaited = boot.emits(PhasesAwaited.self)
        self.answered = boot.emits(SyncAnswered.self)
        self.messagesAfter = boot.asks(MessagesAfter.self, about: Reading.self)
        self.messagesByID = boot.asks(MessagesByID.self, about: Reading.self)
        self.archived = boot.asks(ArchivedMessages.self, about: ReadPage.self)
        self.divergence = boot.emits(TreeDivergence.self)
        self.healed = boot.emits(PartitionHealed.self)
        self.votes = boot.asks(ProposalVotes.self, about: Reading.self)
        self.proposalTree = boot.asks(ProposalTreeView.self, about: TreePurpose.self)
        self.identityTree = boot.asks(IdentityTreeView.self, about: TreePurpose.self)
        self.chain = boot.asks(IdentityChain.self, about: ChainPurpose.self)
        self.scores = boot.asks(CurrentScores.self, about: Reading.self)
        self.scoresReported = boot.emits(ScoresReported.self)
        self.keys = boot.asks(IdentityKeys.self)
        self.allScores = boot.asks(Scores.self, about: SnapshotAuthor.self)
        self.publish = boot.emits(PublishMessage.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Sync>) {
        wiring.checkpoints()
        Self.wirePeers(wiring)
        Self.wireMessages(wiring)
        Self.wireReplies(wiring)
        wiring.receives(ReplayFinished.self) { sync, envelope, outbox in
            let actions = sync.machine.started(
                newest: envelope.body.lastArrival,
                now: outbox.now.timestamp,
                entropy: outbox.random()
            )
            sync.perform(actions, &outbox)
            sync.sleep(&outbox)
        }
        wiring.receives(StorageOffered.self) { sync, envelope, _ in
            sync.machine.offered(envelope.body)
        }
        wiring.wakes { sync, outbox in
            let now = outbox.now.timestamp
            sync.perform(sync.machine.tick(now: now, entropy: outbox.random()), &outbox)
            sync.sleep(&outbox)
        }
        wiring.answers(SyncStatus.self) { sync, envelope, outbox in
            outbox.reply(sync.machine.status, to: envelope.replyAddress)
        }
    }

    private static func wirePeers(_ wiring: borrowing Wiring<Sync>) {
        wiring.receives(PeerAuthenticated.self) { sync, envelope, outbox in
            let actions = sync.machine.authenticated(
                envelope.body,
                now: outbox.now.timestamp,
                entropy: outbox.random()
            )
            sync.perform(actions, &outbox)
        }
        wiring.receives(PeerDisconnected.self) { sync, envelope, outbox in
            let (peer, now) = (envelope.body.peer, outbox.now.timestamp)
            sync.perform(sync.machine.disconnected(peer, now: now), &outbox)
        }
        wiring.receives(ExchangeFailed.self) { sync, envelope, outbox in
            let (exchange, now) = (envelope.body.exchange, outbox.now.timestamp)
            sync.perform(sync.machine.exchangeFailed(exchange, now: now), &outbox)
        }
    }

    private static func wireMessages(_ wiring: borrowing Wiring<Sync>) {
        wiring.receives(JudgeSyncMessage.self) { sync, envelope, outbox in
            let now = outbox.now.timestamp
            sync.perform(sync.machine.judge(envelope.body.admitted, now: now), &outbox)
        }
        wiring.receives(MessageAccepted.self) { sync, envelope, outbox in
            let now = outbox.now.timestamp
            sync.perform(sync.machine.accepted(envelope.body.admitted, now: now), &outbox)
        }
        wiring.receives(MessageRefused.self) { sync, envelope, outbox in
            let now = outbox.now.timestamp
            sync.perform(sync.machine.refused(envelope.body, now: now), &outbox)
        }
        wiring.receives(MessageLogged.self) { sync, envelope, _ in
            sync.machine.logged(envelope.body)
        }
        wiring.receives(FactLogged.self) { sync, envelope, _ in
            sync.machine.logged(envelope.body.fact)
        }
        wiring.receives(MessagesArchived.self) { sync, envelope, _ in
            sync.machine.archived(envelope.body.messages)
        }
        wiring.receives(FetchPhase.self) { sync, envelope, outbox in
            let (body, now) = (envelope.body, outbox.now.timestamp)
            sync.machine.wanted(body.phase, since: body.since, now: now)
        }
        wiring.receives(FetchMissing.self) { sync, envelope, _ in
            let body = envelope.body
            sync.machine.wanted(body.ids, holders: body.likelyHolders)
        }
    }

    private static func wireReplies(_ wiring: borrowing Wiring<Sync>) {
        wiring.hears(MessagesAfter.self, about: Reading.self) { sync, answer, outbox in
            sync.perform(sync.machine.heard(answer.reply, for: answer.context), &outbox)
        }
        wiring.hears(MessagesByID.self, about: Reading.self) { sync, answer, outbox in
            sync.perform(sync.machine.heard(answer.reply, for: answer.context), &outbox)
        }
        wiring.hears(IdentityChain.self, about: ChainPurpose.self) { sync, answer, outbox in
            sync.perform(sync.machine.heard(answer.reply, for: answer.context), &outbox)
        }
        wiring.hears(ArchivedMessages.self, about: ReadPage.self) { sync, answer, outbox in
            sync.heard(archived: answer.reply?.proposals, for: answer.context, &outbox)
        }
        wiring.hears(ProposalVotes.self, about: Reading.self) { sync, answer, outbox in
            sync.perform(sync.machine.heard(answer.reply, for: answer.context), &outbox)
        }
        wiring.hears(ProposalTreeView.self, about: TreePurpose.self) { sync, answer, outbox in
            sync.heard(answer.reply, of: .proposal, for: answer.context, &outbox)
        }
        wiring.hears(IdentityTreeView.self, about: TreePurpose.self) { sync, answer, outbox in
            sync.heard(answer.reply, of: .identity, for: answer.context, &outbox)
        }
        wiring.hears(CurrentScores.self, about: Reading.self) { sync, answer, outbox in
            sync.perform(sync.machine.heard(answer.reply, for: answer.context), &outbox)
        }
        wiring.hears(IdentityKeys.self) { sync, reply, outbox in
            sync.perform(sync.machine.heard(reply), &outbox)
        }
        wiring.hears(Scores.self, about: SnapshotAuthor.self) { sync, answer, outbox in
            sync.perform(sync.machine.heard(answer.reply, for: answer.context), &outbox)
        }
    }

    private func heard(
        archived proposals: Set<MessageID>?,
        for page: ReadPage,
        _ outbox: inout Outbox
    ) {
        self.perform(self.machine.heard(proposals, for: page), &outbox)
    }

    private func heard(
        _ view: TreeView?,
        of tree: SyncRequest.Tree,
        for purpose: TreePurpose,
        _ outbox: inout Outbox
    ) {
        let now = outbox.now.timestamp
        self.perform(self.machine.heard(view, of: tree, for: purpose, now: now), &outbox)
    }

    private func sleep(_ outbox: inout Outbox) {
        let pause = self.machine.tickMilliseconds
        outbox.wake(at: outbox.now.advanced(by: .milliseconds(pause)))
    }

    private func perform(_ actions: [SyncAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: SyncAction, _ outbox: inout Outbox) {
        switch action {
        case .request(let exchange, let payload):
            outbox.send(self.request, SendRequest(exchange: exchange, payload))
        case .admit(let bytes, let peer):
            outbox.send(self.admit, AdmitMessage(bytes: bytes, origin: .sync(peer: peer)))
        case .ask(let question): self.ask(question, &outbox)
        case .answer(let exchange, let payload):
            outbox.send(self.answer, SendAnswer(exchange: exchange, payload))
        case .hangUp(let exchange):
            outbox.send(self.refuseExchange, AnswerExchange(exchange: exchange, frame: nil))
        case .tellServed(let peer, let messages):
            outbox.send(self.answered, SyncAnswered(peer: peer, messages: messages))
        case .warnOfUnserved(let id):
            self.logger.warning(
                "message \(id) of this log is too large or too deep for a sync answer; left out",
                metadata: ["event": "message_not_served"]
            )
        case .stateChanged(let state, let phases):
            outbox.send(
                self.stateChanged,
                SyncStateChanged(state: state, finishedPhases: phases)
            )
        case .await(let phases):
            outbox.send(self.awaited, PhasesAwaited(phases: phases))
        case .caughtUp(let isBeginning):
            outbox.send(self.caughtUp, CaughtUp(isBeginning: isBeginning))
        case .tell(let divergence):
            outbox.send(self.divergence, TreeDivergence(divergence))
        case .warnOfPartition(let severity):
            self.logger.warning(
                """
                what synced peers hold differs from what this node holds (\(severity.rawValue)); \
                `valence-node status` says since when and what to do
                """,
                metadata: ["event": "partition_seen"]
            )
        case .partitionHealed: outbox.send(self.healed, PartitionHealed())
        case .tellScores(let bounds):
            outbox.send(self.scoresReported, ScoresReported(bounds: bounds))
        case .publish(let snapshot):
            outbox.send(self.publish, PublishMessage(snapshot))
        case .tellSnapshots(let finding): self.tell(finding)
        case .refuse(let origin, let id, let refusal):
            outbox.send(
                self.refused,
                MessageRefused(origin: origin, id: id, refusal: refusal)
            )
        }
    }

    /// A snapshot is hours old, so that an honest network brings differences, too (R-05-060).
    private func tell(_ finding: Snapshots.Finding) {
        switch (finding.hasSameTrees, finding.hasSameScores) {
        case (true, true):
            self.logger.notice(
                "snapshots of trusted nodes say what this node holds",
                metadata: ["event": "snapshots_agree"]
            )
        case (true, false):
            self.logger.notice(
                """
                snapshots of trusted nodes name the messages that this node holds; what peers think \
                of others has changed since then
                """,
                metadata: ["event": "snapshots_agree_but_scores"]
            )
        case (false, _):
            self.logger.warning(
                """
                snapshots that trusted nodes agree on name other messages than this node holds; \
                what came since then is read once more
                """,
                metadata: ["event": "snapshots_differ"]
            )
        }
    }

    private func ask(_ question: SyncQuestion, _ outbox: inout Outbox) {
        switch question {
        case .ownKeys: outbox.ask(self.keys, IdentityKeys())
        case .allScores(let author): outbox.ask(self.allScores, Scores(), context: author)
        case .page(let query, let reading):
            outbox.ask(self.messagesAfter, query, context: reading)
        case .messages(let query, let reading):
            outbox.ask(self.messagesByID, query, context: reading)
        case .chain(let query, let purpose):
            outbox.ask(self.chain, query, context: purpose)
        case .scores(let query, let reading):
            outbox.ask(self.scores, query, context: reading)
        case .archived(let query, let page):
            // A node that is put together without Consensus archives nothing.
            guard self.archived.isConnected else {
                return self.heard(archived: [], for: page, &outbox)
            }
            outbox.ask(self.archived, query, context: page)
        case .votes(let query, let reading):
            // A node that is put together without Consensus has no proposals.
            guard self.votes.isConnected else {
                let nothing = ProposalVotes.Reply(entries: [], hasMore: false)
                return self.perform(self.machine.heard(nothing, for: reading), &outbox)
            }
            outbox.ask(self.votes, query, context: reading)
        case .tree(let tree, let question, let purpose):
            self.ask(about: tree, question, purpose, &outbox)
        }
    }

    private func ask(
        about tree: SyncRequest.Tree,
        _ question: TreeQuestion,
        _ purpose: TreePurpose,
        _ outbox: inout Outbox
    ) {
        switch tree {
        case .proposal where self.proposalTree.isConnected:
            outbox.ask(self.proposalTree, ProposalTreeView(question), context: purpose)
        case .identity where self.identityTree.isConnected:
            outbox.ask(self.identityTree, IdentityTreeView(question), context: purpose)
        case .proposal, .identity:
            let empty = TreeView(root: MerkleTree(ids: []).root, leaves: 0)
            self.heard(empty, of: tree, for: purpose, &outbox)
        }
    }
}

extension Sync {
    /// What it has made of the log.
    package var kept: FoldedSync { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: FoldedSync) { self.machine.restore(kept) }
}
