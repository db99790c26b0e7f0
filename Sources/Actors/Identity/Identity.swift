public import Checkpoints
public import Cryptography
import Identities
public import Kernel
public import Logging
package import Messages
import Primitives

/// The subsystem that owns the node's key and knows which key acts for whom.
public actor Identity: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.identity

    private var machine: IdentityStateMachine
    private let rate: Emitter<RateSender>
    private let admit: Emitter<AdmitMessage>
    private let signed: Emitter<RequestSigned>
    private let open: Emitter<OpenExchange>
    private let answer: Emitter<AnswerExchange>
    private let fetch: Emitter<FetchMissing>
    private let fetchPhase: Emitter<FetchPhase>
    private let held: Emitter<MessageHeld>
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    /// Own links whose bytes are read to be broadcast again.
    private let messages: Asker<MessagesByID, [MessageID]>
    private let record: Emitter<RecordFact>
    private let signingStopped: Emitter<SigningStopped>
    private let signingResumed: Emitter<SigningResumed>
    private let logger: Logger

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - key: never leaves it.
    ///   - acceptsOwnHistory: whatever the key signed is the operator's own doing (ADR 0039).
    ///   - restored: says that the key was put back from a backup (ADR 0072).
    ///   - logger: told when the key is used elsewhere.
    public init(
        _ boot: borrowing Boot,
        key: SigningKey,
        acceptsOwnHistory: Bool = false,
        restored: RestoredKey? = nil,
        logger: Logger = Logger(label: "valence.identity")
    ) {
        self.logger = logger
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.signingStopped = boot.emits(SigningStopped.self)
        self.signingResumed = boot.emits(SigningResumed.self)
        self.machine = IdentityStateMachine(
            key: key,
            acceptsOwnHistory: acceptsOwnHistory,
            restored: restored
        )
        self.rate = boot.emits(RateSender.self)
        self.admit = boot.emits(AdmitMessage.self)
        self.signed = boot.emits(RequestSigned.self)
        self.open = boot.emits(OpenExchange.self)
        self.answer = boot.emits(AnswerExchange.self)
        self.fetch = boot.emits(FetchMissing.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.messages = boot.asks(MessagesByID.self, about: [MessageID].self)
        self.record = boot.emits(RecordFact.self)
        self.held = boot.emits(MessageHeld.self)
        self.fetchPhase = boot.emits(FetchPhase.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Identity>) {
        wiring.checkpoints()
        Self.wireSigning(wiring)
        Self.wireRepeating(wiring)
        wiring.receives(IdentifySender.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.identify(envelope.body, now: now), &outbox)
        }
        wiring.receives(JudgeIdentityMessage.self) { identity, envelope, outbox in
            identity.perform(identity.machine.judge(envelope.body.admitted), &outbox)
        }
        Self.wireLog(wiring)
        wiring.answers(IdentityChain.self) { identity, envelope, outbox in
            outbox.reply(identity.machine.chain(envelope.body), to: envelope.replyAddress)
        }
        wiring.answers(IdentityTreeView.self) { identity, envelope, outbox in
            let view = identity.machine.view(envelope.body.question, now: outbox.now.timestamp)
            outbox.reply(view, to: envelope.replyAddress)
        }
        wiring.answers(IdentityKeys.self) { identity, envelope, outbox in
            let reply = identity.machine.keys(of: envelope.body.key)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(MessageDraft.self) { identity, envelope, outbox in
            let draft = identity.machine.draft(envelope.body, now: outbox.now.timestamp)
            outbox.reply(draft, to: envelope.replyAddress)
        }
        wiring.answers(IdentityVerdict.self) { identity, envelope, outbox in
            let verdict = identity.machine.verdict(on: envelope.body.admitted)
            outbox.reply(verdict, to: envelope.replyAddress)
        }
        wiring.answers(IdentityStatus.self) { identity, envelope, outbox in
            let status = identity.machine.status(isBrief: envelope.body.isBrief)
            outbox.reply(status, to: envelope.replyAddress)
        }
    }

    private static func wireLog(_ wiring: borrowing Wiring<Identity>) {
        wiring.receives(MessageLogged.self) { identity, envelope, outbox in
            identity.perform(identity.machine.logged(envelope.body), &outbox)
        }
        wiring.receives(FactLogged.self) { identity, envelope, outbox in
            identity.perform(identity.machine.logged(envelope.body.fact), &outbox)
        }
    }

    private static func wireSigning(_ wiring: borrowing Wiring<Identity>) {
        wiring.receives(PublishMessage.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.publish(envelope.body, now: now), &outbox)
        }
        wiring.receives(PublishExtension.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.publish(envelope.body, now: now), &outbox)
        }
        wiring.receives(SyncStateChanged.self) { identity, envelope, outbox in
            identity.machine.changed(envelope.body, now: outbox.now.timestamp)
        }
        wiring.receives(PeerConnected.self) { identity, _, outbox in
            identity.machine.peersChanged(by: 1, now: outbox.now.timestamp)
        }
        wiring.receives(PeerDisconnected.self) { identity, _, outbox in
            identity.machine.peersChanged(by: -1, now: outbox.now.timestamp)
        }
        wiring.receives(OwnKeyMet.self) { identity, _, outbox in
            identity.machine.metOwnKey(now: outbox.now.timestamp)
        }
        wiring.receives(PhasesAwaited.self) { identity, envelope, outbox in
            identity.perform(identity.machine.awaited(envelope.body), &outbox)
        }
        wiring.receives(SendRequest.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.request(envelope.body, now: now), &outbox)
        }
        wiring.receives(SendAnswer.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.answer(envelope.body, now: now), &outbox)
        }
        wiring.receives(PeerAuthenticated.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.authenticated(envelope.body, now: now), &outbox)
        }
        wiring.answers(SignChallenge.self) { identity, envelope, outbox in
            let signature = identity.machine.signature(for: envelope.body)
            outbox.reply(SignChallenge.Reply(signature: signature), to: envelope.replyAddress)
        }
    }

    /// Broadcasting own links again (R-01-030).
    private static func wireRepeating(_ wiring: borrowing Wiring<Identity>) {
        wiring.receives(ReplayFinished.self) { identity, envelope, outbox in
            let actions = identity.machine.started(
                lastArrival: envelope.body.lastArrival,
                now: outbox.now.timestamp
            )
            identity.perform(actions, &outbox)
            identity.sleep(&outbox)
        }
        wiring.wakes { identity, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.look(now: now), &outbox)
            identity.perform(identity.machine.linksToRepeat(now: now), &outbox)
            identity.sleep(&outbox)
        }
        wiring.hears(MessagesByID.self, about: [MessageID].self) { identity, answer, outbox in
            let now = outbox.now.timestamp
            let actions = identity.machine.read(answer.reply, of: answer.context, now: now)
            identity.perform(actions, &outbox)
        }
    }

    private func sleep(_ outbox: inout Outbox) {
        outbox.wake(at: outbox.now.advanced(by: self.machine.pause))
    }

    private func perform(_ actions: [IdentityAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: IdentityAction, _ outbox: inout Outbox) {
        switch action {
        case .rate(let command):
            outbox.send(self.rate, command)
        case .admit(let bytes, let origin):
            outbox.send(self.admit, AdmitMessage(bytes: bytes, origin: origin))
        case .open(let exchange, let message):
            // The name comes first, so that it is known whatever becomes of the exchange.
            outbox.send(self.signed, RequestSigned(exchange: exchange, id: message.id))
            outbox.send(self.open, OpenExchange(exchange: exchange, frame: message.canonical))
        case .answer(let exchange, let frame):
            outbox.send(self.answer, AnswerExchange(exchange: exchange, frame: frame))
        case .hold(let origin):
            outbox.send(self.held, MessageHeld(origin: origin))
        case .fetchPhase(let phase, let since):
            outbox.send(self.fetchPhase, FetchPhase(phase: phase, since: since))
        case .accept(let admitted):
            outbox.send(self.accepted, MessageAccepted(admitted: admitted))
        case .repeatLinks(let ids):
            outbox.ask(self.messages, MessagesByID(ids: ids), context: ids)
        case .announce(let contradiction):
            let notice = PublishMessage(contradiction.notice)
            self.perform(self.machine.publish(notice, now: outbox.now.timestamp), &outbox)
        case .fetch(let ids, let holders):
            outbox.send(self.fetch, FetchMissing(ids: ids, likelyHolders: holders))
        case .record(let fact):
            outbox.send(self.record, RecordFact(fact: fact))
        case .stopSigning(let refusal):
            // A key that was put back is no emergency.
            let level: Logger.Level = refusal.code == .keyUsedElsewhere ? .critical : .warning
            self.logger.log(
                level: level,
                "\(refusal.detail)",
                metadata: ["event": "signing_stopped"]
            )
            outbox.send(self.signingStopped, SigningStopped(refusal))
        case .resumeSigning:
            self.logger.notice(
                "no other process with this node's key was noticed; it signs now",
                metadata: ["event": "signing_resumed"]
            )
            outbox.send(self.signingResumed, SigningResumed())
        case .tellOfRestoredMessages:
            let cause = "its data directory is an older copy"
            self.logger.notice(
                "peers have messages of this node that it lacks: \(cause)",
                metadata: ["event": "own_messages_missing"]
            )
        case .refuse(let origin, let id, let refusal):
            outbox.send(self.refused, MessageRefused(origin: origin, id: id, refusal: refusal))
        }
    }
}

extension Identity {
    /// What it has made of the log.
    package var kept: IdentityState { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: IdentityState) { self.machine.restore(kept) }
}
