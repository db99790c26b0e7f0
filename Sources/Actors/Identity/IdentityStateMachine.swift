import Cryptography
import Identities
import Messages
import Primitives

/// The rules of identities: who signs for this node, who a sender is, and which identity messages
/// hold.
///
/// It hands what it hears to the ``Registrar``, which knows the keys of all, and to the ``OwnKey``, which
/// signs for this node, and sees to it that the own links are heard again.
struct IdentityStateMachine: Sendable {
    private var own: OwnKey
    private var registrar: Registrar
    private var linkBroadcasts = LinkBroadcasts()
    private var live = LiveMessages()

    init(
        key: SigningKey,
        registry: KeyRegistry = KeyRegistry(),
        acceptsOwnHistory: Bool = false,
        restored: RestoredKey? = nil
    ) {
        self.own = OwnKey(key, acceptsHistory: acceptsOwnHistory, restored: restored)
        self.registrar = Registrar(registry)
    }

    // MARK: Questions of others

    /// The identity part of the state digest.
    func status(isBrief: Bool = false) -> IdentityStatus.Reply {
        IdentityStatus.Reply(
            nodeID: self.own.node,
            identity: self.ownIdentity,
            linkedIdentities: self.registrar.registry.linkedIdentities,
            merkleRoot: self.registrar.merkleRoot,
            digest: isBrief ? nil : self.digest,
            signingStoppedBecause: self.own.stoppedBecause,
            restoredMessages: self.own.history.restored
        )
    }

    /// The identity that the node acts for.
    private var ownIdentity: NodeID { self.registrar.registry.identity(of: self.own.node) }

    /// The identity of a key; nil asks about this node.
    func keys(of key: NodeID?) -> IdentityKeys.Reply {
        self.registrar.keys(of: key ?? self.own.node)
    }

    /// One page of the messages in which a key takes part.
    func chain(_ query: IdentityChain) -> IdentityChain.Reply { self.registrar.chain(query) }

    /// The identity tree as peers are shown it.
    mutating func view(_ question: TreeQuestion, now: Timestamp) -> TreeView {
        self.registrar.view(question, now: now)
    }

    /// Signs a challenge, unless that would enable an attack.
    func signature(for query: SignChallenge) -> Result<Signature, Refusal> {
        self.own.signature(for: query)
    }

    // MARK: Signing

    /// Sync has got further, or fell back.
    mutating func changed(_ change: SyncStateChanged, now: Timestamp) {
        self.own.changed(change, now: now)
    }

    /// A subsystem has something to say to everybody.
    mutating func publish(_ command: PublishMessage, now: Timestamp) -> IdentityAction {
        self.own.publish(command, now: now)
    }

    /// A plugged-in subsystem has something to say to everybody.
    mutating func publish(_ command: PublishExtension, now: Timestamp) -> IdentityAction {
        self.own.publish(command, now: now)
    }

    /// A subsystem asks a peer.
    func request(_ command: SendRequest, now: Timestamp) -> IdentityAction {
        self.own.request(command, now: now)
    }

    /// A subsystem answers a peer.
    func answer(_ command: SendAnswer, now: Timestamp) -> IdentityAction {
        self.own.answer(command, now: now)
    }

    /// What this node would sign, and why it would not (ADR 0059).
    func draft(_ query: MessageDraft, now: Timestamp) -> MessageDraft.Reply {
        do throws(Refusal) {
            let draft = try self.own.draft(query, now: now)
            if let refusal = draft.refusal { return .refused(refusal, draft.message) }
            switch self.registrar.registry.standing(of: draft.message) {
            case .success(let sender): return .drafted(draft.message, sender)
            case .failure(let refusal): return .refused(refusal, draft.message)
            }
        } catch {
            return .refused(error, nil)
        }
    }

    /// What would become of a message of an identity type that this node signs (ADR 0059).
    func verdict(on admitted: AdmittedMessage) -> DraftVerdict {
        var copy = self
        for case .refuse(_, _, let refusal) in copy.judge(admitted) {
            return DraftVerdict(refusal: refusal)
        }
        return DraftVerdict()
    }

    // MARK: Admission

    /// A message came: whose it is, and whether others sign with the own key.
    mutating func identify(_ command: IdentifySender, now: Timestamp) -> [IdentityAction] {
        let found = self.examine(command.message, command.origin, now: now)
        let verdict = self.registrar.identify(command)
        guard case .rate = verdict, self.live.awaits(command.message.type, from: command.origin)
        else { return found + [verdict] }
        let gone = self.live.keep(command).map { gone in
            IdentityAction.refuse(gone.origin, gone.message.id, Self.noRoomToWait)
        }
        return found + [.hold(command.origin)] + gone
    }

    /// Sync has read phases: their live messages go on, unless their keys were revoked meanwhile
    /// (R-05-067).
    mutating func awaited(_ event: PhasesAwaited) -> [IdentityAction] {
        self.live.await(event.phases).flatMap { waited in
            let ready = waited.messages.map { self.registrar.identify($0) }
            guard let since = waited.oldestDropped else { return ready }
            return ready + [.fetchPhase(waited.phase, since: since)]
        }
    }

