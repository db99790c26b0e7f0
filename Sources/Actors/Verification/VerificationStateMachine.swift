import Kernel
import Messages
import OrderedCollections
import Primitives

/// The rules of admission: cheap checks before expensive ones, and no identifier checked twice.
///
/// The order is form, limits, identifier (`EnvelopeCodec.decode`), topic, time window, duplicate;
/// only then a signature check goes to the pool. Duplicates are recognised here and not in
/// Gossip, because an identifier means nothing before it was recomputed from the signing body.
struct VerificationStateMachine: Sendable {
    private var verified: UInt64 = 0
    private var refusals: OrderedDictionary<String, UInt64> = [:]
    private var known = KnownMessages()
    private var book = RefusalBook()
    private var jobs = VerificationJobs()
    private var proofs: ProofChecks
    private var clock = ClockWatch()
    private var serverClock: ServerClock
    /// What the log has room for.
    private var room: LogRoom
    private var versions: AcceptedVersions
    /// The jump of the clock because of which the node built itself anew.
    private let clockJump: ClockJump?
    private let decode: EnvelopeDecoder

    init(
        isLocalProfile: Bool,
        readable: Set<Int64> = EnvelopeCodec.acceptedVersions,
        clockJump: ClockJump? = nil,
        extensions: Extensions = .none,
        timeServers: [String] = [],
        decode: @escaping EnvelopeDecoder = EnvelopeCodec.decode(_:limits:acceptedVersions:)
    ) {
        self.decode = decode
        self.serverClock = ServerClock(servers: timeServers)
        self.room = LogRoom(extensions: extensions)
        self.clockJump = clockJump
        self.proofs = ProofChecks(hasQuota: !isLocalProfile)
        self.versions = AcceptedVersions(readable: readable)
    }

    /// What was done since the start, refusals sorted by cause.
    var status: VerificationStatus.Reply {
        VerificationStatus.Reply(
            verified: self.verified,
            refused: self.refusals.map { (code: $0.key, count: $0.value) }
                .sorted { $0.code.utf8.lexicographicallyPrecedes($1.code.utf8) },
            pending: self.jobs.count,
            clock: self.clock.comparison,
            clockJump: self.clockJump,
            serverTime: self.serverClock.comparison
        )
    }

    // MARK: Messages

    mutating func admit(_ request: AdmitMessage, now: Timestamp) -> [VerificationAction] {
        let origin = request.origin
        let message: Message
        do {
            message = try self.read(request.bytes, origin, now: now)
        } catch {
            return self.refuse(origin, nil, error)
        }
        let warnings = self.clock.heard(message, origin, now: now)
        if let refusal = self.cheapRefusal(of: message, origin, now: now) {
            return self.refuse(origin, message.id, refusal) + warnings
        }
        return self.submit(message, request, now: now) + warnings
    }

    private func read(_ bytes: [UInt8], _ origin: Origin, now: Timestamp) throws(Refusal)
        -> Message
    {
        do {
            return try self.decode(
                bytes,
                origin.isBroadcast ? .message : .frame,
                self.versions.versions(for: origin, now: now)
            )
        } catch {
            throw self.versions.explained(error, now: now)
        }
    }

    /// Why a message of this node would be refused, its signature aside (ADR 0059); nil when it would not.
    func objection(toDraft message: Message, now: Timestamp) -> Refusal? {
        let origin = Origin.local(nil)
        do {
            let read = try self.read(message.canonical, origin, now: now)
            return self.cheapRefusal(of: read, origin, now: now)
        } catch {
            return error
        }
    }

    private func cheapRefusal(of message: Message, _ origin: Origin, now: Timestamp) -> Refusal? {
        origin.objection(to: message) ?? message.sizeObjection(origin)
            ?? self.room.refusal(of: message, origin: origin)
            ?? message.timeObjection(origin, now: now)
            ?? self.known.objection(to: message, origin, now: now)
            ?? self.objectionToMore
    }

    private var objectionToMore: Refusal? {
        guard self.jobs.count >= VerificationLimits.jobsMax else { return nil }
        return Refusal(.busy, "\(self.jobs.count) checks are waiting; send it again later")
    }

    private mutating func submit(_ message: Message, _ request: AdmitMessage, now: Timestamp)
        -> [VerificationAction]
    {
        let origin = request.origin
        var proof: OpenProof?
        if case .peerAnnounce(let announcement) = message.payload {
            let open = self.proofs.open(
                announcement.vdfProof,
                key: message.from,
                allowance: origin.peer.map { .announcement(by: $0) } ?? .paid,
                now: now
            )
            switch open {
            case .success(let open): proof = open
            case .failure(let refusal): return self.refuse(origin, message.id, refusal)
            }
        }
        if let refusal = self.known.begin(message, origin) {
            return self.refuse(origin, message.id, refusal)
        }
        let job = VerificationJob.message(
            message,
            relaySignatureHolds: request.relaySignatureHolds
        )
        let purpose = VerificationJobs.Purpose.message(
            message,
            origin,
            receivedAt: now,
            proof: proof
        )
        return [self.jobs.submit(job, for: purpose)]
    }

