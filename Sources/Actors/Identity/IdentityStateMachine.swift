import Cryptography
import Identities
import Messages
import OrderedCollections
import Primitives

/// The rules of identities: who signs for this node, who a sender is, and which identity messages
/// hold.
///
/// Which key acts for whom is the ``KeyRegistry``'s; this machine adds the node's own key, the
/// identity tree and the notices that a node owes its peers.
struct IdentityStateMachine: Sendable {
    private let key: SigningKey
    /// Whether the operator confirmed that whatever the key signed is the operator's own (ADR 0039).
    let acceptsOwnHistory: Bool
    private(set) var registry: KeyRegistry
    private var tree = IdentityTree()
    private var index = IdentityIndex()
    var linkBroadcasts = LinkBroadcasts()
    var ownHistory: OwnHistory
    private var heldBack = HeldBack()
    var gate = SigningGate()
    private var stamps = OwnStamps()
    /// Keys that a message revoked which the log does not have yet, by that message.
    private var freshlyRevoked: OrderedDictionary<MessageID, NodeID> = [:]
    /// Contradictions that this node saw, and that somebody told of; their notice is not repeated.
    private var announcedConflicts: OrderedSet<NodeID> = []

    init(
        key: SigningKey,
        registry: KeyRegistry = KeyRegistry(),
        acceptsOwnHistory: Bool = false
    ) {
        self.key = key
        self.acceptsOwnHistory = acceptsOwnHistory
        self.registry = registry
        self.ownHistory = OwnHistory(of: NodeID(key.publicKey))
    }

    /// The node's own key.
    var ownNode: NodeID { NodeID(self.key.publicKey) }

    /// The identity that the node acts for.
    var ownIdentity: NodeID { self.registry.identity(of: self.ownNode) }

    /// Root of the identity tree (§5).
    var merkleRoot: Bytes32 { self.tree.root }

    /// The identity of a key; nil asks about this node.
    func keys(of key: NodeID?) -> IdentityKeys.Reply {
        let key = key ?? self.ownNode
        let identity = self.registry.identity(of: key)
        let keys = self.registry.keys(of: identity)
        return IdentityKeys.Reply(
            key: key,
            identity: identity,
            keys: keys,
            labels: keys.map { self.tree.label(of: $0) },
            isSuspended: self.registry.isSuspended(signer: key),
            rotatedTo: self.registry.successor(of: key),
            revokedBy: self.registry.revocation(of: key)?.root,
            revokedFrom: self.registry.revocation(of: key)?.effective
        )
    }

    /// One page of the messages in which a key takes part (R-01-033, D-89).
    func chain(_ query: IdentityChain) -> IdentityChain.Reply {
        let rest = self.index.chain(of: query.key).drop { entry in
            guard let sinceID = query.sinceID else { return entry.timestamp < query.since }
            return (entry.timestamp, entry.id) <= (query.since, sinceID)
        }
        let wanted = rest.filter { query.types.isEmpty || query.types.contains($0.type) }
        let page = wanted.prefix(max(query.limit, 1))
        return IdentityChain.Reply(
            entries: page.map { IdentityChain.Entry(timestamp: $0.timestamp, id: $0.id) },
            hasMore: page.count < wanted.count
        )
    }

    // MARK: Broadcasting links again

    /// The own links that nobody was told of for thirty days (R-01-030, D-15).
    ///
    /// Only a root does so, and only for keys that still act for it: peers refuse the link of a
    /// revoked or rotated child.
    func linksToRepeat(now: Timestamp) -> [IdentityAction] {
        guard self.ownIdentity == self.ownNode else { return [] }
        let links = self.tree.links(to: Set(self.registry.keys(of: self.ownNode).dropFirst()))
        let due = links.filter {
            self.linkBroadcasts.isDue($0.id, signedAt: $0.timestamp, now: now)
        }
        guard !due.isEmpty else { return [] }
        return [.repeatLinks(due.prefix(IdentityLimits.repeatedAtOnceMax).map(\.id))]
    }

