import Cryptography
import Foundation
import Messages
import Primitives

/// Signed messages of a common size, each with an id of its own.
enum SampleMessages {
    private static let bodyBytes = 700

    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// One of each of so many identities, said lately.
    static func ofMany(_ count: Int) throws -> [Message] {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        let start = Timestamp(milliseconds: now - Int64(count))
        return try (0..<count).flatMap { number in
            try Self.signed(1, by: .generate(), from: start.adding(milliseconds: Int64(number)))
        }
    }

    static func signed(
        _ count: Int,
        by key: SigningKey = .generate(),
        from start: Timestamp = Self.start
    ) throws -> [Message] {
        let payload = JSONValue.object([
            ("title", .string("t")),
            ("body", .string(String(repeating: "x", count: Self.bodyBytes))),
            ("tags", .array([])),
            ("expires", .null),
        ])
        return try (0..<count).map { number in
            let timestamp = start.adding(milliseconds: Int64(number))
            return try EnvelopeCodec.sign(
                .request,
                payload: payload,
                timestamp: timestamp,
                key: key
            )
        }
    }
}