    private mutating func finish(
        _ message: Message,
        _ origin: Origin,
        _ receivedAt: Timestamp,
        _ refusal: Refusal?
    ) -> [VerificationAction] {
        self.known.end(message, origin)
        // The log may have lost its room while signatures of thousands were checked.
        if let refusal = refusal ?? self.room.refusal(of: message, origin: origin) {
            return self.refuse(origin, message.id, refusal)
        }
        self.verified += 1
        if let refusal = self.known.pass(message, origin, receivedAt: receivedAt) {
            return self.refuse(origin, message.id, refusal)
        }
        return [.pass(message, origin, receivedAt: receivedAt)]
    }

    private mutating func refuse(_ origin: Origin, _ id: MessageID?, _ refusal: Refusal)
        -> [VerificationAction]
    {
        self.refusals[refusal.code.rawValue, default: 0] += 1
        return [.refuse(origin, id, refusal)]
    }

    // MARK: Proofs

    /// A caller in this node wants a proof checked.
    mutating func check(
        _ query: CheckProof,
        from asker: ReplyAddress<CheckProof>,
        now: Timestamp,
        entropy: UInt64
    ) -> [VerificationAction] {
        self.perform(
            self.proofs.check(query, for: .query(asker), now: now, entropy: entropy)
        )
    }

    /// A caller in this node wants a proof computed.
    mutating func compute(
        _ query: ComputeProof,
        from asker: ReplyAddress<ComputeProof>,
        now: Timestamp
    ) -> [VerificationAction] {
        [self.jobs.submit(.compute(query.key, at: now), for: .compute(asker))]
    }

    private mutating func perform(_ steps: [ProofChecks.Step]) -> [VerificationAction] {
        steps.flatMap { step -> [VerificationAction] in
            switch step {
            case .recompute(let open, let segments, let claim):
                let job = VerificationJob.proof(open.proof, segments: segments)
                return [self.jobs.submit(job, for: .proof(open, claim))]
            case .decided(.message(let message, let origin, let receivedAt), let refusal):
                return self.finish(message, origin, receivedAt, refusal)
            case .decided(.query(let asker), let refusal):
                return [.answerCheck(asker, failure: refusal?.detail)]
            }
        }
    }

    // MARK: Outcomes

    /// The pool finished a job.
    mutating func done(
        _ token: UInt64,
        _ outcome: VerificationOutcome,
        now: Timestamp,
        entropy: UInt64
    ) -> [VerificationAction] {
        switch self.jobs.finish(token) {
        case .message(let message, let origin, let receivedAt, let proof):
            guard outcome == .valid, let proof else {
                return self.finish(message, origin, receivedAt, outcome.refusal)
            }
            let claim = Claim.message(message, origin, receivedAt: receivedAt)
            return self.perform(
                self.proofs.begin(proof, for: claim, now: now, entropy: entropy)
            )
        case .proof(let open, let claim):
            let steps = self.proofs.recomputed(
                open,
                for: claim,
                holds: outcome == .valid,
                now: now,
                entropy: entropy
            )
            return self.perform(steps)
        case .compute(let asker):
            guard case .computed(let proof) = outcome else { return [] }
            return [.answerCompute(asker, proof)]
        case nil:
            return []
        }
    }

    // MARK: What others tell

    /// A handshake showed how far the clocks are apart.
    mutating func compareClocks(_ answer: CompareClock, now: Timestamp) -> [VerificationAction] {
        self.clock.heard(answer, now: now)
    }

    /// The node has started.
    mutating func started(now: Timestamp) -> [VerificationAction] {
        self.serverClock.started(now: now)
    }

    /// A wake has come.
    mutating func woke(now: Timestamp) -> [VerificationAction] { self.serverClock.woke(now: now) }

    /// Time servers answered, or did not.
    mutating func heard(_ answers: TimeAnswered, now: Timestamp, entropy: UInt64)
        -> [VerificationAction]
    {
        self.serverClock.heard(answers.answers, now: now, entropy: entropy)
    }

    /// The network decided on another version of the protocol.
    mutating func versionsChanged(to versions: ProtocolVersions) {
        self.versions.change(to: versions)
    }

    /// A message is in the log; live it went through admission.
    ///
    /// A replayed one never reaches a signature check again, nor does its proof.
    mutating func logged(_ entry: MessageLogged) {
        guard entry.isReplay else { return }
        let message = entry.admitted.message
        self.known.replayed(message, receivedAt: entry.admitted.receivedAt)
        guard case .peerAnnounce(let announcement) = message.payload else { return }
        self.proofs.remember(announcement.vdfProof, of: message.from)
    }

    /// Somebody refused a message: a judge, or this subsystem itself, which hears what it says.
    mutating func refused(_ event: MessageRefused, now: Timestamp) {
        self.known.refused(event.id, event.refusal)
        self.book.note(event.id, event.refusal, event.origin, at: now)
    }

    /// Somebody asks why a message was refused.
    func refusal(of query: RefusedMessage, now: Timestamp) -> RefusedMessage.Reply {
        RefusedMessage.Reply(
            refused: self.book.refusal(of: query.id, now: now),
            memory: RefusalBook.memory
        )
    }

    /// The log lacks room, for all or for some messages of others.
    mutating func logStopped(takes: LogStopped.Takes) { self.room.stopped(takes: takes) }

    /// The log has room for everything again.
    mutating func logResumed() { self.room.resumed() }
}

extension VerificationStateMachine {
    /// What a checkpoint keeps.
    var kept: VerificationState {
        VerificationState(known: self.known, proofs: self.proofs.memory, versions: self.versions)
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: VerificationState) {
        self.known = kept.known
        self.proofs.restore(kept.proofs)
        self.versions = kept.versions
    }
}
