public import Cryptography
public import Primitives

/// KEY_ROTATE: a key names its successor, and the successor agrees (§1, D-06).
public struct KeyRotate: WirePayload {
    package static var messageType: MessageType { .keyRotate }

    /// The key that signs the envelope.
    public let oldKey: NodeID
    /// Its successor.
    public let newKey: NodeID
    /// The successor's signature over the canonical `{new_key, old_key}`.
    public let newKeySignature: Signature

    /// Puts one together.
    public init(oldKey: NodeID, newKey: NodeID, newKeySignature: Signature) {
        self.oldKey = oldKey
        self.newKey = newKey
        self.newKeySignature = newKeySignature
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.oldKey = try payload.id("old_key")
        self.newKey = try payload.id("new_key")
        self.newKeySignature = try payload.signature("new_key_signature")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("old_key", self.oldKey)
        payload.set("new_key", self.newKey)
        payload.set("new_key_signature", self.newKeySignature)
    }

    /// The bytes that the successor signs (D-06).
    public static func consentBytes(oldKey: NodeID, newKey: NodeID) -> [UInt8] {
        JSONValue.object([
            ("new_key", .string(newKey.hex)), ("old_key", .string(oldKey.hex)),
        ]).canonicalBytes()
    }

    /// Whether the successor agreed; 60 microseconds.
    public var isConsented: Bool {
        let bytes = Self.consentBytes(oldKey: self.oldKey, newKey: self.newKey)
        return Ed25519.isValid(self.newKeySignature, for: bytes, by: self.newKey.publicKey)
    }
}

/// KEY_CONFLICT: two rotations of one key exist (§1, D-07).
public struct KeyConflict: WirePayload {
    package static var messageType: MessageType { .keyConflict }

    /// The key that was rotated twice.
    public let oldKey: NodeID
    /// The rotation with the lower id.
    public let rotateMessage1: MessageID
    /// The other rotation.
    public let rotateMessage2: MessageID
    /// The successor in the first.
    public let newKey1: NodeID
    /// The successor in the second.
    public let newKey2: NodeID

    /// Puts one together.
    public init(
        oldKey: NodeID,
        rotateMessage1: MessageID,
        rotateMessage2: MessageID,
        newKey1: NodeID,
        newKey2: NodeID
    ) {
        self.oldKey = oldKey
        self.rotateMessage1 = rotateMessage1
        self.rotateMessage2 = rotateMessage2
        self.newKey1 = newKey1
        self.newKey2 = newKey2
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.oldKey = try payload.id("old_key")
        self.rotateMessage1 = try payload.id("rotate_message_1_id")
        self.rotateMessage2 = try payload.id("rotate_message_2_id")
        self.newKey1 = try payload.id("new_key_1")
        self.newKey2 = try payload.id("new_key_2")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("old_key", self.oldKey)
        payload.set("rotate_message_1_id", self.rotateMessage1)
        payload.set("rotate_message_2_id", self.rotateMessage2)
        payload.set("new_key_1", self.newKey1)
        payload.set("new_key_2", self.newKey2)
    }
}

/// DID_LINK: a root takes in a child key, and the child agrees (§1).
public struct DIDLink: WirePayload {
    package static var messageType: MessageType { .didLink }

    /// The identity; it signs the envelope.
    public let rootKey: NodeID
    /// The key that will act for it.
    public let childKey: NodeID
    /// The child's signature over root key and child key, 64 raw bytes.
    public let childSignature: Signature
    /// A name for people.
    public let label: String?

    /// Puts one together.
    public init(rootKey: NodeID, childKey: NodeID, childSignature: Signature, label: String? = nil)
    {
        self.rootKey = rootKey
        self.childKey = childKey
        self.childSignature = childSignature
        self.label = label
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.rootKey = try payload.id("root_key")
        self.childKey = try payload.id("child_key")
        self.childSignature = try payload.signature("child_signature")
        self.label = try payload.optionalText("label")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("root_key", self.rootKey)
        payload.set("child_key", self.childKey)
        payload.set("child_signature", self.childSignature)
        payload.set("label", self.label)
    }

    /// Whether the child agreed; 60 microseconds.
    public var isConsented: Bool {
        Ed25519.isValid(
            self.childSignature,
            for: self.rootKey.array + self.childKey.array,
            by: self.childKey.publicKey
        )
    }
}