    // MARK: Signing

    mutating func publish(_ command: PublishMessage, now: Timestamp) -> IdentityAction {
        let obstacle = self.gate.obstacle(to: command.type.rawValue, now: now)
        if let refusal = self.silence(command.type) ?? obstacle {
            return .refuse(.local(command.request), nil, refusal)
        }
        return self.broadcast(command.type.rawValue, command.payload, command.request, now: now)
    }

    /// A type that the protocol owns has its own rules, and is not signed by this way around them.
    mutating func publish(_ command: PublishExtension, now: Timestamp) -> IdentityAction {
        let obstacle =
            MessageType(rawValue: command.typeName)
            .map { Refusal(.rule, "\($0.rawValue) is no type of a plugged-in subsystem") }
            ?? self.silence(nil) ?? self.gate.obstacle(to: command.typeName, now: now)
        if let obstacle { return .refuse(.local(nil), nil, obstacle) }
        return self.broadcast(command.typeName, command.payload, nil, now: now)
    }

    private mutating func broadcast(
        _ typeName: String,
        _ payload: JSONValue,
        _ request: RequestID?,
        now: Timestamp
    ) -> IdentityAction {
        switch self.sign(typeName, payload, now: self.stamps.next(now: now)) {
        case .success(let message):
            self.ownHistory.signs(message)
            return .admit(message.canonical, request)
        case .failure(let refusal):
            return .refuse(.local(request), nil, refusal)
        }
    }

    func request(_ command: SendRequest, now: Timestamp) -> IdentityAction {
        switch self.sign(command.type.rawValue, command.payload, now: now) {
        case .success(let message): .open(command.exchange, message.canonical)
        case .failure(let refusal): .refuse(.answer(command.exchange), nil, refusal)
        }
    }

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

    // MARK: Admission

    /// Adds what is known of the sender, or refuses a key that may not sign any more.
    mutating func identify(_ command: IdentifySender) -> IdentityAction {
        switch self.registry.standing(of: command.message) {
        case .success(let standing):
            return .rate(
                RateSender(
                    message: command.message,
                    origin: command.origin,
                    receivedAt: command.receivedAt,
                    sender: standing
                )
            )
        case .failure(let refusal):
            self.heldBack.keep(command)
            return .refuse(command.origin, command.message.id, refusal)
        }
    }

    /// Judges a message of an identity type.
    mutating func judge(_ admitted: AdmittedMessage) -> [IdentityAction] {
        let message = admitted.message
        if let refusal = self.registry.refusal(of: message, receivedAt: admitted.receivedAt) {
            let command = IdentifySender(
                message: message,
                origin: admitted.origin,
                receivedAt: admitted.receivedAt
            )
            self.heldBack.keep(command)
            return [.refuse(admitted.origin, message.id, refusal)]
        }
        let changes = self.judgedFold(message)
        return [.accept(admitted)] + self.notices(of: changes, about: admitted)
            + self.retry(after: changes, naming: message.namedKeys)
    }

    /// A message that was refused before holds now.
    private mutating func retry(
        after changes: [KeyChange],
        naming keys: OrderedSet<NodeID> = []
    ) -> [IdentityAction] {
        let touched = Set(changes.flatMap(\.keys)).union(keys)
        guard !touched.isEmpty else { return [] }
        let registry = self.registry
        let ready = self.heldBack.take(naming: touched) { command in
            guard case .success = registry.standing(of: command.message) else { return false }
            return registry.refusal(of: command.message, receivedAt: command.receivedAt) == nil
        }
        return ready.map { self.identify($0) }
    }

