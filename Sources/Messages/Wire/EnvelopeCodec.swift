public import Cryptography
public import Primitives

/// The envelope of §2: reading it strictly, and signing own messages.
public enum EnvelopeCodec {
    /// Accepted values of `version` (D-87).
    public static let acceptedVersions: Set<Int64> = [Self.ownVersion]

    private static let ownVersion: Int64 = 0

    /// Reads a message: form, version, identifier, then the schema of its payload.
    ///
    /// - Parameters:
    ///   - bytes: one JSON document of at most 8 MiB.
    ///   - limits: those of a frame, or the narrower ones of a message that others carry.
    ///   - acceptedVersions: values of `version` that are read; a log may hold older ones.
    /// - Returns: the message with its canonical bytes; its signature is not checked yet.
    /// - Throws: a ``Refusal`` with the code `malformed`, `tooLarge`, `unknownVersion`, `wrongID`
    ///   or `schema`.
    public static func decode(
        _ bytes: [UInt8],
        limits: JSONLimits = .frame,
        acceptedVersions: Set<Int64> = EnvelopeCodec.acceptedVersions
    ) throws(Refusal) -> Message {
        let document: JSONDocument
        do {
            document = try JSONDocument(scanning: bytes, limits: limits)
        } catch {
            throw Self.refusal(of: error)
        }
        let fields = try EnvelopeFields(document.root)
        guard acceptedVersions.contains(fields.version) else {
            let accepted = acceptedVersions.sorted().map(String.init).joined(separator: ", ")
            throw Refusal(
                .unknownVersion,
                "protocol version \(fields.version) is not accepted; accepted are: "
                    + (accepted.isEmpty ? "none" : accepted)
            )
        }
        return try Self.assemble(fields, document)
    }

    /// How deep documents may be is a choice of ours, so it is nobody's fault (ADR 0037).
    private static func refusal(of error: JSONError) -> Refusal {
        if case .tooDeep = error { return Refusal(.tooLarge, "\(error)") }
        return Refusal(.malformed, "not strict JSON: \(error)")
    }

    private static func assemble(_ fields: EnvelopeFields, _ document: JSONDocument)
        throws(Refusal) -> Message
    {
        let (canonical, payloadRange) = fields.canonicalForm(of: document)
        let body = SigningBody.bytes(
            from: fields.from,
            payload: canonical[payloadRange],
            timestamp: fields.timestamp,
            typeName: fields.typeName
        )
        let id = MessageID(SHA256Digest.hash(body))
        guard id == fields.id else {
            throw Refusal(.wrongID, "id is \(fields.id), but the signing body hashes to \(id)")
        }
        let type = MessageType(rawValue: fields.typeName)
        return Message(
            id: id,
            from: fields.from,
            timestamp: fields.timestamp,
            version: fields.version,
            typeName: fields.typeName,
            type: type,
            payload: try Payload(
                type: type,
                decoding: fields.payload,
                timestamp: fields.timestamp
            ),
            signature: fields.signature,
            canonical: canonical,
            payloadRange: payloadRange
        )
    }

    /// Signs a message and returns it as a canonical envelope.
    public static func sign(
        _ type: MessageType,
        payload: JSONValue,
        timestamp: Timestamp,
        key: SigningKey
    ) throws(Refusal) -> Message {
        try self.sign(typeName: type.rawValue, payload: payload, timestamp: timestamp, key: key)
    }

    /// Signs a message of any type name.
    ///
    /// - Throws: a ``Refusal`` with the code `schema` for a payload that no receiver would accept.
    public static func sign(
        typeName: String,
        payload: JSONValue,
        timestamp: Timestamp,
        key: SigningKey
    ) throws(Refusal) -> Message {
        try self.seal(typeName, payload, timestamp, from: NodeID(key.publicKey)) {
            key.sign($0).hex
        }
    }

    /// A message as it would be signed, with zeros in the place of the signature, so that nobody takes it
    /// (ADR 0059).
    ///
    /// - Throws: a ``Refusal`` with the code `schema` for a payload that no receiver would accept.
    package static func draft(
        _ type: MessageType,
        payload: JSONValue,
        timestamp: Timestamp,
        from: NodeID
    ) throws(Refusal) -> Message {
        try self.seal(type.rawValue, payload, timestamp, from: from) { _ in self.noSignature }
    }

    private static let noSignature = String(repeating: "0", count: 128)

    private static func seal(
        _ typeName: String,
        _ payload: JSONValue,
        _ timestamp: Timestamp,
        from: NodeID,
        signature: ([UInt8]) -> String
    ) throws(Refusal) -> Message {
        let canonical = payload.canonicalBytes()
        let body = SigningBody.bytes(
            from: from,
            payload: canonical[...],
            timestamp: timestamp,
            typeName: typeName
        )
        return try self.decode(
            Self.envelope(
                typeName,
                id: MessageID(SHA256Digest.hash(body)),
                from: from,
                timestamp,
                .canonical(canonical),
                signature(body)
            )
        )
    }

    /// Whether a message with this payload would be short and flat enough for peers to read it,
    /// whichever key signs it and at whatever time.
    package static func fits(_ payload: some WirePayload) -> Bool {
        let bytes = Self.envelope(
            type(of: payload).messageType.rawValue,
            id: MessageID(Bytes32.zero),
            from: NodeID(Bytes32.zero),
            Timestamp(milliseconds: 0),
            payload.json,
            self.noSignature
        )
        do {
            _ = try Self.decode(bytes)
            return true
        } catch {
            return error.code == .wrongID
        }
    }

    private static func envelope(
        _ typeName: String,
        id: MessageID,
        from: NodeID,
        _ timestamp: Timestamp,
        _ payload: JSONValue,
        _ signature: String
    ) -> [UInt8] {
        JSONValue.object([
            ("version", .integer(Self.ownVersion)),
            ("type", .string(typeName)),
            ("id", .string(id.hex)),
            ("from", .string(from.hex)),
            ("timestamp", .integer(timestamp.milliseconds)),
            ("payload", payload),
            ("signature", .string(signature)),
        ]).canonicalBytes()
    }
}
