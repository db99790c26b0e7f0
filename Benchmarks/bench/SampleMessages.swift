import Cryptography
import Messages
import Primitives

/// Signed messages of a common size, each with an id of its own.
enum SampleMessages {
    private static let bodyBytes = 700

    static func signed(_ count: Int) throws -> [Message] {
        let key = SigningKey.generate()
        let payload = JSONValue.object([
            ("title", .string("t")),
            ("body", .string(String(repeating: "x", count: Self.bodyBytes))),
            ("tags", .array([])),
            ("expires", .null),
        ])
        return try (0..<count).map { number in
            let timestamp = Timestamp(milliseconds: 1_700_000_000_000 + Int64(number))
            return try EnvelopeCodec.sign(
                .request,
                payload: payload,
                timestamp: timestamp,
                key: key
            )
        }
    }
}