/// DID_REVOKE: a root takes a key's right to act for it away (§1, D-14).
public struct DIDRevoke: WirePayload {
    package static var messageType: MessageType { .didRevoke }

    /// The identity.
    public let rootKey: NodeID
    /// The key that no longer acts for it.
    public let revokedKey: NodeID
    /// Why, for people.
    public let reason: String?
    /// Messages of the key from here on are void; nil means the message's own time.
    public let effectiveFrom: Timestamp?

    /// Puts one together.
    public init(
        rootKey: NodeID,
        revokedKey: NodeID,
        reason: String? = nil,
        effectiveFrom: Timestamp? = nil
    ) {
        self.rootKey = rootKey
        self.revokedKey = revokedKey
        self.reason = reason
        self.effectiveFrom = effectiveFrom
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.rootKey = try payload.id("root_key")
        self.revokedKey = try payload.id("revoked_key")
        self.reason = try payload.optionalText("reason")
        self.effectiveFrom = try payload.optionalTimestamp("effective_from")
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("root_key", self.rootKey)
        payload.set("revoked_key", self.revokedKey)
        payload.set("reason", self.reason)
        payload.set("effective_from", self.effectiveFrom)
    }
}

/// REPUTATION_GOSSIP: what the sender thinks of others (R-09-038).
public struct ReputationGossip: WirePayload {
    package static var messageType: MessageType { .reputationGossip }

    /// One opinion.
    public struct Assessment: PayloadObject {
        /// Who it is about.
        public let nodeID: NodeID
        /// The score.
        public let overall: FixedPoint
        /// Scores by field, sorted by name as bytes.
        public let byDomain: [Domain]
        /// Observations behind it.
        public let observationCount: Int64
        /// The newest of these.
        public let lastObserved: Timestamp
        /// When the opinion was formed; must grow from one to the next.
        public let assessmentTimestamp: Timestamp

        /// Puts one together.
        public init(
            nodeID: NodeID,
            overall: FixedPoint,
            byDomain: [Domain],
            observationCount: Int64,
            lastObserved: Timestamp,
            assessmentTimestamp: Timestamp
        ) {
            self.nodeID = nodeID
            self.overall = overall
            self.byDomain = byDomain
            self.observationCount = observationCount
            self.lastObserved = lastObserved
            self.assessmentTimestamp = assessmentTimestamp
        }
    }

    /// The score in one field.
    public struct Domain: Sendable, Equatable, Codable {
        /// The field's name.
        public let name: String
        /// The score in it.
        public let score: FixedPoint

        /// Puts one together.
        public init(name: String, score: FixedPoint) {
            self.name = name
            self.score = score
        }
    }

    /// The first ten are processed (D-90).
    public let assessments: [Assessment]

    /// Puts one together.
    public init(assessments: [Assessment]) {
        self.assessments = assessments
    }

    package init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let list = try payload.objects("assessments", processed: WireLimits.assessmentsProcessed)
        self.assessments = try list.map { entry throws(SchemaError) in
            try Assessment(reading: entry)
        }
    }

    package func write(to payload: inout PayloadWriter) {
        payload.set("assessments", self.assessments)
    }

}

extension ReputationGossip.Assessment {
    init(reading entry: PayloadReader) throws(SchemaError) {
        self.init(
            nodeID: try entry.id("node_id"),
            overall: try entry.fraction("overall"),
            byDomain: try Self.domains(entry),
            observationCount: try entry.integer("observation_count"),
            lastObserved: try entry.timestamp("last_observed"),
            assessmentTimestamp: try entry.timestamp("assessment_timestamp")
        )
    }

    private static func domains(_ entry: PayloadReader) throws(SchemaError)
        -> [ReputationGossip.Domain]
    {
        guard let domains = try entry.optionalObject("by_domain") else { return [] }
        let scores = try (domains.view.members ?? []).map { member throws(SchemaError) in
            ReputationGossip.Domain(
                name: member.key,
                score: try domains.fraction(member.key)
            )
        }
        return scores.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    package func write(to entry: inout PayloadWriter) {
        entry.set("node_id", self.nodeID)
        entry.set("overall", self.overall)
        entry.set("by_domain", members: self.byDomain.map { ($0.name, $0.score) })
        entry.set("observation_count", self.observationCount)
        entry.set("last_observed", self.lastObserved)
        entry.set("assessment_timestamp", self.assessmentTimestamp)
    }
}
