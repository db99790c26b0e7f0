package import Messages
package import Primitives

// What people say about content.
extension Draft {
    private static func described(_ content: [UInt8]) -> [Member] {
        [
            ("content_hash", .string(SHA256Digest.hash(content).hex)),
            ("content_type", .string("text/plain")),
            ("content_size", .integer(Int64(content.count))), ("filename", .null),
            ("description", .null), ("tags", .array([])),
        ]
    }

    /// Offers contents.
    package static func share(_ contents: [[UInt8]]) -> Draft {
        Draft(.share, [("entries", .array(contents.map { .object(Self.described($0)) }))])
    }

    /// Asks others to keep copies of a content.
    package static func upload(_ content: [UInt8]) -> Draft {
        Draft(
            .replicateRequest,
            Self.described(content) + [
                ("copy_count", .integer(3)), ("reputation_stake", .integer(1_000)),
            ]
        )
    }

    /// Takes a content back.
    package static func withdrawal(ofContent content: [UInt8], after time: Timestamp) -> Draft {
        let hash = ContentHash(SHA256Digest.hash(content))
        return Draft(ContentWithdraw(contentHash: hash, effectiveAfter: time))
    }

    /// Complains of a content.
    package static func flag(
        _ severity: Flag.Severity,
        on content: ContentHash,
        hashMatch: String? = nil
    ) -> Draft {
        Draft(
            Flag(
                contentHash: content,
                severity: severity,
                category: .other,
                details: "d",
                hashMatch: hashMatch
            )
        )
    }

    /// Says how a node answered a challenge to prove that it keeps a content.
    package static func challengeResult(of challenged: NodeID, _ result: String = "fail") -> Draft {
        let zeros = JSONValue.string(String(repeating: "0", count: 64))
        return Draft(
            .challengeResult,
            [
                ("challenge_id", zeros), ("content_hash", zeros),
                ("challenged_node", .string(challenged.hex)), ("result", .string(result)),
            ]
        )
    }
}
