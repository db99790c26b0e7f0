import Cryptography
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
    private struct InFlight: Hashable, Sendable {
        let id: MessageID
        let signature: Signature
    }

    enum Pending: Sendable {
        case message(Message, Origin, receivedAt: Timestamp, proof: OpenProof?)
        case proof(OpenProof, Claim)
        case compute(ReplyAddress<ComputeProof>)
    }

    private(set) var verified: UInt64 = 0
    private var refusals: OrderedDictionary<String, UInt64> = [:]
    private var seen = LRUSet<MessageID>(capacity: VerificationLimits.seenIDsMax)
    private var repeats = RepeatMemory()
    private var inFlight: Set<InFlight> = []
    private var pending: [UInt64: Pending] = [:]
    var proofs: ProofMemory
    var proofQueue = ProofQueue()
    private var clocks = ClockOffsets()
    /// The latest warning.
    private var clockStanding = ClockStanding.right
    /// The latest report about the own clock.
    private var toldOffset: Int64?
    private var nextToken: UInt64 = 1
    /// What the log has room for.
    private var room: LogRoom
    /// The versions in force, as Consensus says.
    var versions = ProtocolVersions.initial
    /// The versions that this software can read.
    private let readable: Set<Int64>
    /// The jump of the clock because of which the node built itself anew.
    let clockJump: ClockJump?

    init(
        isLocalProfile: Bool,
        readable: Set<Int64> = EnvelopeCodec.acceptedVersions,
        clockJump: ClockJump? = nil,
        extensions: Extensions = .none
    ) {
        self.room = LogRoom(extensions: extensions)
        self.clockJump = clockJump
        self.proofs = ProofMemory(hasQuota: !isLocalProfile)
        self.readable = readable
    }

    /// Jobs submitted and not finished.
    var pendingJobs: Int { self.pending.count }

    /// How the own clock compares with others; nil before any was heard.
    var clock: ClockComparison? { self.clocks.comparison }

    /// Refusals since the start, sorted by cause.
    var refusalCounts: [(code: String, count: UInt64)] {
        self.refusals.map { (code: $0.key, count: $0.value) }
            .sorted { $0.code.utf8.lexicographicallyPrecedes($1.code.utf8) }
    }

    // MARK: Messages

    mutating func admit(_ request: AdmitMessage, now: Timestamp) -> [VerificationAction] {
        let message: Message
        do {
            message = try EnvelopeCodec.decode(
                request.bytes,
                limits: request.origin.isBroadcast ? .message : .frame,
                acceptedVersions: self.acceptedVersions(request.origin, now: now)
            )
        } catch {
            return self.refuse(request.origin, nil, self.explained(error, now: now))
        }
        let warnings = self.compareClocks(message, request.origin, now: now)
        if let refusal = self.cheapRefusal(of: message, origin: request.origin, now: now) {
            return self.refuse(request.origin, message.id, refusal) + warnings
        }
        return self.submit(message, request, now: now) + warnings
    }

    private mutating func compareClocks(_ message: Message, _ origin: Origin, now: Timestamp)
        -> [VerificationAction]
    {
        self.clocks.heard(message, origin, now: now) ? self.tellOfClock() : []
    }

    /// Takes a sample from a handshake.
    mutating func compareClocks(_ answer: CompareClock, now: Timestamp) -> [VerificationAction] {
        self.clocks.heard(answer, now: now) ? self.tellOfClock() : []
    }

    /// Says how the own clock compares now, when that is something new.
    private mutating func tellOfClock() -> [VerificationAction] {
        guard let comparison = self.clocks.comparison else { return [] }
        var actions: [VerificationAction] = []
        let isNewStanding = comparison.standing != self.clockStanding
        if isNewStanding {
            self.clockStanding = comparison.standing
            actions.append(.warnOfClock(comparison))
        }
        let offset = comparison.offsetMilliseconds
        let step = self.toldOffset.map { offset.saturatingSubtracting($0).magnitude }
        let least = VerificationLimits.clockStepMilliseconds.magnitude
        if isNewStanding || step.map({ $0 >= least }) ?? true {
            self.toldOffset = offset
            actions.append(.tellOfClock(comparison))
        }
        return actions
    }

    /// Live messages must be of a version in force (D-87).
    ///
    /// What peers have in their logs was accepted in its time, and the version does not decide what
    /// it means: there everything is read that can be read.
    private func acceptedVersions(_ origin: Origin, now: Timestamp) -> Set<Int64> {
        if case .sync = origin { return self.readable }
        return self.readable.intersection(self.versions.accepted(at: now))
    }

    /// Says what to do when the network has moved on to a version that this software cannot read.
    private func explained(_ refusal: Refusal, now: Timestamp) -> Refusal {
        let current = self.versions.current(at: now)
        guard refusal.code == .unknownVersion, !self.readable.contains(current) else {
            return refusal
        }
        return Refusal(
            .unknownVersion,
            "\(refusal.detail); version \(current) is in force, install software that reads it"
        )
    }

    private mutating func cheapRefusal(of message: Message, origin: Origin, now: Timestamp)
        -> Refusal?
    {
        if let refusal = Self.channelRefusal(of: message, origin: origin) { return refusal }
        if origin.isBroadcast, message.canonical.count > WireLimits.carriedBytesMax {
            return Refusal(
                .tooLarge,
                "\(message.canonical.count) bytes; a page of sync carries messages of at most "
                    + "\(WireLimits.carriedBytesMax)"
            )
        }
        if let refusal = self.room.refusal(of: message, origin: origin) { return refusal }
        let window = TimeWindow.verdict(
            type: message.type,
            timestamp: message.timestamp,
            now: now,
            channel: origin.timeChannel
        )
        if window != .inside {
            let offset = message.timestamp.milliseconds(since: now)
            return Refusal(
                .outsideTimeWindow,
                "stamped \(offset) ms from this node's clock; check the clocks of both nodes"
            )
        }
        if origin.isBroadcast, self.seen.contains(message.id),
            !self.repeats.mayPassAgain(message, origin, now: now)
        {
            return Refusal(.duplicate, "message \(message.id) is known already")
        }
        guard self.pending.count < VerificationLimits.jobsMax else {
            return Refusal(.busy, "\(self.pending.count) checks are waiting; send it again later")
        }
        return nil
    }

    private static func channelRefusal(of message: Message, origin: Origin) -> Refusal? {
        switch (origin, message.type?.channel) {
        case (.gossip(_, let topic, _), .gossip(let expected)?) where topic != expected:
            return Refusal(.wrongTopic, "\(message.typeName) belongs on \(expected.rawValue)")
        case (.gossip, .stream?), (.sync, .stream?), (.local, .stream?):
            return Refusal(.wrongTopic, "\(message.typeName) is a stream message")
        case (.exchange, .gossip?), (.exchange, nil), (.answer, .gossip?), (.answer, nil):
            return Refusal(.wrongTopic, "\(message.typeName) is not a stream message")
        case (.exchange(let exchange), .stream?) where exchange.peer != message.from:
            return Refusal(.badSignature, "the frame is not from the peer of the stream")
        case (.answer(let exchange), .stream?) where exchange.peer != message.from:
            return Refusal(.badSignature, "the answer is not from the peer that was asked")
        default:
            return nil
        }
    }

    private mutating func submit(_ message: Message, _ request: AdmitMessage, now: Timestamp)
        -> [VerificationAction]
    {
        var proof: OpenProof?
        if case .peerAnnounce(let announcement) = message.payload {
            let open = self.openProof(
                announcement.vdfProof,
                key: message.from,
                allowance: request.origin.peer.map { .announcement(by: $0) } ?? .paid,
                now: now
            )
            switch open {
            case .success(let open): proof = open
            case .failure(let refusal): return self.refuse(request.origin, message.id, refusal)
            }
        }
        let key = InFlight(id: message.id, signature: message.signature)
        guard !request.origin.isBroadcast || self.inFlight.insert(key).inserted else {
            let refusal = Refusal(.duplicate, "message \(message.id) is being checked already")
            return self.refuse(request.origin, message.id, refusal)
        }
        let job = VerificationJob.message(
            message,
            relaySignatureHolds: request.relaySignatureHolds
        )
        let pending = Pending.message(message, request.origin, receivedAt: now, proof: proof)
        return [.submit(job, token: self.register(pending))]
    }

    // MARK: Outcomes

    mutating func done(
        _ token: UInt64,
        _ outcome: VerificationOutcome,
        now: Timestamp,
        entropy: UInt64
    ) -> [VerificationAction] {
        switch self.pending.removeValue(forKey: token) {
        case .message(let message, let origin, let receivedAt, let proof):
            guard outcome == .valid, let proof else {
                return self.finish(message, origin, receivedAt, outcome.refusal)
            }
            let claim = Claim.message(message, origin, receivedAt: receivedAt)
            return self.begin(proof, for: claim, now: now, entropy: entropy)
        case .proof(let open, let claim):
            return self.recomputed(open, claim, outcome, now: now, entropy: entropy)
        case .compute(let asker):
            return [.answerCompute(asker, outcome)]
        case nil:
            return []
        }
    }

    mutating func finish(
        _ message: Message,
        _ origin: Origin,
        _ receivedAt: Timestamp,
        _ refusal: Refusal?
    ) -> [VerificationAction] {
        if origin.isBroadcast {
            self.inFlight.remove(InFlight(id: message.id, signature: message.signature))
        }
        // The log may have lost its room while signatures of thousands were checked.
        if let refusal = refusal ?? self.room.refusal(of: message, origin: origin) {
            return self.refuse(origin, message.id, refusal)
        }
        self.verified += 1
        // A second valid signature of the same body may have been checked side by side.
        guard
            !origin.isBroadcast || self.seen.insert(message.id)
                || self.repeats.mayPassAgain(message, origin, now: receivedAt)
        else {
            let refusal = Refusal(.duplicate, "message \(message.id) is known already")
            return self.refuse(origin, message.id, refusal)
        }
        self.repeats.passed(message, at: receivedAt)
        return [.pass(message, origin, receivedAt: receivedAt)]
    }

    /// A replayed message is known: it never reaches a signature check again, nor does its proof.
    mutating func replayed(_ message: Message, receivedAt: Timestamp) {
        self.seen.insert(message.id)
        self.repeats.passed(message, at: receivedAt)
        guard case .peerAnnounce(let announcement) = message.payload else { return }
        self.proofs.remember(announcement.vdfProof, of: message.from)
    }

    /// A judge refused a message that may hold when it comes again.
    ///
    /// It lacked another one, as a revocation does that overtook its link, or there was no room for
    /// it at the moment.
    mutating func refused(_ id: MessageID?, _ refusal: Refusal) {
        guard let id, [.rule, .keyNotValid, .busy].contains(refusal.code) else { return }
        self.seen.remove(id)
    }

    /// The log lacks room, for all or for some messages of others.
    mutating func logStopped(takes: LogStopped.Takes) { self.room.takes = takes }

    /// The log has room for everything again.
    mutating func logResumed() { self.room.takes = nil }

    // MARK: Helpers

    mutating func register(_ pending: Pending) -> UInt64 {
        let token = self.nextToken
        self.nextToken += 1
        self.pending[token] = pending
        return token
    }

    private mutating func refuse(_ origin: Origin, _ id: MessageID?, _ refusal: Refusal)
        -> [VerificationAction]
    {
        self.refusals[refusal.code.rawValue, default: 0] += 1
        return [.refuse(origin, id, refusal)]
    }
}
