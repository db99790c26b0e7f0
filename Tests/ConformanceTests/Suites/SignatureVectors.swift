import Cryptography
import Primitives

@testable import Messages

/// Keys, signatures, and envelopes as wholes.
enum SignatureVectors {
    static func run(_ vector: VectorCase) throws {
        let input = vector.input
        if input.has("envelope") {
            try self.envelope(vector)
        } else if input.has("seed"), input.has("message_utf8") {
            try self.sign(vector)
        } else if input.has("seed") {
            let key = try input.signingKey("seed").publicKey
            try Check.same("public key", key.rawBytes, try vector.expect.bytes32("public"))
        } else if input.has("signature") {
            try self.verify(vector)
        } else {
            throw VectorFailure.unknownShape(input)
        }
    }

    private static func sign(_ vector: VectorCase) throws {
        let key = try vector.input.signingKey("seed")
        let message = Array(try vector.input.text("message_utf8").utf8)
        let signature = key.sign(message)
        try Check.text("signature", signature.hex, try vector.expect.text("signature"))
        try Check.same(
            "verdict",
            Ed25519.isValid(signature, for: message, by: key.publicKey),
            try vector.expect.bool("verify")
        )
    }

    private static func verify(_ vector: VectorCase) throws {
        let message = Array(try vector.input.text("message_utf8").utf8)
        let key = PublicKey(rawBytes: try vector.input.bytes32("public"))
        // A signature of another length cannot even be named.
        let holds =
            Signature(hex: try vector.input.text("signature"))
            .map { Ed25519.isValid($0, for: message, by: key) } ?? false
        try Check.same("verdict", holds, try vector.expect.bool("verify"))
    }

    private static func envelope(_ vector: VectorCase) throws {
        let expect = vector.expect
        let bytes = try vector.input.raw("envelope").bytes
        for key in expect.names where ["id", "expected_id"].contains(key) {
            let facts = try EnvelopeFacts(bytes)
            try Check.same("id", facts.id.bytes, try expect.bytes32(key))
        }
        for key in expect.names where ["envelope_valid", "signature_valid"].contains(key) {
            let facts = try EnvelopeFacts(bytes)
            try Check.same(key, facts.isSigned, try expect.bool(key))
        }
        if expect.has("inner_valid") {
            let facts = try EnvelopeFacts(bytes)
            try Check.same("inner_valid", try facts.isConsented, try expect.bool("inner_valid"))
        }
        if vector.input.has("inner_message_utf8") {
            let text = try EnvelopeFacts(bytes).consentText
            try Check.text("inner message", text, try vector.input.text("inner_message_utf8"))
        }
        if expect.has("accept") { try self.accept(bytes, expect) }
    }

    private static func accept(_ bytes: [UInt8], _ expect: Fields) throws {
        var line = try NodeLine(now: try RawJSON(bytes)["timestamp"]?.integer)
        let fate = try line.gossip(bytes)
        try Check.same("accept", fate.isAccepted, try expect.bool("accept"))
        if expect.has("expected_id") { try Check.same("cause", fate.code, .wrongID) }
        if expect.has("reason") {
            let reason = try expect.text("reason")
            guard let code = Self.codes[reason] else {
                throw VectorFailure("no known refusal is called \(reason)")
            }
            try Check.same("cause", fate.code, code)
        }
    }

    private static let codes: [String: Refusal.Code] = [
        "unsupported-version": .unknownVersion, "wrong-id": .wrongID, "malformed": .malformed,
        "bad-signature": .badSignature,
    ]
}

/// What an envelope says, whatever its payload is worth.
private struct EnvelopeFacts {
    private let fields: EnvelopeFields
    private let body: [UInt8]

    init(_ bytes: [UInt8]) throws {
        let document = try JSONDocument(scanning: bytes)
        let fields = try EnvelopeFields(document.root)
        let (canonical, payload) = fields.canonicalForm(of: document)
        self.fields = fields
        self.body = SigningBody.bytes(
            from: fields.from,
            payload: canonical[payload],
            timestamp: fields.timestamp,
            typeName: fields.typeName
        )
    }

    var id: MessageID { MessageID(SHA256Digest.hash(self.body)) }

    var isSigned: Bool {
        Ed25519.isValid(self.fields.signature, for: self.body, by: self.fields.from.publicKey)
    }

    private var payload: Payload {
        get throws {
            try Payload(
                type: MessageType(rawValue: self.fields.typeName),
                decoding: self.fields.payload,
                timestamp: self.fields.timestamp
            )
        }
    }

    /// Whether the second signature inside the payload holds.
    var isConsented: Bool {
        get throws {
            switch try self.payload {
            case .keyRotate(let rotation): rotation.isConsented
            case .didLink(let link): link.isConsented
            default: throw VectorFailure("\(self.fields.typeName) has no inner signature")
            }
        }
    }

    var consentText: String {
        get throws {
            guard case .keyRotate(let rotation) = try self.payload else {
                throw VectorFailure("\(self.fields.typeName) has no inner message in text form")
            }
            let bytes = KeyRotate.consentBytes(oldKey: rotation.oldKey, newKey: rotation.newKey)
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
