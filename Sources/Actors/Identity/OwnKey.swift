import Cryptography
import Identities
import Messages
import Primitives

/// The node's key: what it signs and when it may, and whether others sign with it (ADR 0039, ADR 0072).
struct OwnKey: Sendable {
    private let key: SigningKey
    /// Whether the operator confirmed that whatever the key signed is the operator's own.
    private let acceptsHistory: Bool
    private(set) var history: OwnHistory
    private var gate = SigningGate()
    private var quiet: QuietGuard
    private var stamps = OwnStamps()
    /// What the key signed before it was put back has no later stamp; nil for a key that was not.
    private let highWater: Timestamp?

    init(_ key: SigningKey, acceptsHistory: Bool, restored: RestoredKey? = nil) {
        self.key = key
        self.acceptsHistory = acceptsHistory
        self.history = OwnHistory(of: NodeID(key.publicKey))
        self.quiet = QuietGuard(restored)
        self.highWater = restored?.highWater
        guard let mark = restored?.highWater else { return }
        self.stamps.logged(mark)
        self.history.replayed(mark.adding(milliseconds: 1))
    }

    /// The key's name.
    var node: NodeID { NodeID(self.key.publicKey) }

    // MARK: Signing

    /// Sync has got further, or fell back: that decides what may be said.
    mutating func changed(_ change: SyncStateChanged, now: Timestamp) {
        self.gate.changed(change)
        self.quiet.changed(change, now: now)
    }

    /// Why nothing is broadcast in this node's name, and what to do; nil when it is.
    func stop(now: Timestamp) -> Refusal? {
        self.history.stranger.map { Refusal(.keyUsedElsewhere, $0.text) }
            ?? self.quiet.pause?.refusal(now: now) ?? self.wait(now: now)
    }

    /// A stamp before those that the key gave earlier would have peers take old words for the newer ones.
    private func wait(now: Timestamp) -> Refusal? {
        let most = IdentityLimits.stampAheadMaxMilliseconds
        guard let highWater, now.adding(milliseconds: most) < highWater else { return nil }
        let text =
            "this machine's clock is behind what this node's key signed before it was put back; set the "
            + "clock, best by an NTP service"
        return Refusal(.notSynced, text, retryAt: highWater)
    }

    /// The same in words.
    var stoppedBecause: String? { self.history.stranger?.text ?? self.quiet.pause?.text }

    /// Signs a broadcast, if it may be said now.
    mutating func publish(_ command: PublishMessage, now: Timestamp) -> IdentityAction {
        let origin = Origin.local(command.request, key: command.key)
        if let refusal = self.objection(to: command.type, now: now) {
            return .refuse(origin, nil, refusal)
        }
        return self.broadcast(command.type.rawValue, command.payload, origin, now: now)
    }

    /// Why this node may not say something now; nil when it may.
    private func objection(to type: MessageType, now: Timestamp) -> Refusal? {
        self.silence(type, now: now) ?? self.gate.obstacle(to: type.rawValue, now: now)
    }

    /// The broadcast that would be signed now (ADR 0059).
    ///
    /// - Returns: the message without a signature, and why it would not be signed; nil when it would.
    /// - Throws: why it has no valid form.
    func draft(_ query: MessageDraft, now: Timestamp) throws(Refusal)
        -> (message: Message, refusal: Refusal?)
    {
        var stamps = self.stamps
        let objection = self.objection(to: query.type, now: now)
        do throws(Refusal) {
            let message = try EnvelopeCodec.draft(
                query.type,
                payload: query.payload,
                timestamp: stamps.next(now: now),
                from: self.node
            )
            return (message, objection)
        } catch {
            // A real message is not even put together.
            throw objection ?? error
        }
    }

    /// A type that the protocol owns has its own rules, and is not signed by this way around them.
    mutating func publish(_ command: PublishExtension, now: Timestamp) -> IdentityAction {
        let obstacle =
            MessageType(rawValue: command.typeName)
            .map { Refusal(.rule, "\($0.rawValue) is no type of a plugged-in subsystem") }
            ?? self.silence(nil, now: now) ?? self.gate.obstacle(to: command.typeName, now: now)
        if let obstacle { return .refuse(.local(command.request), nil, obstacle) }
        return self.broadcast(
            command.typeName,
            command.payload,
            .local(command.request),
            now: now
        )
    }

    private mutating func broadcast(
        _ typeName: String,
        _ payload: JSONValue,
        _ origin: Origin,
        now: Timestamp
    ) -> IdentityAction {
        switch self.sign(typeName, payload, now: self.stamps.next(now: now)) {
        case .success(let message):
            self.history.signs(message)
            return .admit(message.canonical, origin)
        case .failure(let refusal):
            return .refuse(origin, nil, refusal)
        }
    }

    /// Signs a question to a peer.
    func request(_ command: SendRequest, now: Timestamp) -> IdentityAction {
        switch self.sign(command.type.rawValue, command.payload, now: now) {
        case .success(let message): .open(command.exchange, message)
        case .failure(let refusal): .refuse(.answer(command.exchange), nil, refusal)
        }
    }

