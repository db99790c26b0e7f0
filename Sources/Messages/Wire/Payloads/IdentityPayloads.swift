public import Cryptography
public import Primitives

/// KEY_ROTATE: a key names its successor, and the successor agrees (§1, D-06).
public struct KeyRotate: WirePayload {
    /// The key that signs the envelope.
    public let oldKey: NodeID
    /// Its successor.
    public let newKey: NodeID
    /// The successor's signature over the canonical `{new_key, old_key}`.
    public let newKeySignature: Signature

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.oldKey = try payload.id("old_key")
        self.newKey = try payload.id("new_key")
        self.newKeySignature = try payload.signature("new_key_signature")
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

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.oldKey = try payload.id("old_key")
        self.rotateMessage1 = try payload.id("rotate_message_1_id")
        self.rotateMessage2 = try payload.id("rotate_message_2_id")
        self.newKey1 = try payload.id("new_key_1")
        self.newKey2 = try payload.id("new_key_2")
    }
}

/// DID_LINK: a root takes in a child key, and the child agrees (§1).
public struct DIDLink: WirePayload {
    /// The identity; it signs the envelope.
    public let rootKey: NodeID
    /// The key that will act for it.
    public let childKey: NodeID
    /// The child's signature over root key and child key, 64 raw bytes.
    public let childSignature: Signature
    /// A name for people.
    public let label: String?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.rootKey = try payload.id("root_key")
        self.childKey = try payload.id("child_key")
        self.childSignature = try payload.signature("child_signature")
        self.label = try payload.optionalText("label")
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
    /// The identity.
    public let rootKey: NodeID
    /// The key that no longer acts for it.
    public let revokedKey: NodeID
    /// Why, for people.
    public let reason: String?
    /// Messages of the key from here on are void; nil means the message's own time.
    public let effectiveFrom: Timestamp?

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        self.rootKey = try payload.id("root_key")
        self.revokedKey = try payload.id("revoked_key")
        self.reason = try payload.optionalText("reason")
        self.effectiveFrom = try payload.optionalTimestamp("effective_from")
    }
}

/// REPUTATION_GOSSIP: what the sender thinks of others (R-09-038).
public struct ReputationGossip: WirePayload {
    /// One opinion.
    public struct Assessment: Sendable, Equatable {
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
    }

    /// The score in one field.
    public struct Domain: Sendable, Equatable {
        /// The field's name.
        public let name: String
        /// The score in it.
        public let score: FixedPoint
    }

    /// The first ten are processed (D-90).
    public let assessments: [Assessment]

    init(reading payload: PayloadReader, timestamp: Timestamp) throws(SchemaError) {
        let list = try payload.objects("assessments", processed: WireLimits.assessmentsProcessed)
        self.assessments = try list.map { entry throws(SchemaError) in
            Assessment(
                nodeID: try entry.id("node_id"),
                overall: try entry.fraction("overall"),
                byDomain: try Self.domains(entry),
                observationCount: try entry.integer("observation_count"),
                lastObserved: try entry.timestamp("last_observed"),
                assessmentTimestamp: try entry.timestamp("assessment_timestamp")
            )
        }
    }

    private static func domains(_ entry: PayloadReader) throws(SchemaError) -> [Domain] {
        guard let domains = try entry.optionalObject("by_domain") else { return [] }
        let scores = try (domains.view.members ?? []).map { member throws(SchemaError) in
            Domain(name: member.key, score: try domains.fraction(member.key))
        }
        return scores.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
