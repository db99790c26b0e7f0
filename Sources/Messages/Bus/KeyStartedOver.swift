public import Primitives

/// A revoked key proved its delay anew in a handshake, and lives a life of its own from then on (D-13).
///
/// A handshake leaves no message in the log, so Identity records it as a fact of the kind ``kind``, and
/// all who fold the keys fold it. The new life begins with the time of the proof, which whoever shakes hands
/// with the key sees alike.
public struct KeyStartedOver: Sendable, Equatable {
    /// The kind of the fact; its owner is Identity.
    public static let kind = "key_started_over"

    /// The revoked key.
    public let key: NodeID
    /// When the computation of its proof began.
    public let computedAt: Timestamp

    /// Describes a new life.
    public init(key: NodeID, computedAt: Timestamp) {
        self.key = key
        self.computedAt = computedAt
    }

    /// Nil when the fact is another one.
    public init?(_ fact: LocalFact) {
        guard fact.owner == .identity, fact.kind == Self.kind,
            let body = try? JSONDocument(scanning: fact.body).root,
            let key = body["key"]?.string.flatMap({ NodeID(hex: $0) }),
            let time = body["computed_at"]?.integer
        else { return nil }
        self.init(key: key, computedAt: Timestamp(milliseconds: time))
    }

    /// What `RecordFact` takes.
    public func fact(recordedAt: Timestamp) -> LocalFact {
        LocalFact(owner: .identity, kind: Self.kind, body: self.bytes, recordedAt: recordedAt)
    }

    /// Canonical JSON.
    public var bytes: [UInt8] {
        JSONValue.object([
            ("computed_at", .integer(self.computedAt.milliseconds)),
            ("key", .string(self.key.hex)),
        ]).canonicalBytes()
    }
}