    /// Signs an answer to a peer; without one the peer is not left waiting.
    func answer(_ command: SendAnswer, now: Timestamp) -> IdentityAction {
        switch self.sign(command.type.rawValue, command.payload, now: now) {
        case .success(let message): .answer(command.exchange, message.canonical)
        case .failure: .answer(command.exchange, nil)
        }
    }

    private func sign(_ typeName: String, _ payload: JSONValue, now: Timestamp)
        -> Result<Message, Refusal>
    {
        Result { () throws(Refusal) in
            try EnvelopeCodec.sign(
                typeName: typeName,
                payload: payload,
                timestamp: now,
                key: self.key
            )
        }
    }

    /// Signs a challenge, unless signing it would enable the attack of D-09.
    func signature(for query: SignChallenge) -> Result<Signature, Refusal> {
        do {
            return .success(
                try AuthResponder.sign(
                    query.challenge,
                    channelKey: query.channelKey,
                    key: self.key
                )
            )
        } catch {
            return .failure(Refusal(.badSignature, "\(error)"))
        }
    }

    /// Why nothing is broadcast in this node's name; nil when it may.
    ///
    /// Rotations, revocations and notices are still sent: with them a stolen key can be retired and
    /// devices can be taken out, and a notice is proved by the rotations that it names. A key that was put
    /// back says not even that before it is known whether another one does: two rotations contradict each
    /// other. Requests and answers on streams go on as well: they count nowhere, and without them the node
    /// could not sync.
    private func silence(_ type: MessageType?, now: Timestamp) -> Refusal? {
        let isStolen = self.history.stranger != nil
        return switch type {
        case .keyRotate where isStolen, .keyConflict where isStolen, .didRevoke where isStolen: nil
        default: self.stop(now: now)
        }
    }

    // MARK: Others who sign with it

    /// The node goes live; its operator may confirm that whatever the key signed is the operator's own.
    mutating func started(lastArrival: Timestamp?, now: Timestamp) -> [IdentityAction] {
        self.history.began(at: now, lastArrival: lastArrival)
        guard self.acceptsHistory else {
            return self.stop(now: now).map { [.stopSigning($0)] } ?? []
        }
        var facts = [self.quiet.end(now: now)]
        if self.history.stranger != nil {
            self.history.settle()
            facts.append(OwnHistory.settlement(at: now))
        }
        return facts.compactMap(\.self).map { .record($0) }
    }

    /// A key that was put back may have been quiet for long enough.
    mutating func look(now: Timestamp) -> [IdentityAction] {
        guard let fact = self.quiet.look(now: now) else { return [] }
        return [.record(fact)] + (self.stoppedBecause == nil ? [.resumeSigning] : [])
    }

    /// Whether ``look(now:)`` has something to look for.
    var isQuiet: Bool { self.quiet.pause != nil }

    /// A peer has come, or one has gone.
    mutating func peersChanged(by difference: Int, now: Timestamp) {
        self.quiet.peersChanged(by: difference, now: now)
    }

    /// Another process proved the key.
    mutating func met(at now: Timestamp) { self.quiet.noticedAnother(at: now) }

    /// Looks at a message with the key's signature: others may have signed it.
    mutating func heard(_ message: Message, _ origin: Origin, now: Timestamp) -> [IdentityAction] {
        if self.history.isOfThisLife(message, origin) { self.quiet.noticedAnother(at: now) }
        guard let stranger = self.history.heard(message, origin) else { return [] }
        let refusal = Refusal(.keyUsedElsewhere, stranger.text)
        return [.record(self.history.fact(stranger, at: now)), .stopSigning(refusal)]
    }

    /// A message with the key's signature came into the log, live.
    mutating func took(_ message: Message, _ origin: Origin) -> [IdentityAction] {
        self.history.logged(message, origin) ? [.tellOfRestoredMessages] : []
    }

    // MARK: The fold

    /// The log has a message with the key's signature.
    mutating func logged(_ message: Message) {
        self.stamps.logged(message.timestamp)
        self.history.replayed(own: message)
    }

    /// The log took something in at this time.
    mutating func advance(to time: Timestamp) { self.history.replayed(time) }

    /// Folds a fact; those of others change nothing.
    mutating func apply(_ fact: LocalFact) {
        self.history.apply(fact)
        self.quiet.apply(fact)
    }
}

extension OwnKey: Digestible {
    /// The key is given, and what this node may say and said last are this life's.
    func digest(into writer: inout some StateWriter) {
        writer.field("history", self.history)
        writer.field("quiet", self.quiet)
    }
}

extension OwnKey {
    /// What a checkpoint keeps.
    var kept: OwnKeyState {
        OwnKeyState(
            stamps: self.stamps,
            past: self.history.past,
            stranger: self.history.stranger,
            isCleared: self.quiet.isCleared
        )
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: OwnKeyState) {
        self.stamps = kept.stamps
        self.history.restore(past: kept.past, stranger: kept.stranger)
        self.quiet.restore(isCleared: kept.isCleared)
    }
}
