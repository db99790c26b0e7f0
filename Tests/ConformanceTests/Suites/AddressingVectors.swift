import Primitives

@testable import Messages

/// The signing body of a message and its hash, the message's id.
enum AddressingVectors {
    static func run(_ vector: VectorCase) throws {
        let payload = try JSONDocument(scanning: try vector.input.raw("payload").bytes)
        let envelope = RawEnvelope(
            typeName: try vector.input.text("type"),
            payload: payload.bytes,
            timestamp: try vector.input.time("timestamp"),
            from: try vector.input.node("from"),
            version: try vector.input.integer("version")
        )
        let body = String(decoding: envelope.signingBody, as: UTF8.self)
        try Check.text("signing body", body, try vector.expect.text("signing_body"))
        try Check.same("id", envelope.id.bytes, try vector.expect.bytes32("id"))
        try self.decoderAgrees(envelope)
    }

    /// The codec recomputes the id before it looks at the payload's schema.
    private static func decoderAgrees(_ envelope: RawEnvelope) throws {
        let versions: Set<Int64> = [envelope.version]
        let right = envelope.bytes(signature: RawEnvelope.noSignature)
        do {
            _ = try EnvelopeCodec.decode(right, acceptedVersions: versions)
        } catch  where error.code != .schema {
            throw VectorFailure("the codec refuses the id: \(error)")
        } catch {}
        let wrong = envelope.bytes(signature: RawEnvelope.noSignature, id: MessageID(.zero))
        do {
            _ = try EnvelopeCodec.decode(wrong, acceptedVersions: versions)
            throw VectorFailure("the codec takes a wrong id")
        } catch let error as Refusal {
            try Check.same("verdict on a wrong id", error.code, .wrongID)
        }
    }
}
