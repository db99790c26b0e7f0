public import Cryptography
public import Primitives

/// A message whose form, limits and identifier were checked; its signature is checked on demand.
///
/// It never changes. As an object it goes from subsystem to subsystem as one reference, where a copy
/// of its parts would be a dozen.
public final class Message: Sendable, Codable {
    /// SHA-256 of the signing body (R-02-015).
    public let id: MessageID
    /// The signing key.
    public let from: NodeID
    /// When it was signed, as the sender says.
    public let timestamp: Timestamp
    /// The protocol version; unsigned, so it selects nothing (D-87).
    public let version: Int64
    /// The type as written.
    public let typeName: String
    /// The type; nil when this node does not know it.
    public let type: MessageType?
    /// The typed payload.
    public let payload: Payload
    /// The sender's signature.
    public let signature: Signature
    /// The whole envelope in RFC 8785 form: what is stored and served.
    public let canonical: [UInt8]
    let payloadRange: Range<Int>

    /// Puts the parts together and checks none of them.
    package init(
        id: MessageID,
        from: NodeID,
        timestamp: Timestamp,
        version: Int64,
        typeName: String,
        type: MessageType?,
        payload: Payload,
        signature: Signature,
        canonical: [UInt8],
        payloadRange: Range<Int>
    ) {
        self.id = id
        self.from = from
        self.timestamp = timestamp
        self.version = version
        self.typeName = typeName
        self.type = type
        self.payload = payload
        self.signature = signature
        self.canonical = canonical
        self.payloadRange = payloadRange
    }

    /// Reads a message as a checkpoint holds it: its signature was checked once.
    public convenience init(from decoder: any Decoder) throws {
        let kept = try KeptMessage(from: decoder)
        guard let payload = kept.payload else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: [], debugDescription: "a payload of no schema")
            )
        }
        self.init(
            id: kept.id,
            from: kept.from,
            timestamp: kept.timestamp,
            version: kept.version,
            typeName: kept.typeName,
            type: kept.type,
            payload: payload,
            signature: kept.signature,
            canonical: kept.canonical,
            payloadRange: kept.payloadRange
        )
    }

    /// Writes the message as a checkpoint holds it, an outline as an outline.
    public func encode(to encoder: any Encoder) throws {
        try KeptMessage(
            id: self.id,
            from: self.from,
            timestamp: self.timestamp,
            version: self.version,
            typeName: self.typeName,
            signature: self.signature,
            canonical: self.canonical,
            payloadStart: self.payloadRange.lowerBound,
            payloadEnd: self.payloadRange.upperBound
        ).encode(to: encoder)
    }

    /// The payload in RFC 8785 form, members that no schema names included.
    public var payloadJSON: [UInt8] { Array(self.canonical[self.payloadRange]) }

    /// How many bytes the payload has in that form.
    package var payloadSize: Int { self.payloadRange.count }

    /// The bytes that are hashed and signed: from, payload, timestamp and type (R-02-018).
    public var signingBody: [UInt8] {
        SigningBody.bytes(
            from: self.from,
            payload: self.canonical[self.payloadRange],
            timestamp: self.timestamp,
            typeName: self.typeName
        )
    }

    /// Whether the signature holds; 60 microseconds.
    public var hasValidSignature: Bool {
        Ed25519.isValid(self.signature, for: self.signingBody, by: self.from.publicKey)
    }
}

/// The parts of a message from which the rest follows.
private struct KeptMessage: Codable {
    let id: MessageID
    let from: NodeID
    let timestamp: Timestamp
    let version: Int64
    let typeName: String
    let signature: Signature
    let canonical: [UInt8]
    let payloadStart: Int
    let payloadEnd: Int

    var type: MessageType? { MessageType(rawValue: self.typeName) }

    var payloadRange: Range<Int> { self.payloadStart..<self.payloadEnd }

    var payload: Payload? {
        guard (0...self.payloadEnd).contains(self.payloadStart),
            self.payloadEnd <= self.canonical.count,
            let document = try? JSONDocument(scanning: Array(self.canonical[self.payloadRange]))
        else { return nil }
        return try? Payload(type: self.type, decoding: document.root, timestamp: self.timestamp)
    }
}

extension NodeID {
    /// A node's key is its name (R-01-002).
    public var publicKey: PublicKey { PublicKey(rawBytes: self.bytes) }

    /// The node of a key.
    public init(_ key: PublicKey) { self.init(key.rawBytes) }
}

/// The signed part of an envelope, put together from parts that are canonical already.
enum SigningBody {
    static func bytes(
        from: NodeID,
        payload: ArraySlice<UInt8>,
        timestamp: Timestamp,
        typeName: String
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(payload.count + 160)
        body += "{\"from\":\"".utf8
        body += from.hex.utf8
        body += "\",\"payload\":".utf8
        body += payload
        body += ",\"timestamp\":".utf8
        body += String(timestamp.milliseconds).utf8
        body += ",\"type\":".utf8
        body += JSONValue.string(typeName).canonicalBytes()
        body.append(UInt8(ascii: "}"))
        return body
    }
}
