package import Primitives

/// Who may use the node, and what for (ADR 0057).
///
/// Texts of tokens are compared by their hashes: 256 bits of chance cannot be tried, so that one fast
/// hash is enough, and how long a comparison takes tells nothing about a text.
package struct TokenBook: Sendable, Equatable {
    /// Of the token in the data directory, whose holder is the node's owner.
    private let owner: Bytes32
    /// In the order in which they were made.
    package private(set) var tokens: [AccessToken]

    /// What the text of a token begins with, so that it is recognised where it should not be.
    private static let mark = "valence_"

    /// A book without tokens but the owner's.
    package init(owner text: String) {
        self.owner = Self.hash(text)
        self.tokens = []
    }

    private static func hash(_ text: String) -> Bytes32 { SHA256Digest.hash(Array(text.utf8)) }

    /// Who brings a token; nil when it is not valid.
    package func caller(bringing text: String) -> Caller? {
        let hash = Self.hash(text)
        if hash == self.owner { return .owner }
        let token = self.tokens.first { $0.hash == hash && $0.revokedAt == nil }
        return token.map { Caller(name: $0.hash.hex, scope: $0.scope) }
    }

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - scope: what its holder may do.
    ///   - label: what it is for.
    ///   - secret: 32 bytes of chance.
    ///   - key: what the request is recognised by; the token that it made before is replaced, since its
    ///     text cannot be shown again.
    ///   - now: the time.
    /// - Returns: the token with its text.
    /// - Throws: why there is none.
    package mutating func make(
        _ scope: Operation.Scope,
        label: String,
        secret: [UInt8],
        key: RequestKey?,
        now: Timestamp
    ) throws(TokenRefusal) -> NewToken {
        guard Self.isLabel(label) else { throw .badLabel }
        if let earlier = try self.token(madeFor: key, now: now) {
            self.tokens.removeAll { $0.hash == earlier }
        }
        guard self.tokens.count(where: { $0.revokedAt == nil }) < TokenLimits.validMax else {
            throw .tooMany
        }
        let text = Self.mark + Hex.encode(secret)
        let token = AccessToken(
            hash: Self.hash(text),
            scope: scope,
            label: label,
            madeAt: now,
            key: key
        )
        self.tokens.append(token)
        return NewToken(text: text, token: token)
    }

    /// The token that the same request made within a day.
    private func token(madeFor key: RequestKey?, now: Timestamp) throws(TokenRefusal) -> Bytes32? {
        let earlier = self.tokens.last { token in
            key != nil && token.key?.name == key?.name && token.revokedAt == nil
                && now.milliseconds(since: token.madeAt) < TokenLimits.keyMilliseconds
        }
        guard earlier == nil || earlier?.key == key else { throw .keyReused }
        return earlier?.hash
    }

    private static func isLabel(_ label: String) -> Bool {
        label.utf8.count <= TokenLimits.labelBytesMax
            && !label.unicodeScalars.contains(where: \.isHidden)
    }

    /// Ends a token; one that ended before stays as it is.
    package mutating func revoke(_ hash: Bytes32, now: Timestamp) throws(TokenRefusal)
        -> AccessToken
    {
        guard let index = self.tokens.firstIndex(where: { $0.hash == hash }) else {
            throw .unknown
        }
        self.tokens[index].revoke(at: now)
        let token = self.tokens[index]
        let revoked = self.tokens.filter { $0.revokedAt != nil && $0.hash != hash }
        if revoked.count >= TokenLimits.revokedMax, let oldest = revoked.first {
            self.tokens.removeAll { $0.hash == oldest.hash }
        }
        return token
    }

    // MARK: The file

    /// Reads a book that ``json`` wrote; nil when it is no such book.
    ///
    /// - Parameters:
    ///   - text: the owner's token.
    ///   - json: what was kept.
    package init?(owner text: String, _ json: JSONValue) {
        guard let rows = json["tokens"]?.elements else { return nil }
        self.init(owner: text)
        self.tokens = rows.compactMap { AccessToken($0) }
        guard self.tokens.count == rows.count else { return nil }
    }

    /// What is kept.
    package var json: JSONValue { .object([("tokens", .array(self.tokens.map(\.kept)))]) }
}

extension AccessToken {
    fileprivate init?(_ json: JSONValue) {
        guard let hash = json["id"]?.string.flatMap({ Bytes32(hex: $0) }),
            let scope = json["scope"]?.string.flatMap({ Operation.Scope(rawValue: $0) }),
            scope > .open, let label = json["label"]?.string,
            let madeAt = json["made_at"]?.integer
        else { return nil }
        self.init(
            hash: hash,
            scope: scope,
            label: label,
            madeAt: Timestamp(milliseconds: madeAt),
            key: json["key"]?.string.flatMap { Bytes32(hex: $0) }.flatMap { RequestKey($0) },
            revokedAt: json["revoked_at"]?.integer.map { Timestamp(milliseconds: $0) }
        )
    }

    fileprivate var kept: JSONValue {
        let key = self.key.map { [JSONMember(key: "key", value: $0.bytes.shown)] } ?? []
        return .object((self.shown.members ?? []) + key)
    }
}

/// Why there is no token, or none ends.
package enum TokenRefusal: Error, Equatable {
    case badLabel
    case tooMany
    case unknown
    case keyReused

    /// As the caller is told.
    package var problem: (status: Int, code: String, detail: String) {
        switch self {
        case .badLabel:
            let allowed = "at most \(TokenLimits.labelBytesMax) bytes without control characters"
            return (422, "bad_text", "a label is one line of \(allowed)")
        case .tooMany:
            let detail = "there are \(TokenLimits.validMax) tokens; revoke one that nobody needs"
            return (422, "too_many_tokens", detail)
        case .unknown:
            let detail = "there is no such token; see `valence-node token list` for all"
            return (404, "unknown_token", detail)
        case .keyReused:
            let detail = "this Idempotency-Key was sent with another request; choose a new one"
            return (422, "idempotency_key_reused", detail)
        }
    }
}

/// Bounds of tokens.
enum TokenLimits {
    /// Most tokens that are valid at once.
    ///
    /// Source: ADR 0057: each program of a machine has one.
    static let validMax = 256

    /// Most revoked tokens that are kept for the list.
    ///
    /// Source: ADR 0057: the last ones are those that one looks for.
    static let revokedMax = 256

    /// Most bytes of a label.
    ///
    /// Source: own choice: a line.
    static let labelBytesMax = 128

    /// How long the request that made a token is recognised.
    ///
    /// Source: ADR 0060.
    static let keyMilliseconds: Int64 = 86_400_000
}
