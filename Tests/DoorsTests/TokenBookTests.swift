import Doors
import Primitives
import Testing

@Suite("ADR 0057: tokens with a scope")
struct TokenBookTests {
    private static let owner = String(repeating: "0a", count: 32)
    private static let now = Timestamp(milliseconds: 1_767_225_600_000)

    private var book = TokenBook(owner: Self.owner)

    private static func key(_ word: String, _ content: String = "") -> RequestKey {
        RequestKey(word, of: "owner", askingFor: Array(content.utf8))
    }

    private mutating func make(
        _ scope: Doors.Operation.Scope = .read,
        label: String = "",
        secret: UInt8 = 1,
        key: RequestKey? = nil,
        now: Timestamp = Self.now
    ) throws(TokenRefusal) -> NewToken {
        let secret = [UInt8](repeating: secret, count: 32)
        return try self.book.make(scope, label: label, secret: secret, key: key, now: now)
    }

    @Test("a token is found by its text and kept as its hash; the owner's may do everything")
    mutating func found() throws {
        let made = try self.make(.act, label: "the editor")
        #expect(made.text == "valence_" + String(repeating: "01", count: 32))
        let caller = try #require(self.book.caller(bringing: made.text))
        #expect(caller.scope == .act && caller.may(.read) && !caller.may(.admin))
        #expect(caller.name == SHA256Digest.hash(Array(made.text.utf8)).hex)
        let owner = self.book.caller(bringing: Self.owner)
        #expect(owner?.may(.admin) == true)
        for other in ["", "valence_", made.text + "0", String(made.text.dropLast()), caller.name] {
            #expect(self.book.caller(bringing: other) == nil, "\(other)")
        }
        let kept = String(decoding: self.book.json.canonicalBytes(), as: UTF8.self)
        #expect(!kept.contains("0101") && kept.contains(caller.name))
    }

    @Test("a revoked token is not valid any more, and revoking it again changes nothing")
    mutating func revoked() throws {
        let made = try self.make()
        let hash = made.token.hash
        let first = try self.book.revoke(hash, now: Self.now)
        #expect(self.book.caller(bringing: made.text) == nil)
        let again = try self.book.revoke(hash, now: Self.now.adding(milliseconds: 5))
        #expect(first == again && again.revokedAt == Self.now)
        #expect(throws: TokenRefusal.unknown) {
            try self.book.revoke(SHA256Digest.hash([1]), now: Self.now)
        }
    }

    @Test("what is kept is read again as it was, and what is no book is refused")
    mutating func file() throws {
        _ = try self.make(.read, label: "ä \"x\"", secret: 1, key: Self.key("k"))
        let made = try self.make(.admin, secret: 2)
        _ = try self.book.revoke(made.token.hash, now: Self.now)
        #expect(TokenBook(owner: Self.owner, self.book.json) == self.book)
        #expect(TokenBook(owner: Self.owner, .object([("tokens", .array([]))])) != nil)
        for (member, value) in [
            ("scope", "open"), ("scope", "root"), ("id", "x"), ("made_at", "x"),
        ] {
            let row = (self.book.json["tokens"]?.elements?.first?.members ?? []).map { old in
                old.key == member ? JSONMember(key: member, value: .string(value)) : old
            }
            let rows: [JSONValue] = [.object(row)]
            let json = JSONValue.object([("tokens", .array(rows))])
            #expect(TokenBook(owner: Self.owner, json) == nil, "\(member)")
        }
        #expect(TokenBook(owner: Self.owner, .emptyObject) == nil)
    }

    @Test("ADR 0060: the same request leaves one token, with a text that its caller sees")
    mutating func again() throws {
        let first = try self.make(secret: 1, key: Self.key("k"))
        let second = try self.make(secret: 2, key: Self.key("k"))
        #expect(self.book.tokens.map(\.hash) == [second.token.hash])
        #expect(self.book.caller(bringing: first.text) == nil)
        #expect(throws: TokenRefusal.keyReused) {
            try self.make(secret: 3, key: Self.key("k", "other"))
        }
        _ = try self.make(secret: 4, key: Self.key("l"))
        let tomorrow = Self.now.adding(milliseconds: 86_400_000)
        _ = try self.make(secret: 5, key: Self.key("k", "other"), now: tomorrow)
        #expect(self.book.tokens.count == 3)
    }

    @Test("labels are one line, tokens are counted, and old revoked ones are forgotten")
    mutating func bounds() throws {
        for label in ["a\nb", "a\u{202E}b", "a\u{0}", String(repeating: "x", count: 129)] {
            #expect(throws: TokenRefusal.badLabel) { try self.make(label: label) }
        }
        func secret(_ number: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(number & 0xff), count: 31) + [UInt8(number >> 8)]
        }
        for number in 0..<256 {
            _ = try self.book.make(
                .read,
                label: "",
                secret: secret(number),
                key: nil,
                now: Self.now
            )
        }
        #expect(throws: TokenRefusal.tooMany) { try self.make(secret: 255, key: Self.key("k")) }
        for token in self.book.tokens { _ = try self.book.revoke(token.hash, now: Self.now) }
        let made = try self.make(secret: 255, key: Self.key("l"))
        #expect(self.book.tokens.count <= 257)
        #expect(self.book.caller(bringing: made.text) == nil || made.token.revokedAt == nil)
    }

    @Test("each scope allows what those before it do")
    func scopes() {
        #expect(Doors.Operation.Scope.granted == [.read, .act, .admin])
        #expect([.admin, .read, .open, .act].sorted() == Doors.Operation.Scope.allCases)
        #expect(!Caller.nobody.may(.read) && Caller.nobody.may(.open))
    }
}
