public import Kernel
public import Primitives

// Admission is a line of four hops (design §4). Every hop adds what it knows and passes the
// message on: Verification, Identity, Reputation, then the one subsystem that owns the type.

/// A request of the local API that waits for the fate of an own message.
public struct RequestID: Hashable, Sendable {
    /// Counts up from one for each request since the node started.
    public let rawValue: UInt64

    /// Wraps a counter value.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// The way a message came in; it decides the time rule (D-16) and who learns its fate.
public enum Origin: Sendable, Equatable {
    /// Signed by this node; the request, if any, waits in the local API. The key, if any, is what that
    /// request is recognised by when it comes again (ADR 0060).
    case local(RequestID?, key: RequestKey? = nil)
    /// Relayed by a connected peer on a GossipSub topic; `ticket` names the pending validation.
    case gossip(relay: NodeID, topic: Topic, ticket: UInt64)
    /// Opens an exchange: the frame of a remote peer that waits for an answer.
    case exchange(InboundExchange)
    /// Answers an exchange that this node opened.
    case answer(OutboundExchange)
    /// Contained in a SYNC_RESPONSE of this peer.
    case sync(peer: NodeID)

    /// The remote node that handed the message over; nil for own messages.
    public var peer: NodeID? {
        switch self {
        case .local: nil
        case .gossip(let relay, _, _): relay
        case .exchange(let exchange): exchange.peer
        case .answer(let exchange): exchange.peer
        case .sync(let peer): peer
        }
    }
}

/// First hop: check form, identifier, time and signature of raw bytes.
public struct AdmitMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .verification }
    /// One UTF-8 JSON document, at most 8 MiB (D-17).
    public let bytes: [UInt8]
    /// The way in.
    public let origin: Origin
    /// The signature of the relay layer (StrictSign, D-19), checked off the actor; nil without one.
    public let relaySignatureHolds: RelayCheck?

    /// Asks Verification to admit `bytes`.
    public init(
        bytes: [UInt8],
        origin: Origin,
        relaySignatureHolds: RelayCheck? = nil
    ) {
        self.bytes = bytes
        self.origin = origin
        self.relaySignatureHolds = relaySignatureHolds
    }
}

/// Second hop: a message whose form, identifier, time and signature hold.
public struct IdentifySender: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .identity }
    /// The verified message.
    public let message: Message
    /// The way in.
    public let origin: Origin
    /// Local arrival time.
    public let receivedAt: Timestamp

    /// Passes a verified message on.
    public init(message: Message, origin: Origin, receivedAt: Timestamp) {
        self.message = message
        self.origin = origin
        self.receivedAt = receivedAt
    }
}

/// What Identity knows of a sender when a message arrives.
public struct SenderStanding: Sendable, Equatable, Codable {
    /// The root key that the sending key acts for; the key itself when it is not linked.
    public let identity: NodeID
    /// Keys of the identity, root included (dampening, R-01-046).
    public let keyCount: Int
    /// A key conflict or an illegal-content flag is open against it (D-47).
    public let isSuspended: Bool
    /// Votes count from here on; set for a re-registered former child (D-13).
    public let votingOpensAt: Timestamp?

    /// Describes a sender.
    public init(
        identity: NodeID,
        keyCount: Int = 1,
        isSuspended: Bool = false,
        votingOpensAt: Timestamp? = nil
    ) {
        self.identity = identity
        self.keyCount = keyCount
        self.isSuspended = isSuspended
        self.votingOpensAt = votingOpensAt
    }
}

/// Third hop: a message of a known identity, to be rated.
public struct RateSender: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .reputation }
    /// The verified message.
    public let message: Message
    /// The way in.
    public let origin: Origin
    /// Local arrival time.
    public let receivedAt: Timestamp
    /// What Identity knows of the sender.
    public let sender: SenderStanding

    /// Passes an identified message on.
    public init(message: Message, origin: Origin, receivedAt: Timestamp, sender: SenderStanding) {
        self.message = message
        self.origin = origin
        self.receivedAt = receivedAt
        self.sender = sender
    }
}

/// A message with everything that is needed to judge it, now and again at replay.
public struct AdmittedMessage: Sendable, Codable {
    /// The verified message.
    public let message: Message
    /// The way in; `.local(nil)` at replay when the message was our own, with the key if it has one.
    public let origin: Origin
    /// Local arrival time, recorded in the log.
    public let receivedAt: Timestamp
    /// What Identity knew of the sender at arrival, recorded in the log.
    public let sender: SenderStanding
    /// The sender's score at arrival, recorded in the log.
    public let reputation: FixedPoint

    /// Puts the findings of all hops together.
    public init(
        message: Message,
        origin: Origin,
        receivedAt: Timestamp,
        sender: SenderStanding,
        reputation: FixedPoint
    ) {
        self.message = message
        self.origin = origin
        self.receivedAt = receivedAt
        self.sender = sender
        self.reputation = reputation
    }
}

/// Last hop for REQUEST, PROPOSE, WITHDRAW, VOTE, ADOPT and COMMENT.
public struct JudgeConsensusMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .consensus }
    /// The message to judge.
    public let admitted: AdmittedMessage
    /// Hands a message to its judge.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// Last hop for content, storage, rent and flag messages.
public struct JudgeStorageMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .storageMarket }
    /// The message to judge.
    public let admitted: AdmittedMessage
    /// Hands a message to its judge.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// Last hop for PEER_ANNOUNCE and PEER_LIST messages.
public struct JudgePeerMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .peers }
    /// The message to judge.
    public let admitted: AdmittedMessage
    /// Hands a message to its judge.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// Last hop for KEY_ and DID_ messages.
public struct JudgeIdentityMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .identity }
    /// The message to judge.
    public let admitted: AdmittedMessage
    /// Hands a message to its judge.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// Last hop for SYNC_ messages and STATE_SNAPSHOT.
public struct JudgeSyncMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .sync }
    /// The message to judge.
    public let admitted: AdmittedMessage
    /// Hands a message to its judge.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// Last hop for types this node does not know: relayed within a budget, never processed (§14).
public struct JudgeUnknownMessage: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .gossip }
    /// The message to judge.
    public let admitted: AdmittedMessage
    /// Hands a message to its judge.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// A judge found a message valid and applied it: it will be relayed, and logged if need be (D-20).
public struct MessageAccepted: Event {
    /// The message with everything that is needed to decide the same again.
    public let admitted: AdmittedMessage
    /// Whether state follows from the message that a restart must find again.
    ///
    /// Only an announcement that says nothing new is not kept (ADR 0007).
    public let isLogged: Bool
    /// Announces an accepted message.
    public init(admitted: AdmittedMessage, isLogged: Bool = true) {
        self.admitted = admitted
        self.isLogged = isLogged
    }
}

/// A live message waits until this node has read what it builds on (R-05-016); it is not relayed.
public struct MessageHeld: Event {
    /// The way in.
    public let origin: Origin
    /// Announces it.
    public init(origin: Origin) { self.origin = origin }
}

/// A message ended before acceptance; nothing of it is stored and it is not relayed.
public struct MessageRefused: Event {
    /// The way in.
    public let origin: Origin
    /// The identifier, when the form was good enough to know it.
    public let id: MessageID?
    /// Why.
    public let refusal: Refusal

    /// Announces a refusal.
    public init(origin: Origin, id: MessageID?, refusal: Refusal) {
        self.origin = origin
        self.id = id
        self.refusal = refusal
    }
}
