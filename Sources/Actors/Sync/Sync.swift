public import Kernel
public import Logging
import Messages
import Primitives

/// The subsystem that catches up with the network and helps others to.
public actor Sync: Subsystem {
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
    private let answered: Emitter<SyncAnswered>
    private let messagesAfter: Asker<MessagesAfter, Reading>
    private let messagesByID: Asker<MessagesByID, Reading>
    private let proposalRoot: Asker<ProposalRoot, ReadPage>
    private let chain: Asker<IdentityChain, ChainPurpose>
    private let logger: Logger

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
        self.admit = boot.emits(AdmitMessage.self)
        self.refused = boot.emits(MessageRefused.self)
        self.request = boot.emits(SendRequest.self)
        self.answer = boot.emits(SendAnswer.self)
        self.refuseExchange = boot.emits(AnswerExchange.self)
        self.stateChanged = boot.emits(SyncStateChanged.self)
        self.caughtUp = boot.emits(CaughtUp.self)
        self.answered = boot.emits(SyncAnswered.self)
        self.messagesAfter = boot.asks(MessagesAfter.self, about: Reading.self)
        self.messagesByID = boot.asks(MessagesByID.self, about: Reading.self)
        self.proposalRoot = boot.asks(ProposalRoot.self, about: ReadPage.self)
        self.chain = boot.asks(IdentityChain.self, about: ChainPurpose.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Sync>) {
        Self.wirePeers(wiring)
        Self.wireMessages(wiring)
        Self.wireReplies(wiring)
        wiring.receives(ReplayFinished.self) { sync, _, outbox in
            let now = outbox.now.timestamp
            sync.perform(sync.machine.started(now: now, entropy: outbox.random()), &outbox)
            sync.sleep(&outbox)
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
                envelope.body.peer,
                now: outbox.now.timestamp,
                entropy: outbox.random()
            )
            sync.perform(actions, &outbox)
        }
        wiring.receives(PeerDisconnected.self) { sync, envelope, outbox in
            sync.machine.disconnected(envelope.body.peer, now: outbox.now.timestamp)
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
        wiring.receives(FetchAssessments.self) { sync, envelope, outbox in
            let now = outbox.now.timestamp
            sync.machine.wantedAssessments(since: envelope.body.since, now: now)
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
        wiring.hears(ProposalRoot.self, about: ReadPage.self) { sync, answer, outbox in
            sync.heard(answer.reply?.root, for: answer.context, &outbox)
        }
    }

    private func heard(_ root: Bytes32?, for page: ReadPage, _ outbox: inout Outbox) {
        let now = outbox.now.timestamp
        self.perform(self.machine.heard(root, for: page, now: now), &outbox)
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
                "message \(id) of this log is too large or too deep for a sync answer; left out"
            )
        case .stateChanged(let state, let phases):
            outbox.send(
                self.stateChanged,
                SyncStateChanged(state: state, finishedPhases: phases)
            )
        case .caughtUp(let isBeginning):
            outbox.send(self.caughtUp, CaughtUp(isBeginning: isBeginning))
        case .refuse(let origin, let id, let refusal):
            outbox.send(
                self.refused,
                MessageRefused(origin: origin, id: id, refusal: refusal)
            )
        }
    }

    private func ask(_ question: SyncQuestion, _ outbox: inout Outbox) {
        switch question {
        case .page(let query, let reading):
            outbox.ask(self.messagesAfter, query, context: reading)
        case .messages(let query, let reading):
            outbox.ask(self.messagesByID, query, context: reading)
        case .chain(let query, let purpose):
            outbox.ask(self.chain, query, context: purpose)
        case .proposalRoot(let page):
            // A node that is put together without Consensus has no proposals.
            guard self.proposalRoot.isConnected else {
                return self.heard(MerkleTree(ids: []).root, for: page, &outbox)
            }
            outbox.ask(self.proposalRoot, ProposalRoot(), context: page)
        }
    }
}
