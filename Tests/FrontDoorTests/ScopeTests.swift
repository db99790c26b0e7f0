import Doors
import LocalAPI
import Primitives
import Testing

@testable import HTTPServer
@testable import Node
@testable import valence_node

extension StandIn {
    /// The fields of a request with a token, and some more.
    func fields(_ token: String, _ more: [String] = []) -> [String] {
        ["Host: 127.0.0.1", "Authorization: Bearer \(token)"] + more
    }

    /// Makes a token through the port.
    func token(_ scope: Doors.Operation.Scope, fields more: [String] = []) throws -> JSONValue {
        let answer = try self.send(
            "POST /v1/tokens",
            fields: self.fields(self.directory.loadToken(), more),
            body: #"{"scope":"\#(scope.rawValue)","label":"a test"}"#
        )
        guard answer.status == 200 else { throw Unexpected(description: answer.body) }
        return try answer.json()
    }
}

@Suite("ADR 0057: what a token allows, through the port", .serialized)
struct ScopeTests {
    private static let fine = APIResponse(.object([("fine", .bool(true))]))

    @Test("every operation is open to the scopes that include its own, and to no other")
    func everyOperation() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            var tokens: [(Doors.Operation.Scope, String)] = []
            for scope in Doors.Operation.Scope.granted {
                tokens.append((scope, try door.token(scope)["token"]?.string ?? ""))
            }
            let operations =
                Endpoints.all().map(\.operation) + TokenEndpoints.all.map(\.operation)
                + [Endpoints.index, Endpoints.document, Endpoints.newDashboardLink]
            #expect(Set(operations.map(\.scope)) == [.read, .act, .admin])
            for operation in operations {
                let path = operation.path.replacing("{id}", with: Parsed.hex)
                for (scope, token) in tokens {
                    // The body is none, so that nothing happens that is allowed.
                    let answer = try door.send(
                        "\(operation.method) \(path)",
                        fields: door.fields(token),
                        body: operation.method == "GET" ? nil : "["
                    )
                    let isAllowed = scope >= operation.scope
                    #expect((answer.status == 403) == !isAllowed, "\(operation.name), \(scope)")
                    if isAllowed { continue }
                    let problem = try answer.json()
                    #expect(problem["code"]?.string == "scope")
                    let need = operation.scope.rawValue
                    let command = "valence-node token new --scope \(need)"
                    #expect(problem["detail"]?.string?.contains(command) == true)
                    let challenge = #"Bearer error="insufficient_scope", scope="\#(need)""#
                    #expect(answer.field("WWW-Authenticate") == challenge)
                }
            }
        }
    }

    @Test("without a token, and with a wrong one, a request is challenged")
    func challenged() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let none = try door.send("GET /v1/status", fields: ["Host: 127.0.0.1"])
            #expect(none.status == 401 && none.field("WWW-Authenticate") == "Bearer")
            let wrong = try door.send("GET /v1/status", fields: door.fields("valence_x"))
            #expect(wrong.status == 401)
            #expect(wrong.field("WWW-Authenticate") == #"Bearer error="invalid_token""#)
            #expect(door.calls.isEmpty)
        }
    }

    @Test("a token holds from the answer on, and not beyond its end; both are on the disk")
    func lifetime() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let made = try door.token(.read)
            let (text, id) = (made["token"]?.string ?? "", made["id"]?.string ?? "")
            #expect(try door.send("GET /v1/status", fields: door.fields(text)).status == 200)
            let path = "\(door.directory.path)/api.tokens"
            #expect(try Files.mode(path) & 0o777 == 0o600)
            let kept = String(decoding: try Files.read(path, upTo: 100_000), as: UTF8.self)
            #expect(kept.contains(id) && !kept.contains(text))
            #expect(try door.directory.loadTokens().caller(bringing: text)?.scope == .read)
            let list = try door.send("GET /v1/tokens").body
            #expect(list.contains(id) && !list.contains(text))
            for _ in 0..<2 {
                let ended = try door.send("POST /v1/tokens/\(id)/revoke", body: "")
                #expect(ended.status == 200)
                #expect(try ended.json()["revoked_at"]?.integer != nil)
            }
            #expect(try door.send("GET /v1/status", fields: door.fields(text)).status == 401)
            #expect(try door.directory.loadTokens().caller(bringing: text) == nil)
            let unknown = try door.send("POST /v1/tokens/\(Parsed.hex)/revoke", body: "")
            #expect(unknown.status == 404)
            #expect(try unknown.json()["code"]?.string == "unknown_token")
        }
    }

    @Test("a stream of events ends soon after its token was revoked")
    func endOfStream() async throws {
        try await StandIn.with(answering: { EventLog(last: 1).answer($0) }) { door in
            let made = try door.token(.read)
            let (text, id) = (made["token"]?.string ?? "", made["id"]?.string ?? "")
            let stream = try EventReader("/v1/events", to: door, token: text)
            #expect(stream.read { !$0.values(of: "retry").isEmpty })
            _ = try door.send("POST /v1/tokens/\(id)/revoke", body: "")
            #expect(stream.read(seconds: 30) { $0.isWhole })
        }
    }

    @Test("a list of tokens that others may read, or that is none, ends the start")
    func openFile() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            _ = try door.token(.read)
            let path = "\(door.directory.path)/api.tokens"
            try Files.setMode(path, 0o640)
            let tooOpen = #expect(throws: NodeError.self) { try door.directory.loadTokens() }
            #expect("\(tooOpen.map { "\($0)" } ?? "")".contains("chmod 600 \(path)"))
            try Files.write(Array("{}".utf8), to: path, mode: 0o600)
            #expect(throws: NodeError.self) { try door.directory.loadTokens() }
        }
    }

    @Test("the same request for a token leaves one, and its caller sees a text that is valid")
    func repeated() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let key = ["Idempotency-Key: k"]
            let first = try door.token(.act, fields: key)["token"]?.string ?? ""
            let second = try door.token(.act, fields: key)["token"]?.string ?? ""
            #expect(try door.send("GET /v1/status", fields: door.fields(first)).status == 401)
            #expect(try door.send("GET /v1/status", fields: door.fields(second)).status == 200)
            #expect(throws: Unexpected.self) { try door.token(.read, fields: key) }
        }
    }
}

