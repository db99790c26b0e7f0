import Cryptography
import Messages
import Primitives

/// One signed message of each type: signed, read, written again.
enum EnvelopeVectors {
    static func run(_ vector: VectorCase) throws {
        let typeName = try vector.input.text("type")
        let payload = try JSONDocument(scanning: try vector.input.raw("payload").bytes)
        let message = try EnvelopeCodec.sign(
            typeName: typeName,
            payload: payload.root.value,
            timestamp: try vector.input.time("timestamp"),
            key: try vector.input.signingKey("seed")
        )
        try Check.same("id", message.id.bytes, try vector.expect.bytes32("id"))
        try Check.text("signature", message.signature.hex, try vector.expect.text("signature"))
        try Check.same("verdict on the signature", message.hasValidSignature, true)
        try Check.same("payload", message.payloadJSON, payload.canonicalBytes())
        guard let type = message.type else { throw VectorFailure("\(typeName) is not known") }
        let transport = try vector.input.text("transport")
        try Check.text("transport", Self.transport(of: type), transport)
        try self.readsAgain(message)
    }

    private static func transport(of type: MessageType) -> String {
        switch type.channel {
        case .gossip(let topic): "gossip:\(topic.rawValue)"
        case .stream(let streamProtocol): "stream:\(streamProtocol.rawValue)"
        }
    }

    private static func readsAgain(_ message: Message) throws {
        let again = try EnvelopeCodec.decode(message.canonical)
        try Check.same("id, read again", again.id, message.id)
        try Check.same("envelope, written again", again.canonical, message.canonical)
    }
}