    /// What a node owes its peers after an identity message (R-01-016, D-08).
    private mutating func notices(of changes: [KeyChange], about admitted: AdmittedMessage)
        -> [IdentityAction]
    {
        for case .conflicted(let contradiction) in changes {
            guard self.announcedConflicts.append(contradiction.oldKey).inserted else { return [] }
            return [.announce(contradiction)]
        }
        guard case .keyConflict(let notice) = admitted.message.payload else { return [] }
        let named = [notice.rotateMessage1, notice.rotateMessage2]
        let missing = self.registry.unknownRotations(of: notice.oldKey, named)
        let holders = [admitted.origin.peer, admitted.message.from].compactMap { $0 }
        return missing.isEmpty ? [] : [.fetch(missing, likelyHolders: holders)]
    }

    // MARK: The fold

    /// Folds a logged message; a live identity message was folded when it was judged.
    mutating func logged(_ message: Message, isReplay: Bool) -> [IdentityAction] {
        if message.from == self.ownNode {
            self.stamps.logged(message.timestamp)
            self.ownHistory.replayed(own: message)
        }
        self.freshlyRevoked[message.id] = nil
        guard isReplay || message.type?.isIdentityType != true else { return [] }
        // The log has this message before the revocation, so it begins no new life after the
        // revocation.
        if message.type == .peerAnnounce, self.freshlyRevoked.values.contains(message.from) {
            return []
        }
        return self.retry(after: self.fold(message))
    }

    /// A vote named the successor of a key with two (D-61).
    mutating func ratified(_ resolution: ResolutionRatified) -> [IdentityAction] {
        self.registry.ratified(resolution)
        let named = [resolution.resolution.subject, resolution.resolution.successor]
        return self.retry(after: [], naming: OrderedSet(named.compactMap(\.self)))
    }

    /// A revoked key proved its delay anew in a handshake (D-13).
    mutating func startedOver(_ start: KeyStartedOver) -> [IdentityAction] {
        self.retry(after: self.registry.apply(start))
    }

    /// Time passes by entries of the log: such votes come into force.
    mutating func advance(to time: Timestamp) -> [IdentityAction] {
        self.ownHistory.replayed(time)
        return self.retry(after: self.registry.advance(to: time))
    }

    /// Folds a message before it is in the log; messages that precede it in the log may be folded
    /// later.
    private mutating func judgedFold(_ message: Message) -> [KeyChange] {
        guard case .didRevoke(let revocation) = message.payload,
            self.registry.revocation(of: revocation.revokedKey) == nil
        else { return self.fold(message) }
        let changes = self.fold(message)
        if self.registry.revocation(of: revocation.revokedKey) != nil {
            self.freshlyRevoked[message.id] = revocation.revokedKey
        }
        return changes
    }

    private mutating func fold(_ message: Message) -> [KeyChange] {
        guard message.type?.isIdentityType == true else { return self.registry.apply(message) }
        if case .keyConflict(let notice) = message.payload {
            // A notice that is not proven yet is not remembered: this node sends its own once it holds
            // the rotations.
            guard self.registry.isProven(notice) else { return [] }
            self.announcedConflicts.append(notice.oldKey)
        }
        self.tree.add(message)
        self.index.add(message)
        return self.registry.apply(message)
    }
}

extension KeyContradiction {
    /// What KEY_CONFLICT says; two reporters write the same (D-07).
    var notice: KeyConflict {
        KeyConflict(
            oldKey: self.oldKey,
            rotateMessage1: self.rotations[0].id,
            rotateMessage2: self.rotations[1].id,
            newKey1: self.rotations[0].newKey,
            newKey2: self.rotations[1].newKey
        )
    }
}

extension IdentityStateMachine: Digestible {
    /// Writes down what an uninterrupted fold of the log gives, too.
    ///
    /// What was refused and may come again, what this node may say and of which contradictions it told
    /// are this life's.
    func digest(into writer: inout some StateWriter) {
        writer.field("registry", self.registry)
        writer.field("tree", self.tree)
        writer.field("index", self.index)
        writer.field("linkBroadcasts", self.linkBroadcasts)
        writer.field("ownHistory", self.ownHistory)
    }
}