    private static let noRoomToWait = Refusal(
        .busy,
        "this node is still syncing, and has no room for more live messages; sync brings them later"
    )

    private mutating func examine(_ message: Message, _ origin: Origin, now: Timestamp)
        -> [IdentityAction]
    {
        guard message.from == self.own.node else { return [] }
        if case (.peerAnnounce(let announcement), .local) = (message.payload, origin) {
            let computedAt = announcement.vdfProof.computedAt
            return self.registrar.proved(message.from, computedAt: computedAt, now: now)
        }
        return self.own.heard(message, origin, now: now)
    }

    /// Judges a message of an identity type.
    mutating func judge(_ admitted: AdmittedMessage) -> [IdentityAction] {
        self.registrar.judge(admitted)
    }

    /// A peer has authenticated, and perhaps proved its delay.
    func authenticated(_ event: PeerAuthenticated, now: Timestamp) -> [IdentityAction] {
        event.proofComputedAt.map { computedAt in
            self.registrar.proved(event.peer, computedAt: computedAt, now: now)
        } ?? []
    }

    // MARK: The log

    /// A message is in the log.
    mutating func logged(_ entry: MessageLogged) -> [IdentityAction] {
        let message = entry.admitted.message
        let isOwn = message.from == self.own.node
        var actions: [IdentityAction] = []
        if isOwn, !entry.isReplay { actions += self.own.took(message, entry.admitted.origin) }
        actions += self.advance(to: entry.admitted.receivedAt)
        if isOwn { self.own.logged(message) }
        return actions + self.registrar.logged(message, isReplay: entry.isReplay)
    }

    /// A fact is in the log.
    mutating func logged(_ fact: LocalFact) -> [IdentityAction] {
        self.linkBroadcasts.apply(fact)
        self.own.apply(fact)
        var actions = self.advance(to: fact.recordedAt)
        if let start = KeyStartedOver(fact) { actions += self.registrar.startedOver(start) }
        if let ratified = ResolutionRatified(fact) {
            actions += self.registrar.ratified(ratified)
            actions += self.advance(to: fact.recordedAt)
        }
        return actions
    }

    private mutating func advance(to time: Timestamp) -> [IdentityAction] {
        self.own.advance(to: time)
        return self.registrar.advance(to: time)
    }

    /// The replay is over.
    mutating func started(lastArrival: Timestamp? = nil, now: Timestamp) -> [IdentityAction] {
        self.own.started(lastArrival: lastArrival, now: now)
    }

    // MARK: A key that was put back (ADR 0072)

    /// A peer has come, or one has gone.
    mutating func peersChanged(by difference: Int, now: Timestamp) {
        self.own.peersChanged(by: difference, now: now)
    }

    /// Another process proved the own key.
    mutating func metOwnKey(now: Timestamp) { self.own.met(at: now) }

    /// Time goes by.
    mutating func look(now: Timestamp) -> [IdentityAction] { self.own.look(now: now) }

    /// How soon to look again.
    var pause: Duration {
        .milliseconds(
            self.own.isQuiet
                ? IdentityLimits.quietTickMilliseconds : IdentityLimits.tickMilliseconds
        )
    }

    // MARK: Broadcasting links again

    /// The own links that nobody was told of for thirty days (R-01-030, D-15).
    ///
    /// Only a root does so, and only for keys that still act for it: peers refuse the link of a
    /// revoked or rotated child.
    func linksToRepeat(now: Timestamp) -> [IdentityAction] {
        guard self.ownIdentity == self.own.node, !self.own.isQuiet else { return [] }
        let due = self.registrar.links(of: self.own.node).filter {
            self.linkBroadcasts.isDue($0.id, signedAt: $0.timestamp, now: now)
        }
        guard !due.isEmpty else { return [] }
        return [.repeatLinks(due.prefix(IdentityLimits.repeatedAtOnceMax).map(\.id))]
    }

    /// The log handed out the bytes of own links; without an answer they are due at the next tick, too.
    func read(_ reply: MessagesByID.Reply?, of links: [MessageID], now: Timestamp)
        -> [IdentityAction]
    {
        guard let reply else { return [] }
        return reply.messages.map { .admit($0, .local(nil)) }
            + [.record(LinksRepeated(ids: links).fact(recordedAt: now))]
    }
}

extension IdentityStateMachine: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("own", self.own)
        writer.field("registrar", self.registrar)
        writer.field("linkBroadcasts", self.linkBroadcasts)
    }
}

extension IdentityStateMachine {
    /// What a checkpoint keeps.
    var kept: IdentityState {
        IdentityState(
            registrar: self.registrar,
            linkBroadcasts: self.linkBroadcasts,
            own: self.own.kept
        )
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: IdentityState) {
        self.registrar = kept.registrar
        self.linkBroadcasts = kept.linkBroadcasts
        self.own.restore(kept.own)
    }
}
