public import Checkpoints
public import Kernel
public import Logging
public import Messages
import Primitives

/// The subsystem that admits messages: form, identifier, time, signature, proof of delay.
///
/// It keeps no protocol state; a message that passes it is authentic and on time, nothing more.
public actor Verification: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.verification

    private var machine: VerificationStateMachine
    private let pool: any VerificationPool
    private let time: any TimeService
    private let logger: Logger
    private let inlet: Inlet<VerificationDone>
    private let timeInlet: Inlet<TimeAnswered>
    private let identify: Emitter<IdentifySender>
    private let refused: Emitter<MessageRefused>
    private let compared: Emitter<ClockCompared>

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - isLocalProfile: lifts the admission quotas of D-23.
    ///   - pool: the device.
    ///   - time: what asks time servers; nil when none is asked.
    ///   - clockJump: the jump of the clock because of which the node built itself anew.
    ///   - extensions: names types that are kept although the protocol does not know them.
    ///   - logger: told when the own clock is wrong.
    public init(
        _ boot: borrowing Boot,
        isLocalProfile: Bool,
        pool: any VerificationPool,
        time: (any TimeService)? = nil,
        clockJump: ClockJump? = nil,
        extensions: Extensions = .none,
        logger: Logger = Logger(label: "valence.verification")
    ) {
        self.machine = VerificationStateMachine(
            isLocalProfile: isLocalProfile,
            clockJump: clockJump,
            extensions: extensions,
            timeServers: time?.servers ?? [],
            decode: pool.decode(_:limits:acceptedVersions:)
        )
        self.pool = pool
        self.time = time ?? NoTimeService()
        self.logger = logger
        self.inlet = boot.inlet(VerificationDone.self)
        self.timeInlet = boot.inlet(TimeAnswered.self)
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.identify = boot.emits(IdentifySender.self)
        self.refused = boot.emits(MessageRefused.self)
        self.compared = boot.emits(ClockCompared.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Verification>) {
        wiring.checkpoints()
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
        wiring.receives(CompareClock.self) { verification, envelope, outbox in
            let now = outbox.now.timestamp
            let actions = verification.machine.compareClocks(envelope.body, now: now)
            verification.perform(actions, &outbox)
        }
        wiring.receives(ProtocolVersionsChanged.self) { verification, envelope, _ in
            verification.machine.versionsChanged(to: envelope.body.versions)
        }
        wiring.receives(MessageLogged.self) { verification, envelope, _ in
            verification.machine.logged(envelope.body)
        }
        wiring.receives(LogStopped.self) { verification, envelope, _ in
            verification.machine.logStopped(takes: envelope.body.takes)
        }
        wiring.receives(LogResumed.self) { verification, _, _ in
            verification.machine.logResumed()
        }
        wiring.receives(MessageRefused.self) { verification, envelope, outbox in
            verification.machine.refused(envelope.body, now: outbox.now.timestamp)
        }
        Self.wireTime(wiring)
        Self.wireAnswers(wiring)
    }

    private static func wireTime(_ wiring: borrowing Wiring<Verification>) {
        wiring.receives(ReplayFinished.self) { verification, _, outbox in
            let now = outbox.now.timestamp
            verification.perform(verification.machine.started(now: now), &outbox)
        }
        wiring.wakes { verification, outbox in
            let now = outbox.now.timestamp
            verification.perform(verification.machine.woke(now: now), &outbox)
        }
        wiring.receives(TimeAnswered.self) { verification, envelope, outbox in
            let actions = verification.machine.heard(
                envelope.body,
                now: outbox.now.timestamp,
                entropy: outbox.random()
            )
            verification.perform(actions, &outbox)
        }
    }

    private static func wireAnswers(_ wiring: borrowing Wiring<Verification>) {
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
        wiring.answers(DraftCheck.self) { verification, envelope, outbox in
            let refusal = verification.machine.objection(
                toDraft: envelope.body.message,
                now: outbox.now.timestamp
            )
            outbox.reply(DraftCheck.Reply(refusal: refusal), to: envelope.replyAddress)
        }
        wiring.answers(RefusedMessage.self) { verification, envelope, outbox in
            let now = outbox.now.timestamp
            let reply = verification.machine.refusal(of: envelope.body, now: now)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.answers(VerificationStatus.self) { verification, envelope, outbox in
            outbox.reply(verification.machine.status, to: envelope.replyAddress)
        }
    }

    private func warn(_ clock: ClockComparison) {
        switch clock.standing {
        case .right:
            self.logger.notice(
                "this node's clock is right again",
                metadata: ["event": "clock_right"]
            )
        case .wrong:
            self.logger.warning(
                "\(clock.description); set it, best by an NTP service",
                metadata: ["event": "clock_wrong"]
            )
        case .unreliable:
            self.logger.error(
                "\(clock.description); set it, or peers ignore this node",
                metadata: ["event": "clock_unreliable"]
            )
        }
    }

    private func warn(_ time: ServerTime) {
        if time.isOff {
            self.logger.warning(
                "\(time.description); set it, best by an NTP service",
                metadata: ["event": "clock_off_by_ntp"]
            )
        } else {
            self.logger.notice(
                "this node's clock is right again, by time servers",
                metadata: ["event": "clock_right_by_ntp"]
            )
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
            case .warnOfClock(let comparison): self.warn(comparison)
            case .askTime(let servers): self.time.ask(servers, reportingTo: self.timeInlet)
            case .wake(let moment): outbox.wake(at: Moment(moment))
            case .warnOfServers(let time): self.warn(time)
            case .tellOfClock(let comparison):
                outbox.send(self.compared, ClockCompared(comparison: comparison))
            case .answerCheck(let asker, let failure):
                outbox.reply(CheckProof.Reply(failure: failure), to: asker)
            case .answerCompute(let asker, let proof):
                outbox.reply(ComputeProof.Reply(proof: proof), to: asker)
            }
        }
    }
}

extension Verification {
    /// What it has made of the log.
    package var kept: VerificationState { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: VerificationState) { self.machine.restore(kept) }
}
