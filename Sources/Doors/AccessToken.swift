package import Primitives

/// A token that somebody may use the node with, as it is kept: its text is known to its holder alone
/// (ADR 0057).
package struct AccessToken: Sendable, Equatable {
    /// SHA-256 of the text; the token's name as well.
    package let hash: Bytes32
    /// What its holder may do.
    package let scope: Operation.Scope
    /// What it is for, in words of whoever made it.
    package let label: String
    package let madeAt: Timestamp
    /// The request that made it, so that it makes no second one when it comes again (ADR 0060).
    let key: RequestKey?
    /// Since when it is not valid any more; nil while it is.
    package fileprivate(set) var revokedAt: Timestamp?

    init(
        hash: Bytes32,
        scope: Operation.Scope,
        label: String,
        madeAt: Timestamp,
        key: RequestKey?,
        revokedAt: Timestamp? = nil
    ) {
        self.hash = hash
        self.scope = scope
        self.label = label
        self.madeAt = madeAt
        self.key = key
        self.revokedAt = revokedAt
    }

    /// Ends it; one that ended before stays as it is.
    mutating func revoke(at now: Timestamp) { self.revokedAt = self.revokedAt ?? now }
}

extension AccessToken: Record {
    package static let about = "A token; its text is known to its holder alone."
    package static let fields: [Field<AccessToken>] = [
        Field("id", "SHA-256 of its text, by which it is named.") { $0.hash },
        Field("scope", "What its holder may do.") { $0.scope },
        Field("label", "What it is for.") { $0.label },
        Field("made_at", "When it was made.") { $0.madeAt },
        .ifAny("revoked_at", "Since when it is not valid any more.") { $0.revokedAt },
    ]
}

extension Operation.Scope: Shown {}

/// A token that was just made, with its text, which is shown this once.
package struct NewToken: Record {
    package let text: String
    package let token: AccessToken

    package static let about = "A token that was just made."
    package static let fields: [Field<NewToken>] =
        [Field("token", "Its text, which is shown this once.") { $0.text }]
        + AccessToken.fields.map { $0.pullback(\.token) }
}

/// All tokens that were made, the oldest first.
package struct TokenList: Record {
    private let tokens: [AccessToken]

    package init(tokens: [AccessToken]) { self.tokens = tokens }

    package static let about = "The tokens of this node, the oldest first."
    package static let fields: [Field<TokenList>] = [Field("tokens", "The tokens.") { $0.tokens }]
}

/// Somebody who asks the node for something.
package struct Caller: Sendable, Equatable {
    /// Tells callers apart; it is no secret.
    package let name: String
    /// What it may do.
    package let scope: Operation.Scope

    /// Somebody without a token.
    package static let nobody = Caller(name: "nobody", scope: .open)
    /// Whoever owns the data directory.
    static let owner = Caller(name: "owner", scope: .admin)

    /// Whether operations of a scope are open to it.
    package func may(_ scope: Operation.Scope) -> Bool { self.scope >= scope }
}
