import Identities
import Messages
import Primitives

/// Whether this node alone signs with its key (threat T22, ADR 0039).
///
/// It remembers what it signed in this life. A message with its signature that it does not remember and
/// that is stamped after the start of this life was signed by somebody else who holds the key: a copy
/// of the data directory that runs elsewhere, or a thief. A message stamped earlier belongs to a past
/// that this data directory may have lost, since it was restored from an older copy: it is taken in
/// like any message.
struct OwnHistory: Sendable {
    /// A message that somebody else signed with this node's key.
    struct Stranger: Sendable, Equatable, Codable {
        let id: MessageID
        let type: String
        let timestamp: Timestamp

        /// What happened and what to do, for people.
        var text: String {
            "this node's key is used elsewhere: it signed \(self.type) \(self.id) at "
                + "\(self.timestamp.milliseconds) ms, which this node did not write. Nothing more is "
                + "signed. Stop the other node or copy and start this one with "
                + "`valence-node run --only-instance`; if the key was stolen, `valence-node id "
                + "rotate` gives its place to another"
        }
    }

    /// The node's own key; one that replaced a stolen key begins without that key's past.
    private let key: NodeID
    /// When this life began; nil while the log is replayed.
    private var startedAt: Timestamp?
    /// The latest time in the replayed log, by arrival or by this node's own stamps.
    private(set) var past: Timestamp?
    private var signed = SignedMemory(capacity: IdentityLimits.ownSignedMax)
    /// Own announcements, kept apart since there are many of them and they are not in the log.
    private var announced = SignedMemory(capacity: IdentityLimits.ownSignedMax)
    /// The newest one that is not settled; while there is one, nothing is signed.
    private(set) var stranger: Stranger?
    /// Own messages signed before this life that came from others.
    private(set) var restored = 0

    init(of key: NodeID) {
        self.key = key
    }

    /// Takes over what a checkpoint kept.
    mutating func restore(past: Timestamp?, stranger: Stranger?) {
        (self.past, self.stranger) = (past, stranger)
    }

    /// The replayed log took something in at this time.
    mutating func replayed(_ time: Timestamp) {
        guard self.startedAt == nil else { return }
        self.past = max(self.past ?? time, time)
    }

    /// The replayed log has an own message: what this life signs has a later stamp.
    mutating func replayed(own message: Message) {
        self.replayed(message.timestamp.adding(milliseconds: 1))
    }

    /// This life begins after everything that the log took in: the clock may have been set back since
    /// and then set right, so that the last record need not be the newest.
    mutating func began(at now: Timestamp, lastArrival: Timestamp?) {
        self.startedAt = [now, lastArrival, self.past].compactMap(\.self).max()
    }

    /// This node signed a broadcast.
    mutating func signs(_ message: Message) {
        if message.type == .peerAnnounce {
            self.announced.insert(message)
        } else {
            self.signed.insert(message)
        }
    }

    /// Looks at a message that came from others.
    ///
    /// - Returns: what is wrong, the first time that something is.
    mutating func heard(_ message: Message, _ origin: Origin) -> Stranger? {
        let memory = message.type == .peerAnnounce ? self.announced : self.signed
        guard let startedAt, self.stranger == nil, origin.isOfOthers, !memory.mayHold(message),
            message.timestamp >= Self.beginning(of: startedAt, for: message.type)
        else { return nil }
        let stranger = Stranger(
            id: message.id,
            type: message.typeName,
            timestamp: message.timestamp
        )
        self.stranger = stranger
        return stranger
    }

    /// Whether others have a message of the time since this life began that this life did not sign.
    ///
    /// An announcement may be one of the life before, as clocks differ: it need not be a ``Stranger``.
    func isOfThisLife(_ message: Message, _ origin: Origin) -> Bool {
        let memory = message.type == .peerAnnounce ? self.announced : self.signed
        guard let startedAt, message.timestamp >= startedAt, origin.isOfOthers else { return false }
        return !memory.mayHold(message)
    }

    /// Own announcements are not in the log, and peers kept those of the previous life; none of them
    /// accepts one that is stamped more than five minutes ahead.
    private static func beginning(of life: Timestamp, for type: MessageType?) -> Timestamp {
        type == .peerAnnounce
            ? life.adding(milliseconds: IdentityLimits.ownEchoMilliseconds) : life
    }

    /// An own message that others had came into the log.
    ///
    /// - Returns: whether it is the first one.
    mutating func logged(_ message: Message, _ origin: Origin) -> Bool {
        guard let startedAt, message.timestamp < startedAt else { return false }
        if case .local = origin { return false }
        self.restored += 1
        return self.restored == 1
    }

    /// The operator confirms that all of it is the operator's own.
    mutating func settle() { self.stranger = nil }

    // MARK: In the log

    func fact(_ stranger: Stranger, at now: Timestamp) -> LocalFact {
        KeyUsedElsewhere(
            key: self.key,
            id: stranger.id,
            type: stranger.type,
            timestamp: stranger.timestamp
        ).fact(recordedAt: now)
    }

    static func settlement(at now: Timestamp) -> LocalFact {
        OwnHistoryAccepted().fact(recordedAt: now)
    }

    /// Folds a fact; facts of other subsystems, or about an earlier key, change nothing.
    mutating func apply(_ fact: LocalFact) {
        if OwnHistoryAccepted(fact) != nil { return self.settle() }
        guard let use = KeyUsedElsewhere(fact), use.key ?? self.key == self.key else { return }
        self.stranger = Stranger(id: use.id, type: use.type, timestamp: use.timestamp)
    }
}

/// Own broadcasts of this life.
///
/// When there are too many it forgets the earliest ones and remembers the newest stamp among them: a
/// message that is not later than that stamp may be one of them.
private struct SignedMemory: Sendable {
    /// Some of them and the newest stamp among those.
    private struct Generation: Sendable {
        var ids: Set<MessageID> = []
        var newest: Timestamp?
    }

    private let capacity: Int
    private var young = Generation()
    private var old = Generation()
    private var forgottenUntil: Timestamp?

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func insert(_ message: Message) {
        if self.young.ids.count >= self.capacity / 2 {
            self.forgottenUntil = [self.forgottenUntil, self.old.newest].compactMap(\.self).max()
            self.old = self.young
            self.young = Generation()
        }
        self.young.ids.insert(message.id)
        self.young.newest = max(self.young.newest ?? message.timestamp, message.timestamp)
    }

    /// Whether the message is one of them, or may be one that was forgotten.
    func mayHold(_ message: Message) -> Bool {
        self.young.ids.contains(message.id) || self.old.ids.contains(message.id)
            || self.forgottenUntil.map { message.timestamp <= $0 } ?? false
    }
}

extension OwnHistory: Digestible {
    /// What this life signed and when it began is not in the log.
    func digest(into writer: inout some StateWriter) {
        writer.field("stranger", self.stranger)
    }
}

extension OwnHistory.Stranger: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("id", self.id)
        writer.field("type", self.type)
        writer.field("timestamp", self.timestamp)
    }
}

extension Origin {
    /// Whether a broadcast came from others.
    fileprivate var isOfOthers: Bool {
        switch self {
        case .local, .exchange, .answer: false
        case .sync, .gossip: true
        }
    }
}
