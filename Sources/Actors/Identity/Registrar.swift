import Identities
import Messages
import OrderedCollections
import Primitives

/// Which identity messages hold, and so which key acts for whom (§1, §5).
///
/// That is the ``KeyRegistry``'s; beside it stand the identity tree, what was refused and may hold later,
/// and the notices that a node owes its peers.
struct Registrar: Sendable, Codable {
    private(set) var registry: KeyRegistry
    private var tree = IdentityTree()
    private var published = PublishedTree()
    private var index = IdentityIndex()
    private var heldBack = HeldBack()
    /// Keys that a message revoked which the log does not have yet, by that message.
    private var freshlyRevoked: OrderedDictionary<MessageID, NodeID> = [:]
    /// Contradictions that this node saw, and that somebody told of; their notice is not repeated.
    private var announcedConflicts: OrderedSet<NodeID> = []

    init(_ registry: KeyRegistry) { self.registry = registry }

    // MARK: Reading

    /// Root of the identity tree (§5) as it is now.
    var merkleRoot: Bytes32 { MerkleTree(ids: self.tree.members(self.registry)).root }

    /// The identity tree as peers are shown it.
    mutating func view(_ question: TreeQuestion, now: Timestamp) -> TreeView {
        self.published.view(question, of: self.tree.members(self.registry), now: now)
    }

    /// The links of a root to keys that act for it now, oldest first.
    func links(of root: NodeID) -> [IdentityTree.Link] {
        self.tree.links(to: Set(self.registry.keys(of: root).dropFirst()), self.registry)
    }

    /// The identity of a key.
    func keys(of key: NodeID) -> IdentityKeys.Reply {
        let identity = self.registry.identity(of: key)
        let keys = self.registry.keys(of: identity)
        return IdentityKeys.Reply(
            key: key,
            identity: identity,
            keys: keys,
            labels: keys.map { self.tree.label(of: $0, self.registry) },
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
        self.freshlyRevoked[message.id] = nil
        guard isReplay || message.type?.isIdentityType != true else { return [] }
        // The log has this message before the revocation, so it begins no new life after the
        // revocation.
        if message.type == .peerAnnounce, self.freshlyRevoked.values.contains(message.from) {
            return []
        }
        return self.retry(after: self.fold(message))
    }

    /// A key proved its delay in a handshake, or by an own announcement, which the log does not keep: if it
    /// was revoked before the proof, it starts over (D-13).
    func proved(_ key: NodeID, computedAt: Timestamp, now: Timestamp) -> [IdentityAction] {
        let start = KeyStartedOver(key: key, computedAt: computedAt)
        guard self.registry.startsOver(start) else { return [] }
        return [.record(start.fact(recordedAt: now))]
    }

    /// A vote named the successor of a key with two (D-61).
    mutating func ratified(_ resolution: ResolutionRatified) -> [IdentityAction] {
        self.registry.ratified(resolution)
        self.published.changed()
        let named = [resolution.resolution.subject, resolution.resolution.successor]
        return self.retry(after: [], naming: OrderedSet(named.compactMap(\.self)))
    }

    /// A revoked key proved its delay anew in a handshake (D-13).
    mutating func startedOver(_ start: KeyStartedOver) -> [IdentityAction] {
        self.published.changed()
        return self.retry(after: self.registry.apply(start))
    }

    /// Time passes by entries of the log: such votes come into force.
    mutating func advance(to time: Timestamp) -> [IdentityAction] {
        let changes = self.registry.advance(to: time)
        if !changes.isEmpty { self.published.changed() }
        return self.retry(after: changes)
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
        self.published.changed(by: message)
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

extension Registrar: Digestible {
    /// Writes down what an uninterrupted fold of the log gives, too.
    ///
    /// What was refused and may come again, and of which contradictions this node told, are this life's.
    func digest(into writer: inout some StateWriter) {
        writer.field("registry", self.registry)
        writer.field("tree", self.tree)
        writer.field("index", self.index)
    }
}
