package import Primitives

/// What one asks about tokens.
package enum TokenCall: Sendable, Equatable {
    case make(Operation.Scope, label: String)
    case list
    case revoke(Bytes32)
}

/// The operations on tokens, which the doors serve themselves: no subsystem knows of tokens.
package enum TokenEndpoints {
    /// All of them.
    package static let all: [Endpoint<TokenCall>] = [
        Endpoint(
            "new_token",
            .act,
            scope: .admin,
            path: "/v1/tokens",
            summary: "Makes a token for a program that is to use this node.",
            about: """
                Its text is shown this once. Asked again with the same Idempotency-Key, it is replaced \
                by another one, as nobody may have seen the first.
                """,
            refusals: [.init(422, "bad_text"), .init(422, "too_many_tokens"), noRoom],
            scope,
            .text("label", "What it is for; one line.", standard: ""),
            answers: .record(NewToken.self),
            example: .object([("scope", .string("read")), ("label", .string("the editor"))])
        ) { .make($0, label: $1) },
        Endpoint(
            "tokens",
            .read,
            scope: .admin,
            path: "/v1/tokens",
            summary: "The tokens of this node, without their texts.",
            answers: .record(TokenList.self)
        ) { .list },
        Endpoint(
            "revoke_token",
            .act,
            scope: .admin,
            path: "/v1/tokens/{id}/revoke",
            summary: "Ends a token at once.",
            about: "One that ended before stays as it is.",
            refusals: [.init(404, "unknown_token"), noRoom],
            id,
            answers: .record(AccessToken.self),
            example: .object([("id", .string(String(repeating: "0", count: 64)))])
        ) { .revoke($0) },
    ]

    private static let noRoom = Operation.Refusal(507, "storage_stopped")

    private static let id: Parameter<Bytes32> = .required(
        "id",
        "SHA-256 of its text.",
        .id,
        at: .path
    ) { $0.string.flatMap { Bytes32(hex: $0) } }

    private static let scope: Parameter<Operation.Scope> = .required(
        "scope",
        "What its holder may do: look, act for this node, or change what the node is.",
        .choice(Operation.Scope.granted.map(\.rawValue))
    ) { $0.string.flatMap { Operation.Scope(rawValue: $0) } }
}
