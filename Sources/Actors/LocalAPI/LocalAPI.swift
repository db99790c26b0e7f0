public import Checkpoints
import Doors
public import Kernel
public import Messages
import Primitives

/// The subsystem that serves people and agents on loopback.
///
/// It owns no protocol state: it translates requests into commands and queries, and outcomes
/// into answers. An own message is answered after the commit that holds it (design §4).
public actor LocalAPI: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.localAPI

    private var machine: RequestDesk
    private let server: any APIServer
    private let inlet: Inlet<APIRequestReceived>
    private let publish: Emitter<PublishMessage>
    private let record: Emitter<RecordFact>
    private let questions: APIQuestions

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - server: the device.
    ///   - about: what no subsystem would know of the node.
    ///   - extensions: names the questions of plugged-in subsystems that are served; who gives any must
    ///     wire their answers, too (``wireReads(_:_:)``).
    public init(
        _ boot: borrowing Boot,
        server: any APIServer,
        about: NodeAbout? = nil,
        extensions: Extensions = .none
    ) {
        self.server = server
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.inlet = boot.inlet(APIRequestReceived.self)
        self.publish = boot.emits(PublishMessage.self)
        self.record = boot.emits(RecordFact.self)
        let questions = APIQuestions(boot, extensions)
        self.questions = questions
        self.machine = RequestDesk(about: about, places: questions.places)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<LocalAPI>) {
        wiring.checkpoints()
        wiring.receives(ReplayFinished.self) { api, _, _ in
            api.machine.note { $0.assembled(of: api.questions.present) }
            api.server.start(reportingTo: api.inlet)
        }
        wiring.receives(APIRequestReceived.self) { api, envelope, outbox in
            let (body, now) = (envelope.body, outbox.now.timestamp)
            api.perform(api.machine.received(body, now: now), &outbox)
        }
        wiring.receives(EventTold.self) { api, envelope, _ in
            let event = envelope.body.event
            api.server.tell(event, as: event.shown)
        }
        wiring.wakes { api, outbox in
            let now = outbox.now.timestamp
            api.perform(api.machine.step(now: now) { $0.woke(now: now) }, &outbox)
        }
        Self.wireOutcomes(wiring)
        Self.wireCondition(wiring)
        Self.wireReplies(wiring)
        Self.wireStatus(wiring)
        Self.wireDryRuns(wiring)
    }

    /// What becomes of own messages.
    private static func wireOutcomes(_ wiring: borrowing Wiring<LocalAPI>) {
        wiring.receives(MessageLogged.self) { api, envelope, outbox in
            let now = outbox.now.timestamp
            api.perform(api.machine.logged(envelope.body, now: now), &outbox)
        }
        wiring.receives(MessageRefused.self) { api, envelope, outbox in
            let now = outbox.now.timestamp
            api.perform(api.machine.refused(envelope.body, now: now), &outbox)
        }
        wiring.receives(FactLogged.self) { api, envelope, outbox in
            let now = outbox.now.timestamp
            api.perform(api.machine.logged(envelope.body, now: now), &outbox)
        }
    }

    /// What requests depend on.
    private static func wireCondition(_ wiring: borrowing Wiring<LocalAPI>) {
        wiring.receives(ClockCompared.self) { api, envelope, _ in
            api.machine.note { $0.compared(envelope.body.comparison) }
        }
        wiring.receives(SigningStopped.self) { api, envelope, _ in
            api.machine.note { $0.signingStopped(because: envelope.body.refusal) }
        }
        wiring.receives(SigningResumed.self) { api, _, _ in
            api.machine.note { $0.signingResumed() }
        }
        wiring.receives(SyncStateChanged.self) { api, envelope, _ in
            api.machine.note { $0.synced(to: envelope.body.state) }
        }
        wiring.receives(PhasesAwaited.self) { api, envelope, _ in
            api.machine.note { $0.awaits(envelope.body.phases) }
        }
        wiring.receives(PeerConnected.self) { api, _, _ in api.machine.note { $0.connected() } }
        wiring.receives(PeerDisconnected.self) { api, _, _ in
            api.machine.note { $0.disconnected() }
        }
        wiring.receives(LogStopped.self) { api, envelope, _ in
            api.machine.note { $0.logStopped(envelope.body) }
        }
        wiring.receives(LogResumed.self) { api, _, _ in
            api.machine.note { $0.logResumed() }
        }
    }

    private static func wireReplies(_ wiring: borrowing Wiring<LocalAPI>) {
        Self.hear(wiring, IdentityKeys.self) { .keys($0) }
        Self.hear(wiring, PeerTable.self) { .peers($0) }
        Self.hear(wiring, Requests.self) { .requests($0.requests) }
        Self.hear(wiring, Proposals.self) { .proposals($0.proposals) }
        Self.hear(wiring, MessagesByID.self) { .messages($0) }
        Self.hear(wiring, RefusedMessage.self) { .refused($0) }
        Self.hear(wiring, Scores.self) { .whole($0.shown) }
        Self.hear(wiring, ScoreHistory.self) { .history($0) }
        Self.hear(wiring, NetworkPhase.self) { .whole($0.shown) }
        Self.hear(wiring, ShareContent.self) { .kept($0.outcome) }
        Self.hear(wiring, FetchContent.self) { .fetched($0.outcome) }
        Self.hear(wiring, FindContent.self) { .found($0.found) }
        Self.hear(wiring, DownloadProgress.self) { .whole($0.shown) }
        Self.hear(wiring, ReplicateContent.self) { .replicable($0.outcome) }
        Self.hear(wiring, LeaveContract.self) { .leaving($0.outcome) }
        Self.hear(wiring, OfferStorage.self) { .whole($0.offer.shown) }
        Self.hear(wiring, StorageDealings.self) { .dealings($0) }
        Self.hear(wiring, VerifyContent.self) { .verified($0) }
        Self.hear(wiring, Inbox.self) { .whole(InboxList($0).shown) }
        Self.hear(wiring, EventPage.self) { .whole($0.shown) }
    }

    private static func wireDryRuns(_ wiring: borrowing Wiring<LocalAPI>) {
        Self.hear(wiring, MessageDraft.self) { .drafted($0) }
        Self.hear(wiring, DraftCheck.self) { .checked($0.refusal) }
        Self.hear(wiring, DraftRating.self) { .rated($0) }
        Self.hear(wiring, ConsensusVerdict.self) { .judged($0) }
        Self.hear(wiring, StorageVerdict.self) { .judged($0) }
        Self.hear(wiring, IdentityVerdict.self) { .judged($0) }
    }

    private static func wireStatus(_ wiring: borrowing Wiring<LocalAPI>) {
        Self.hear(wiring, GossipStatus.self) { .status(StatusPart($0)) }
        Self.hear(wiring, VerificationStatus.self) { .status(StatusPart($0)) }
        Self.hear(wiring, IdentityStatus.self) { .status(StatusPart($0)) }
        Self.hear(wiring, ReputationStatus.self) { .reputation($0) }
        Self.hear(wiring, ConsensusStatus.self) { .status(StatusPart($0)) }
        Self.hear(wiring, StorageStatus.self) { .status(StatusPart($0)) }
        Self.hear(wiring, SyncStatus.self) { .status(StatusPart($0)) }
        Self.hear(wiring, PersistenceStatus.self) { .status(StatusPart($0)) }
    }

    /// Declares what the answers to plugged-in subsystems' questions lead to.
    public static func wireReads(_ extensions: Extensions, _ wiring: borrowing Wiring<LocalAPI>) {
        for type in extensions.reads { Self.wireRead(type, wiring) }
        if !extensions.children.isEmpty {
            Self.hear(wiring, PluginStatus.self) { .status(StatusPart($0)) }
        }
        if !extensions.childOperations.isEmpty {
            Self.hear(wiring, AskPlugin.self) { .plugin($0.result) }
        }
    }

    private static func wireRead<Q: ServedQuery>(
        _ type: Q.Type,
        _ wiring: borrowing Wiring<LocalAPI>
    ) {
        Self.hear(wiring, type) { .whole($0.shown) }
    }

    /// Declares what the reply to a question on behalf of a request is.
    private static func hear<Q: RoundTrip>(
        _ wiring: borrowing Wiring<LocalAPI>,
        _ type: Q.Type,
        _ translate: @escaping @Sendable (Q.Reply) -> APIReply
    ) {
        wiring.hears(type, about: RequestID.self) { api, answer, outbox in
            let now = outbox.now.timestamp
            let reply = answer.reply.map(translate)
            let actions = api.machine.step(now: now) { machine in
                machine.heard(reply, from: Q.answerer, for: answer.context, now: now)
            }
            api.perform(actions, &outbox)
        }
    }

    // MARK: Sending

    private func perform(_ actions: [LocalAPIAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: LocalAPIAction, _ outbox: inout Outbox) {
        switch action {
        case .answer(let id, let response): self.server.respond(to: id, with: response)
        case .ask(let question, let id): self.questions.put(question, for: id, &outbox)
        case .publish(let message): outbox.send(self.publish, message)
        case .record(let fact): outbox.send(self.record, RecordFact(fact: fact))
        case .wake(let pause):
            outbox.wake(at: outbox.now.advanced(by: .milliseconds(pause)))
        }
    }
}

extension LocalAPI {
    /// What it has made of the log.
    package var kept: LocalAPIState { LocalAPIState(traces: self.machine.traces) }

    /// Takes over what it had made of the log.
    package func restore(_ kept: LocalAPIState) { self.machine.restore(kept.traces) }
}