@Suite("ADR 0057: valence-node token", .serialized)
struct TokenCommandTests {
    private static let fine = APIResponse(.object([("fine", .bool(true))]))

    @Test("a running node is asked, and takes the change at once")
    func running() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let words = ["token", "new", "--scope", "act", "--label"]
            let made = try await door.run(words + ["a \u{1b}b"])
            #expect(made.failure?.text.contains("label") == true)
            let fine = try await door.run(words + ["a b"])
            let text = try #require(fine.data.first)
            let vote = "POST /v1/proposals/\(Parsed.hex)/vote"
            let body = #"{"stance":"abstain"}"#
            #expect(try door.send(vote, fields: door.fields(text), body: body).status == 200)
            let list = try await door.run(["token", "list"])
            let id = try #require(list.data.first.map { String($0.prefix { $0 != " " }) })
            #expect(list.data.count == 1 && list.data[0].contains("  act  "))
            #expect(list.data[0].hasSuffix("  a b"))
            _ = try await door.run(["token", "revoke", id])
            #expect(try door.send(vote, fields: door.fields(text), body: body).status == 401)
            let after = try await door.run(["token", "list"])
            #expect(after.data[0].contains("  revoked 2"))
        }
    }

    @Test("without a node the data directory is changed, which a running one would not notice")
    func offline() async throws {
        try await withFolder { folder in
            let directory = DataDirectory(path: folder)
            _ = try directory.initialise()
            let made = try await StandIn.run(["token", "new", "--scope", "read"], in: folder)
            let text = try #require(made.data.first)
            #expect(try directory.loadTokens().caller(bringing: text)?.scope == .read)
            let list = try await StandIn.run(["token", "list", "--json"], in: folder).json()
            let id = try #require(list["tokens"]?.elements?.first?["id"]?.string)
            _ = try await StandIn.run(["token", "revoke", id], in: folder)
            #expect(try directory.loadTokens().caller(bringing: text) == nil)
            let unknown = try await StandIn.run(["token", "revoke", Parsed.hex], in: folder)
            #expect(unknown.failure?.code == .refused)
            #expect(unknown.failure?.json["code"]?.string == "unknown_token")
            try directory.withTokens { _ in
                _ = #expect(throws: NodeError.self) { try directory.withTokens { _ in } }
            }
        }
    }

    @Test("a scope that no token has is wrong usage")
    func usage() {
        for scope in ["open", "root", ""] {
            #expect(Parsed.refusal(["token", "new", "--scope", scope])?.code == 64, "\(scope)")
        }
        #expect(Parsed.refusal(["token", "revoke", "x"])?.code == 64)
    }
}
