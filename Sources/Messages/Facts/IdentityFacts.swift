public import Primitives

/// A revoked key proved its delay anew in a handshake, and lives a life of its own from then on (D-13).
///
/// A handshake leaves no message in the log, so Identity records it as a fact, which every subsystem
/// that keeps track of keys folds as well. The new life begins at the time stated in the proof, which
/// is the same for every node that authenticates the key.
public struct KeyStartedOver: SingleFact {
    package static var kind: FactKind { .keyStartedOver }

    /// The revoked key.
    public let key: NodeID
    /// When the computation of its proof began.
    public let computedAt: Timestamp

    /// Describes a new life.
    public init(key: NodeID, computedAt: Timestamp) {
        self.key = key
        self.computedAt = computedAt
    }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.key = try body.id("key")
        self.computedAt = try body.timestamp("computed_at")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("key", self.key)
        body.set("computed_at", self.computedAt)
    }
}

/// This node broadcast own links again (R-01-030).
public struct LinksRepeated: SingleFact {
    package static var kind: FactKind { .linksRepeated }

    /// The DID_LINK messages.
    public let ids: [MessageID]

    /// Tells of a broadcast.
    public init(ids: [MessageID]) { self.ids = ids }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.ids = try body.ids("ids")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("ids", self.ids)
    }
}

/// Somebody else signed with the key of this node (threat T22, ADR 0039).
public struct KeyUsedElsewhere: SingleFact {
    package static var kind: FactKind { .keyUsedElsewhere }

    /// The key; nil in facts written before keys could be rotated.
    public let key: NodeID?
    /// The message that this node did not write.
    public let id: MessageID
    /// Its type as written.
    public let type: String
    /// When it says that it was signed.
    public let timestamp: Timestamp

    /// Tells of a message.
    public init(key: NodeID?, id: MessageID, type: String, timestamp: Timestamp) {
        self.key = key
        self.id = id
        self.type = type
        self.timestamp = timestamp
    }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.key = try body.optionalID("key")
        self.id = try body.id("id")
        self.type = try body.text("type")
        self.timestamp = try body.timestamp("timestamp")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("key", self.key)
        body.set("id", self.id)
        body.set("type", self.type)
        body.set("timestamp", self.timestamp)
    }
}

/// The operator confirmed that everything this node's key signed is the operator's own (ADR 0039).
public struct OwnHistoryAccepted: SingleFact {
    package static var kind: FactKind { .ownHistoryAccepted }

    /// Accepts it.
    public init() {}

    package init(reading body: PayloadReader) throws(SchemaError) {}

    package func write(to body: inout PayloadWriter) {}
}

/// A key that was put back from a backup was quiet for long enough, or its operator said that nobody else has
/// it: this life of the key may sign (ADR 0072).
public struct RestoredKeyCleared: SingleFact {
    package static var kind: FactKind { .restoredKeyCleared }

    /// This life of the key, as it was named when the key was put back.
    public let instance: Bytes32

    /// Clears a life.
    public init(instance: Bytes32) { self.instance = instance }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.instance = try body.bytes32("instance")
    }

    package func write(to body: inout PayloadWriter) {
        body.set("instance", self.instance)
    }
}
