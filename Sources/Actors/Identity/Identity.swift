public import Cryptography
import Identities
public import Kernel
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

    /// Plugs the subsystem in; `key` never leaves it.
    public init(_ boot: borrowing Boot, key: SigningKey) {
        self.machine = IdentityStateMachine(key: key)
        self.rate = boot.emits(RateSender.self)
        self.admit = boot.emits(AdmitMessage.self)
        self.open = boot.emits(OpenExchange.self)
        self.answer = boot.emits(AnswerExchange.self)
        self.fetch = boot.emits(FetchMissing.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Identity>) {
        Self.wireSigning(wiring)
        wiring.receives(IdentifySender.self) { identity, envelope, outbox in
            identity.perform(identity.machine.identify(envelope.body), &outbox)
        }
        wiring.receives(JudgeIdentityMessage.self) { identity, envelope, outbox in
            for action in identity.machine.judge(envelope.body.admitted) {
                identity.perform(action, &outbox)
            }
        }
        wiring.receives(MessageLogged.self) { identity, envelope, _ in
            let body = envelope.body
            identity.machine.logged(body.admitted.message, isReplay: body.isReplay)
        }
        wiring.receives(FactLogged.self) { identity, envelope, _ in
            guard let ratified = ResolutionRatified(envelope.body.fact) else { return }
            identity.machine.ratified(ratified.resolution)
        }
        wiring.answers(IdentityKeys.self) { identity, envelope, outbox in
            let reply = identity.machine.keys(of: envelope.body.key)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(IdentityStatus.self) { identity, envelope, outbox in
            outbox.reply(identity.status, to: envelope.replyAddress)
        }
    }

    private static func wireSigning(_ wiring: borrowing Wiring<Identity>) {
        wiring.receives(PublishMessage.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.publish(envelope.body, now: now), &outbox)
        }
        wiring.receives(SendRequest.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.request(envelope.body, now: now), &outbox)
        }
        wiring.receives(SendAnswer.self) { identity, envelope, outbox in
            let now = outbox.now.timestamp
            identity.perform(identity.machine.answer(envelope.body, now: now), &outbox)
        }
        wiring.answers(SignChallenge.self) { identity, envelope, outbox in
            let signature = identity.machine.signature(for: envelope.body)
            outbox.reply(SignChallenge.Reply(signature: signature), to: envelope.replyAddress)
        }
    }

    private var status: IdentityStatus.Reply {
        IdentityStatus.Reply(
            nodeID: self.machine.ownNode,
            identity: self.machine.ownIdentity,
            linkedIdentities: self.machine.registry.linkedIdentities,
            merkleRoot: self.machine.merkleRoot,
            digest: self.machine.digest
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
        case .announce(let contradiction):
            let payload = contradiction.noticePayload
            let notice = PublishMessage(type: .keyConflict, payload: payload)
            self.perform(self.machine.publish(notice, now: outbox.now.timestamp), &outbox)
        case .fetch(let ids, let holders):
            outbox.send(self.fetch, FetchMissing(ids: ids, likelyHolders: holders))
        case .refuse(let origin, let id, let refusal):
            outbox.send(self.refused, MessageRefused(origin: origin, id: id, refusal: refusal))
        }
    }
}
