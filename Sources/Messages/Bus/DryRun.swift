public import Kernel
public import Primitives

// What would become of a message of this node, without signing it (ADR 0059).
//
// Each subsystem of the line of admission is asked in its turn. It answers by doing to a copy of its state
// what it does to a real message, and forgets the copy.

/// The message that this node would sign, and why it would not.
public struct MessageDraft: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .identity }
    /// The draft.
    public enum Reply: BusMessage {
        /// The message with zeros in the place of the signature, and what is known of this node as a sender.
        case drafted(Message, SenderStanding)
        /// Why nothing would be signed, or taken from this key; without a message when it has no valid form.
        case refused(Refusal, Message?)
    }
    /// The type of the message.
    public let type: MessageType
    /// The payload.
    public let payload: JSONValue
    /// Asks.
    public init(type: MessageType, payload: JSONValue) {
        self.type = type
        self.payload = payload
    }
}

/// Why a draft would be refused before its signature is looked at.
public struct DraftCheck: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .verification }
    /// The finding.
    public struct Reply: BusMessage {
        /// The reason; nil for none.
        public let refusal: Refusal?
        /// Tells the reason.
        public init(refusal: Refusal?) { self.refusal = refusal }
    }
    /// The draft.
    public let message: Message
    /// Asks.
    public init(message: Message) { self.message = message }
}

/// Whether a draft would be let through to its judge, and what it would cost.
public struct DraftRating: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .reputation }
    /// What a message costs its author.
    public struct Cost: Sendable, Equatable {
        /// What the author loses at once, such as the stake of a flag.
        public let reputation: FixedPoint
        /// What the author has used up of its day with the message.
        public let used: Usage
        /// What the author may use up in a day; nil where only bytes are counted.
        public let messagesMax: Int?
        /// Bytes that the author may use up in a day.
        public let bytesMax: Int
        /// Puts a cost together.
        public init(reputation: FixedPoint, used: Usage, messagesMax: Int?, bytesMax: Int) {
            self.reputation = reputation
            self.used = used
            self.messagesMax = messagesMax
            self.bytesMax = bytesMax
        }
    }
    /// Room in the network that messages took.
    public struct Usage: Sendable, Equatable {
        /// How many they are.
        public let messages: Int
        /// Their bytes.
        public let bytes: Int
        /// Counts.
        public init(messages: Int, bytes: Int) {
            self.messages = messages
            self.bytes = bytes
        }
    }
    /// The rating.
    public struct Reply: BusMessage {
        /// What its judge would get, or why none would.
        public let outcome: Result<AdmittedMessage, Refusal>
        /// What it would cost; nil for types that cost nothing.
        public let cost: Cost?
        /// Why others may not count it although it is let through; nil for no reason.
        public let doubt: String?
        /// Rates.
        public init(outcome: Result<AdmittedMessage, Refusal>, cost: Cost?, doubt: String?) {
            self.outcome = outcome
            self.cost = cost
            self.doubt = doubt
        }
    }
    /// The draft.
    public let message: Message
    /// What Identity knows of this node.
    public let sender: SenderStanding
    /// Asks.
    public init(message: Message, sender: SenderStanding) {
        self.message = message
        self.sender = sender
    }
}

/// What the judge of a type would make of a draft.
public struct DraftVerdict: BusMessage, Equatable {
    /// Why it would be refused; nil when it would not.
    public let refusal: Refusal?
    /// Why it would not count although it is accepted; nil when it would.
    public let notCountedBecause: String?
    /// Judges.
    public init(refusal: Refusal? = nil, notCountedBecause: String? = nil) {
        self.refusal = refusal
        self.notCountedBecause = notCountedBecause
    }
}

/// What Consensus would make of a draft.
public struct ConsensusVerdict: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .consensus }
    /// The verdict.
    public typealias Reply = DraftVerdict
    /// The draft.
    public let admitted: AdmittedMessage
    /// Asks.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// What the storage market would make of a draft.
public struct StorageVerdict: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .storageMarket }
    /// The verdict.
    public typealias Reply = DraftVerdict
    /// The draft.
    public let admitted: AdmittedMessage
    /// Asks.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}

/// What Identity would make of a draft.
public struct IdentityVerdict: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .identity }
    /// The verdict.
    public typealias Reply = DraftVerdict
    /// The draft.
    public let admitted: AdmittedMessage
    /// Asks.
    public init(admitted: AdmittedMessage) { self.admitted = admitted }
}
