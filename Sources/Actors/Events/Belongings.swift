import Messages
import OrderedCollections
import Primitives

/// What is this node's: its identity, what it said, and what it stores.
///
/// Each entry remembers the position of the log that made it so, and counts for later records only. So what
/// an event says of a record is the same whether it is read at once or years later.
struct Belongings: Sendable, Codable {
    /// An own proposal or request.
    struct Work: Sendable, Equatable, Codable {
        let isProposal: Bool
        let title: String
    }

    private struct Entry<Value: Sendable & Codable>: Sendable, Codable {
        let since: UInt64
        let value: Value
    }

    /// A bounded table whose oldest entries give way.
    private struct Table<Key: Hashable & Sendable & Codable, Value: Sendable & Codable>:
        Sendable, Codable
    {
        private var entries: OrderedDictionary<Key, Entry<Value>> = [:]

        /// What was entered before a position.
        func value(_ key: Key, before sequence: UInt64) -> Value? {
            guard let entry = self.entries[key], entry.since < sequence else { return nil }
            return entry.value
        }

        mutating func add(_ key: Key, _ value: Value, at sequence: UInt64) {
            guard self.entries[key] == nil else { return }
            self.entries[key] = Entry(since: sequence, value: value)
            if self.entries.count > EventsLimits.belongingsMax { self.entries.removeFirst() }
        }
    }

    private let own: NodeID
    private var identities = Table<NodeID, Bool>()
    private var works = Table<MessageID, Work>()
    private var voted = Table<MessageID, Bool>()
    private var contents = Table<ContentHash, Bool>()

    init(own: NodeID) { self.own = own }

    // MARK: Reading

    /// Whether a key or an identity is this node's, as known before a position of the log.
    func isOwn(_ key: NodeID, before sequence: UInt64) -> Bool {
        key == self.own || self.identities.value(key, before: sequence) != nil
    }

    /// The own proposal or request of an id.
    func work(_ id: MessageID, before sequence: UInt64) -> Work? {
        self.works.value(id, before: sequence)
    }

    /// Whether this node's identity voted on a proposal.
    func hasVoted(on proposal: MessageID, before sequence: UInt64) -> Bool {
        self.voted.value(proposal, before: sequence) != nil
    }

    /// Whether this node stores an artefact, or had it stored, or proposed it.
    func holds(_ content: ContentHash, before sequence: UInt64) -> Bool {
        self.contents.value(content, before: sequence) != nil
    }

    // MARK: The fold

    /// Folds a message of the log.
    mutating func note(_ admitted: AdmittedMessage, at sequence: UInt64) {
        if case .copyAssignment(let assignment) = admitted.message.payload,
            assignment.providers.contains(where: { self.isOwn($0, before: sequence) })
        {
            self.contents.add(assignment.contentHash, true, at: sequence)
        }
        self.noteKeys(admitted.message, at: sequence)
        guard self.isOwn(admitted, at: sequence) else { return }
        self.identities.add(admitted.sender.identity, true, at: sequence)
        self.noteOwn(admitted.message, at: sequence)
    }

    /// Whether a message is of this node's identity.
    func isOwn(_ admitted: AdmittedMessage, at sequence: UInt64) -> Bool {
        if case .local = admitted.origin { return true }
        return self.isOwn(admitted.sender.identity, before: sequence)
    }

    /// A key that this node's identity links or takes over is this node's as well.
    private mutating func noteKeys(_ message: Message, at sequence: UInt64) {
        switch message.payload {
        case .didLink(let link) where self.isOwn(link.childKey, before: sequence):
            self.identities.add(link.rootKey, true, at: sequence)
        case .didLink(let link) where self.isOwn(link.rootKey, before: sequence):
            self.identities.add(link.childKey, true, at: sequence)
        case .keyRotate(let rotation) where self.isOwn(rotation.oldKey, before: sequence):
            self.identities.add(rotation.newKey, true, at: sequence)
        default: break
        }
    }

    private mutating func noteOwn(_ message: Message, at sequence: UInt64) {
        switch message.payload {
        case .request(let request):
            let title = request.title.shortened
            self.works.add(message.id, Work(isProposal: false, title: title), at: sequence)
        case .propose(let proposal):
            let title = proposal.title.shortened
            self.works.add(message.id, Work(isProposal: true, title: title), at: sequence)
            self.contents.add(proposal.contentHash, true, at: sequence)
        case .vote(let vote): self.voted.add(vote.proposalID, true, at: sequence)
        case .replicateRequest(let request):
            self.contents.add(request.content.contentHash, true, at: sequence)
        case .share(let share):
            for entry in share.entries { self.contents.add(entry.contentHash, true, at: sequence) }
        default: break
        }
    }
}

extension String {
    /// The text, cut to what an event has room for.
    var shortened: String {
        guard self.utf8.count > EventsLimits.titleBytesMax else { return self }
        let ellipsis = "…"
        var bytes = ellipsis.utf8.count
        let kept = self.unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= EventsLimits.titleBytesMax
        }
        return String(Substring(kept)) + ellipsis
    }
}
