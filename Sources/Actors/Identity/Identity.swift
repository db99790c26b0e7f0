public import Cryptography
import Identities
public import Kernel
public import Logging
import Messages
import Primitives

/// The subsystem that owns the node's key and knows which key acts for whom.
public actor Identity: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.identity

    private var machine: IdentityStateMachine
    private let rate: Emitter<RateSender>
    private let admit: Emitter<AdmitMessage>
    private let open: Emitter<OpenExchange>
    private let answer: Emitter<AnswerExchange>
    private let fetch: Emitter<FetchMissing>
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    /// Own links whose bytes are read to be broadcast again.
    private let messages: Asker<MessagesByID, [MessageID]>
    private let record: Emitter<RecordFact>
    private let signingStopped: Emitter<SigningStopped>
    private let logger: Logger

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - key: never leaves it.
    ///   - acceptsOwnHistory: whatever the key signed is the operator's own doing (ADR 0039).
    ///   - logger: told when the key is used elsewhere.
    public init(
        _ boot: borrowing Boot,
        key: SigningKey,
        acceptsOwnHistory: Bool = false,
        logger: Logger = Logger(label: "valence.identity")
    ) {
        self.logger = logger
        self.signingStopped = boot.emits(SigningStopped.self)
        self.machine = IdentityStateMachine(key: key, acceptsOwnHistory: acceptsOwnHistory)
        self.rate = boot.emits(RateSender.self)
        self.admit = boot.emits(AdmitMessage.self)
        self.open = boot.emits(OpenExchange.self)
        self.answer = boot.emits(AnswerExchange.self)
        self.fetch = boot.emits(FetchMissing.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.messages = boot.asks(MessagesByID.self, about: [MessageID].self)
        self.record = boot.emits(RecordFact.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Identity>) {
        Self.wireSigning(wiring)
        Self.wireRepeating(wiring)
        wiring.receives(IdentifySender.self) { identity, envelope, outbox in
            let (body, now) = (envelope.body, outbox.now.timestamp)
            for action in identity.machine.examine(body.message, body.origin, now: now) {
                identity.perform(action, &outbox)
            }
            identity.perform(identity.machine.identify(body), &outbox)
        }
        wiring.receives(JudgeIdentityMessage.self) { identity, envelope, outbox in
            for action in identity.machine.judge(envelope.body.admitted) {
                identity.perform(action, &outbox)
            }
        }
        Self.wireLog(wiring)
        wiring.answers(IdentityChain.self) { identity, envelope, outbox in
            outbox.reply(identity.machine.chain(envelope.body), to: envelope.replyAddress)
        }
        wiring.answers(IdentityKeys.self) { identity, envelope, outbox in
            let reply = identity.machine.keys(of: envelope.body.key)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(IdentityStatus.self) { identity, envelope, outbox in
            outbox.reply(identity.status, to: envelope.replyAddress)
        }
    }

    private static func wireLog(_ wiring: borrowing Wiring<Identity>) {
        wiring.receives(MessageLogged.self) { identity, envelope, outbox in
            let (admitted, isReplay) = (envelope.body.admitted, envelope.body.isReplay)
            if !isReplay, identity.machine.isRestored(admitted.message, admitted.origin) {
                let cause = "its data directory is an older copy"
                identity.logger.notice("peers have messages of this node that it lacks: \(cause)")
            }
            let actions =
                identity.machine.advance(to: admitted.receivedAt)
                + identity.machine.logged(admitted.message, isReplay: isReplay)
            for action in actions { identity.perform(action, &outbox) }
        }
        wiring.receives(FactLogged.self) { identity, envelope, outbox in
            let fact = envelope.body.fact
            identity.machine.linkBroadcasts.apply(fact)
            identity.machine.ownHistory.apply(fact)
            var actions = identity.machine.advance(to: fact.recordedAt)
            if let start = KeyStartedOver(fact) { actions += identity.machine.startedOver(start) }
            if let ratified = ResolutionRatified(fact) {
                actions += identity.machine.ratified(ratified)
                actions += identity.machine.advance(to: fact.recordedAt)
            }
            for action in actions { identity.perform(action, &outbox) }
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
        wiring.receives(SyncStateChanged.self) { identity, envelope, _ in
            identity.machine.gate.changed(envelope.body)
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
            guard let computedAt = envelope.body.proofComputedAt else { return }
            let (key, now) = (envelope.body.peer, outbox.now.timestamp)
            for action in identity.machine.proved(key, computedAt: computedAt, now: now) {
                identity.perform(action, &outbox)
            }
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
            for action in actions { identity.perform(action, &outbox) }
            identity.sleep(&outbox)
        }
        wiring.wakes { identity, outbox in
            for action in identity.machine.linksToRepeat(now: outbox.now.timestamp) {
                identity.perform(action, &outbox)
            }
            identity.sleep(&outbox)
        }
        wiring.hears(MessagesByID.self, about: [MessageID].self) { identity, answer, outbox in
            // Without a log there is nothing to read the links from; they are due at the next tick, too.
            guard let reply = answer.reply else { return }
            for bytes in reply.messages { identity.perform(.admit(bytes, nil), &outbox) }
            let fact = LinksRepeated(ids: answer.context).fact(recordedAt: outbox.now.timestamp)
            outbox.send(identity.record, RecordFact(fact: fact))
        }
    }

    private func sleep(_ outbox: inout Outbox) {
        let pause = Duration.milliseconds(IdentityLimits.tickMilliseconds)
        outbox.wake(at: outbox.now.advanced(by: pause))
    }

    private var status: IdentityStatus.Reply {
        IdentityStatus.Reply(
            nodeID: self.machine.ownNode,
            identity: self.machine.ownIdentity,
            linkedIdentities: self.machine.registry.linkedIdentities,
            merkleRoot: self.machine.merkleRoot,
            digest: self.machine.digest,
            signingStoppedBecause: self.machine.ownHistory.stranger?.text,
            restoredMessages: self.machine.ownHistory.restored
        )
    }

    private func perform(_ action: IdentityAction, _ outbox: inout Outbox) {
        switch action {
        case .rate(let command):
            outbox.send(self.rate, command)
        case .admit(let bytes, let request):
            outbox.send(self.admit, AdmitMessage(bytes: bytes, origin: .local(request)))
        case .open(let exchange, let frame):
            outbox.send(self.open, OpenExchange(exchange: exchange, frame: frame))
        case .answer(let exchange, let frame):
            outbox.send(self.answer, AnswerExchange(exchange: exchange, frame: frame))
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
        case .stopSigning(let stranger):
            self.logger.critical("\(stranger.text)")
            outbox.send(self.signingStopped, SigningStopped(reason: stranger.text))
        case .refuse(let origin, let id, let refusal):
            outbox.send(self.refused, MessageRefused(origin: origin, id: id, refusal: refusal))
        }
    }
}
