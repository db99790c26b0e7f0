public import Kernel
public import Logging
import Messages
import Primitives

/// The subsystem that admits messages: form, identifier, time, signature, proof of delay.
///
/// It keeps no protocol state; whoever passes it is authentic and on time, nothing more.
public actor Verification: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.verification

    private var machine: VerificationStateMachine
    private let pool: any VerificationPool
    private let logger: Logger
    private let inlet: Inlet<VerificationDone>
    private let identify: Emitter<IdentifySender>
    private let refused: Emitter<MessageRefused>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: the kernel's hand.
    ///   - isLocalProfile: lifts the admission quotas of D-23.
    ///   - pool: the device.
    ///   - logger: told when the own clock is wrong.
    public init(
        _ boot: borrowing Boot,
        isLocalProfile: Bool,
        pool: any VerificationPool,
        logger: Logger = Logger(label: "valence.verification")
    ) {
        self.machine = VerificationStateMachine(isLocalProfile: isLocalProfile)
        self.pool = pool
        self.logger = logger
        self.inlet = boot.inlet(VerificationDone.self)
        self.identify = boot.emits(IdentifySender.self)
        self.refused = boot.emits(MessageRefused.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Verification>) {
        wiring.receives(AdmitMessage.self) { verification, envelope, outbox in
            let actions = verification.machine.admit(envelope.body, now: outbox.now.timestamp)
            verification.perform(actions, &outbox)
        }
        wiring.receives(VerificationDone.self) { verification, envelope, outbox in
            let body = envelope.body
            let actions = verification.machine.done(
                body.token,
                body.outcome,
                now: outbox.now.timestamp,
                entropy: outbox.random()
            )
            verification.perform(actions, &outbox)
        }
        wiring.receives(ProtocolVersionsChanged.self) { verification, envelope, _ in
            verification.machine.versions = envelope.body.versions
        }
        wiring.receives(MessageLogged.self) { verification, envelope, _ in
            guard envelope.body.isReplay else { return }
            let admitted = envelope.body.admitted
            verification.machine.replayed(admitted.message, receivedAt: admitted.receivedAt)
        }
        wiring.receives(MessageRefused.self) { verification, envelope, _ in
            verification.machine.refused(envelope.body.id, envelope.body.refusal)
        }
        wiring.answers(CheckProof.self) { verification, envelope, outbox in
            let actions = verification.machine.check(
                envelope.body,
                from: envelope.replyAddress,
                now: outbox.now.timestamp,
                entropy: outbox.random()
            )
            verification.perform(actions, &outbox)
        }
        wiring.answers(ComputeProof.self) { verification, envelope, outbox in
            let actions = verification.machine.compute(
                envelope.body,
                from: envelope.replyAddress,
                now: outbox.now.timestamp
            )
            verification.perform(actions, &outbox)
        }
        wiring.answers(VerificationStatus.self) { verification, envelope, outbox in
            let machine = verification.machine
            let reply = VerificationStatus.Reply(
                verified: machine.verified,
                refused: machine.refusalCounts,
                pending: machine.pendingJobs,
                clockOffsetMilliseconds: machine.clockOffset
            )
            outbox.reply(reply, to: envelope.replyAddress)
        }
    }

    private func warn(_ standing: ClockOffsets.Standing, _ offset: Int64) {
        let seconds = "\(offset.magnitude / 1_000) s \(offset > 0 ? "ahead of" : "behind") others"
        switch standing {
        case .right: self.logger.notice("this node's clock is right again")
        case .wrong:
            self.logger.warning("this node's clock is \(seconds); set it, best by an NTP service")
        case .unreliable:
            self.logger.error("this node's clock is \(seconds), who may ignore it; set it")
        }
    }

    private func perform(_ actions: [VerificationAction], _ outbox: inout Outbox) {
        for action in actions {
            switch action {
            case .submit(let job, let token):
                self.pool.submit(job, token: token, reportingTo: self.inlet)
            case .pass(let message, let origin, let receivedAt):
                outbox.send(
                    self.identify,
                    IdentifySender(message: message, origin: origin, receivedAt: receivedAt)
                )
            case .refuse(let origin, let id, let refusal):
                outbox.send(
                    self.refused,
                    MessageRefused(origin: origin, id: id, refusal: refusal)
                )
            case .warnOfClock(let standing, let offset): self.warn(standing, offset)
            case .answerCheck(let asker, let failure):
                outbox.reply(CheckProof.Reply(failure: failure), to: asker)
            case .answerCompute(let asker, let outcome):
                if case .computed(let proof) = outcome {
                    outbox.reply(ComputeProof.Reply(proof: proof), to: asker)
                }
            }
        }
    }
}
