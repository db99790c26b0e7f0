import Messages
import Primitives

/// Strict JSON and the messages in it: the canonical form is a fixed point.
enum DocumentFuzzing {
    @Sendable static func json(_ input: [UInt8]) {
        guard let document = try? JSONDocument(scanning: input) else { return }
        let canonical = document.canonicalBytes()
        guard let again = try? JSONDocument(scanning: canonical) else {
            preconditionFailure("the canonical form does not scan")
        }
        precondition(again.isCanonical, "the canonical form is not canonical")
        precondition(again.canonicalBytes() == canonical, "the canonical form is no fixed point")
    }

    @Sendable static func envelope(_ input: [UInt8]) {
        guard let message = try? EnvelopeCodec.decode(input) else { return }
        let again = try? EnvelopeCodec.decode(message.canonical)
        precondition(again?.id == message.id, "the stored form is another message")
        precondition(again?.canonical == message.canonical, "the stored form is no fixed point")
        _ = message.hasValidSignature
    }

    @Sendable static func payload(_ input: [UInt8]) {
        var reader = InputReader(input)
        let types = MessageType.allCases
        let type = types[Int(reader.byte()) % types.count]
        guard let document = try? JSONDocument(scanning: Array(input.dropFirst())) else { return }
        let timestamp = Timestamp(milliseconds: 1_700_000_000_000)
        _ = try? Payload(type: type, decoding: document.root, timestamp: timestamp)
    }
}
