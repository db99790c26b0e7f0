public import Kernel
public import Logging
import Messages
import Primitives

/// The subsystem that catches up with the network and helps others to.
public actor Sync: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.sync

    var machine: SyncStateMachine
    private let admit: Emitter<AdmitMessage>
    private let refused: Emitter<MessageRefused>
    private let request: Emitter<SendRequest>
    private let answer: Emitter<SendAnswer>
    private let refuseExchange: Emitter<AnswerExchange>
    private let stateChanged: Emitter<SyncStateChanged>
    private let caughtUp: Emitter<CaughtUp>
    private let answered: Emitter<SyncAnswered>
    private let messagesAfter: Asker<MessagesAfter, Reading>
    let messagesByID: Asker<MessagesByID, Reading>
    private let proposalRoot: Asker<ProposalRoot, Page>
    let chain: Asker<IdentityChain, Lookup>
    private let logger: Logger

    /// A page that is being read for a peer.
    struct Reading {
        let exchange: InboundExchange
        /// What was asked of the log, when it was the identity messages of one key.
        var chain: IdentityChain.Reply?
        /// Where the logs differ, when the peer wants them compared.
        var differences: [SyncDifference]?
    }

    /// A page that was read and waits for the root of the proposals.
    private struct Page {
        let reading: Reading
        let messages: MessagesAfter.Reply
    }

    /// Why an identity chain is being looked up.
    enum Lookup {
        case serving(InboundExchange, SyncRequest)
        case meeting(NodeID)
    }

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
        self.proposalRoot = boot.asks(ProposalRoot.self, about: Page.self)
        self.chain = boot.asks(IdentityChain.self, about: Lookup.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Sync>) {
        Self.wirePeers(wiring)
        Self.wireMessages(wiring)
        Self.wireReading(wiring)
        Self.wireChains(wiring)
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
            let machine = sync.machine
            let reply = SyncStatus.Reply(
                state: machine.catchUp.state,
                obtained: machine.obtained,
                served: machine.served
            )
            outbox.reply(reply, to: envelope.replyAddress)
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
            let exchange = envelope.body.exchange
            guard exchange.opener == .sync else { return }
            let now = outbox.now.timestamp
            sync.perform(sync.machine.exchangeFailed(exchange, now: now), &outbox)
        }
    }

    private static func wireMessages(_ wiring: borrowing Wiring<Sync>) {
        wiring.receives(JudgeSyncMessage.self) { sync, envelope, outbox in
            let admitted = envelope.body.admitted
            let actions = sync.machine.judge(admitted, now: outbox.now.timestamp)
            sync.perform(actions, about: admitted, &outbox)
        }
        wiring.receives(MessageAccepted.self) { sync, envelope, outbox in
            let admitted = envelope.body.admitted
            if case .peerAnnounce(let announcement) = admitted.message.payload {
                let status = announcement.syncStatus.flatMap { SyncState(rawValue: $0.rawValue) }
                sync.machine.announced(admitted.message.from, status: status)
            }
            sync.judged(admitted.origin, &outbox)
        }
        wiring.receives(MessageRefused.self) { sync, envelope, outbox in
            let wasBusy = envelope.body.refusal.code == .busy
            sync.judged(envelope.body.origin, wasBusy: wasBusy, &outbox)
            // An answer that is not admitted will not come any more.
            guard case .answer(let exchange) = envelope.body.origin, exchange.opener == .sync
            else { return }
            let now = outbox.now.timestamp
            sync.perform(sync.machine.exchangeFailed(exchange, now: now), &outbox)
        }
        wiring.receives(MessageLogged.self) { sync, envelope, _ in
            let admitted = envelope.body.admitted
            let isOwn = admitted.origin.peer == nil
            var server: NodeID?
            if !envelope.body.isReplay, case .sync(let peer) = admitted.origin { server = peer }
            sync.machine.logged(admitted.message, isOwn: isOwn, from: server)
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

    private static func wireReading(_ wiring: borrowing Wiring<Sync>) {
        wiring.hears(MessagesAfter.self, about: Reading.self) { sync, answer, outbox in
            sync.pageRead(answer.context, answer.reply, &outbox)
        }
        wiring.hears(MessagesByID.self, about: Reading.self) { sync, answer, outbox in
            let chain = answer.context.chain ?? IdentityChain.Reply(entries: [], hasMore: false)
            let page = answer.reply.map { SyncStateMachine.page($0.messages, of: chain) }
            sync.pageRead(answer.context, page, &outbox)
        }
        wiring.hears(ProposalRoot.self, about: Page.self) { sync, answer, outbox in
            let page = answer.context
            guard let root = answer.reply?.root else {
                return sync.refuse(page.reading.exchange, &outbox)
            }
            sync.respond(page.reading, page.messages, checkpoint: root, &outbox)
        }
    }

    /// A page is there, and the proposal root is still missing; without a page the peer asks again.
    func pageRead(
        _ reading: Reading,
        _ page: MessagesAfter.Reply?,
        _ outbox: inout Outbox
    ) {
        guard let page else { return self.refuse(reading.exchange, &outbox) }
        guard self.proposalRoot.isConnected else {
            let empty = MerkleTree(ids: []).root
            self.respond(reading, page, checkpoint: empty, &outbox)
            return
        }
        let waiting = Page(reading: reading, messages: page)
        outbox.ask(self.proposalRoot, ProposalRoot(), context: waiting)
    }

    /// Ends an exchange without an answer, so that the peer turns to somebody else.
    private func refuse(_ exchange: InboundExchange, _ outbox: inout Outbox) {
        outbox.send(self.refuseExchange, AnswerExchange(exchange: exchange, frame: nil))
    }

    private func respond(
        _ reading: Reading,
        _ page: MessagesAfter.Reply,
        checkpoint: Bytes32,
        _ outbox: inout Outbox
    ) {
        let exchange = reading.exchange
        let (payload, messages, skipped) = self.machine.answer(
            page,
            differences: reading.differences,
            to: exchange,
            checkpoint: checkpoint,
            now: outbox.now.timestamp
        )
        for id in skipped {
            self.logger.warning(
                "message \(id) of this log is too large or too deep for a sync answer; left out"
            )
        }
        outbox.send(
            self.answer,
            SendAnswer(exchange: exchange, payload)
        )
        outbox.send(
            self.answered,
            SyncAnswered(peer: exchange.peer, messages: messages)
        )
    }

    private func judged(_ origin: Origin, wasBusy: Bool = false, _ outbox: inout Outbox) {
        guard case .sync(let peer) = origin else { return }
        let now = outbox.now.timestamp
        self.perform(self.machine.judged(from: peer, wasBusy: wasBusy, now: now), &outbox)
    }

    private func sleep(_ outbox: inout Outbox) {
        let pause = self.machine.configuration.pace.tickMilliseconds
        outbox.wake(at: outbox.now.advanced(by: .milliseconds(pause)))
    }

    func perform(
        _ actions: [SyncAction],
        about admitted: AdmittedMessage? = nil,
        _ outbox: inout Outbox
    ) {
        for action in actions { self.perform(action, about: admitted, &outbox) }
    }

    func perform(
        _ action: SyncAction,
        about admitted: AdmittedMessage?,
        _ outbox: inout Outbox
    ) {
        switch action {
        case .request(let exchange, let payload):
            outbox.send(
                self.request,
                SendRequest(exchange: exchange, payload)
            )
        case .admit(let bytes, let peer):
            outbox.send(self.admit, AdmitMessage(bytes: bytes, origin: .sync(peer: peer)))
        case .answer(let exchange, let payload):
            outbox.send(
                self.answer,
                SendAnswer(exchange: exchange, payload)
            )
        case .readPage(let exchange, let request):
            self.read(exchange, request, &outbox)
        case .emptyPage(let exchange, let request, let differences):
            let page = MessagesAfter.Reply(
                messages: [],
                hasMore: false,
                nextTimestamp: request.sinceTimestamp,
                nextID: request.sinceID
            )
            let reading = Reading(exchange: exchange, differences: differences)
            self.pageRead(reading, page, &outbox)
        case .readIDs(let exchange, let ids):
            let reading = Reading(exchange: exchange)
            outbox.ask(self.messagesByID, MessagesByID(ids: ids), context: reading)
        case .readChain(let exchange, let request, let key):
            self.readChain(exchange, request, key, &outbox)
        case .lookUp(let peer):
            self.lookUp(peer, &outbox)
        case .stateChanged(let state, let phases):
            outbox.send(
                self.stateChanged,
                SyncStateChanged(state: state, finishedPhases: phases)
            )
        case .caughtUp(let isBeginning):
            outbox.send(self.caughtUp, CaughtUp(isBeginning: isBeginning))
        case .refuse(let refusal):
            guard let admitted else { return }
            let id = admitted.message.id
            outbox.send(
                self.refused,
                MessageRefused(origin: admitted.origin, id: id, refusal: refusal)
            )
        }
    }

    private func read(
        _ exchange: InboundExchange,
        _ request: SyncRequest,
        _ outbox: inout Outbox
    ) {
        let page = MessagesAfter(
            types: request.types.compactMap { MessageType(rawValue: $0) },
            since: request.sinceTimestamp,
            sinceID: request.sinceID,
            limit: min(max(Int(clamping: request.limit), 1), SyncLimits.pageMessagesMax),
            bytesMax: self.machine.bytesMax(for: exchange)
        )
        outbox.ask(self.messagesAfter, page, context: Reading(exchange: exchange))
    }
}
