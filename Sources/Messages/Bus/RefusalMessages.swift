public import Kernel
public import Primitives

/// Ask why a message was refused lately.
///
/// Refusals are in no log: the node remembers the newest ones as long as it runs (ADR 0061).
public struct RefusedMessage: Query, Equatable {
    /// Who answers it.
    public static var answerer: SubsystemName { .verification }
    /// What is remembered.
    public struct Reply: BusMessage, Equatable {
        /// Why it was refused last; nil when that is not remembered.
        public let refused: PastRefusal?
        /// How much is remembered, for how long.
        public let memory: RefusalMemory
        /// Hands it over.
        public init(refused: PastRefusal?, memory: RefusalMemory) {
            self.refused = refused
            self.memory = memory
        }
    }
    /// The message.
    public let id: MessageID
    /// Asks.
    public init(id: MessageID) { self.id = id }
}

/// A message that was refused, and when.
public struct PastRefusal: Sendable, Equatable {
    /// Why.
    public let refusal: Refusal
    /// When, by the clock of this node.
    public let at: Timestamp
    /// Whether this node signed it.
    public let isOwn: Bool
    /// Notes a refusal.
    public init(_ refusal: Refusal, at: Timestamp, isOwn: Bool) {
        self.refusal = refusal
        self.at = at
        self.isOwn = isOwn
    }
}

/// How many refusals a node remembers, and for how long.
public struct RefusalMemory: Sendable, Equatable {
    /// Refusals of own messages.
    public let ownMax: Int
    /// Refusals of messages of others.
    public let othersMax: Int
    /// How long each is remembered, in milliseconds.
    public let milliseconds: Int64
    /// Describes a memory.
    public init(ownMax: Int, othersMax: Int, milliseconds: Int64) {
        self.ownMax = ownMax
        self.othersMax = othersMax
        self.milliseconds = milliseconds
    }
}
