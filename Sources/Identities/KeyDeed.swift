import Cryptography
import Messages
import Primitives

/// What one message, or one vote, does to keys, and its place among all others.
///
/// The place follows from the message alone, so that every node puts the same deeds in the same
/// order whenever they arrive (ADR 0014).
struct KeyDeed: Sendable, Equatable, Codable {
    enum Kind: Sendable, Equatable, Codable {
        /// The signer takes the other key in.
        case link
        /// The signer takes the other key out; its messages from `effective` on are void (D-14).
        case revoke(effective: Timestamp)
        /// The signer gives its place to the other key, or contests it only.
        case rotate(contestsOnly: Bool)
        /// The signer announces itself with a proof of delay of this time (D-13).
        case announce(computedAt: Timestamp)
        /// A vote names the other key as the successor of the signer (D-61).
        case resolve
    }

    /// The message, or the proposal that was voted on.
    let id: MessageID
    let signer: NodeID
    /// The key that it is about; the signer itself for an announcement.
    let other: NodeID
    /// When it was signed, or comes into force.
    let timestamp: Timestamp
    var kind: Kind

    /// The keys that it ties together.
    var keys: [NodeID] { self.signer == self.other ? [self.signer] : [self.signer, self.other] }

    /// Whether its place is in front of another one's: by time, then by kind and identifier.
    static func < (left: Self, right: Self) -> Bool {
        (left.place, left.rank, left.id) < (right.place, right.rank, right.id)
    }

    /// Of what is signed in one millisecond, links come before the revocations that need them.
    private var rank: Int {
        switch self.kind {
        case .link: 0
        case .rotate: 1
        case .revoke: 2
        case .announce: 3
        case .resolve: 4
        }
    }

    /// A proof may be of a later time than the message around it, by another clock.
    private var place: Timestamp {
        guard case .announce(let computedAt) = self.kind else { return self.timestamp }
        return max(self.timestamp, computedAt)
    }

    /// Whether it is a rotation of a key.
    func isRotation(of key: NodeID) -> Bool {
        guard case .rotate = self.kind else { return false }
        return self.signer == key
    }

    /// Whether it names the successor of a contested key.
    func isResolution(of key: NodeID) -> Bool { self.kind == .resolve && self.signer == key }
}

extension KeyDeed {
    /// What a message does to keys; nil for one that does nothing.
    init?(_ message: Message) {
        let kind: Kind
        switch message.payload {
        case .didLink(let link): (self.other, kind) = (link.childKey, .link)
        case .didRevoke(let revocation):
            let effective = Self.effective(revocation.effectiveFrom, at: message.timestamp)
            (self.other, kind) = (revocation.revokedKey, .revoke(effective: effective))
        case .keyRotate(let rotation):
            (self.other, kind) = (rotation.newKey, .rotate(contestsOnly: false))
        case .peerAnnounce(let announcement):
            let computedAt = announcement.vdfProof.computedAt
            (self.other, kind) = (message.from, .announce(computedAt: computedAt))
        default: return nil
        }
        self.id = message.id
        self.signer = message.from
        self.timestamp = message.timestamp
        self.kind = kind
    }

    /// What a handshake of a revoked key does.
    init(_ start: KeyStartedOver) {
        self.id = MessageID(SHA256Digest.hash(start.json.canonicalBytes()))
        self.signer = start.key
        self.other = start.key
        self.timestamp = start.computedAt
        self.kind = .announce(computedAt: start.computedAt)
    }

    /// What a ratified resolution does; nil when it is about no key.
    init?(_ ratified: ResolutionRatified) {
        guard ratified.resolution.kind == .keyConflict, let key = ratified.resolution.subject,
            let successor = ratified.resolution.successor
        else { return nil }
        self.id = ratified.proposal
        self.signer = key
        self.other = successor
        self.timestamp = ratified.effectiveAt
        self.kind = .resolve
    }

    /// The earlier of both times, at most thirty days before the message (D-14).
    private static func effective(_ stated: Timestamp?, at timestamp: Timestamp) -> Timestamp {
        let earliest = timestamp.adding(milliseconds: -IdentitiesLimits.retroactiveMilliseconds)
        return max(earliest, min(stated ?? timestamp, timestamp))
    }
}

extension KeyDeed: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("id", self.id)
        writer.field("signer", self.signer)
        writer.field("other", self.other)
        writer.field("timestamp", self.timestamp)
        writer.field("kind", self.kind)
    }
}

extension KeyDeed.Kind: Digestible {
    func digest(into writer: inout some StateWriter) {
        switch self {
        case .link: writer.number(0 as UInt8)
        case .revoke(let effective):
            writer.number(1 as UInt8)
            writer.number(effective.milliseconds)
        case .rotate(let contestsOnly): writer.number(contestsOnly ? 3 as UInt8 : 2)
        case .announce(let computedAt):
            writer.number(4 as UInt8)
            writer.number(computedAt.milliseconds)
        case .resolve: writer.number(5 as UInt8)
        }
    }
}
