import Foundation
import LocalAPI
import Messages
import Node
import Primitives
import Testing

@Suite("T21: who may use the local API", .serialized)
struct GuardTests {
    private static let fine = APIResponse(.object([("fine", .bool(true))]))

    @Test("only with the token, from this machine, and from no web page")
    func refusals() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { node in
            let token = "Authorization: Bearer \(try node.directory.loadToken())"
            let host = "Host: 127.0.0.1"
            for (fields, status, code) in [
                ([host], 401, "unauthorized"), ([host, token + "x"], 401, "unauthorized"),
                ([host, String(token.dropLast())], 401, "unauthorized"),
                ([host, token.replacing("Bearer", with: "Basic")], 401, "unauthorized"),
                ([host, "Authorization: Bearer"], 401, "unauthorized"),
                (["Host: example.org", token], 403, "wrong_host"),
                (["Host: 127.0.0.1.example.org", token], 403, "wrong_host"),
                (["Host: 127.0.0.1:99999", token], 400, "bad_host"),
                (["Host: 10.0.0.1", token], 403, "wrong_host"),
                ([host, "Host: 127.0.0.1", token], 400, "bad_host"),
                ([host, token, "Origin: http://127.0.0.1:1"], 403, "wrong_origin"),
                ([host, token, "Origin: http://localhost"], 403, "wrong_origin"),
                ([host, token, "Origin: https://127.0.0.1"], 403, "wrong_origin"),
                ([host, token, "Origin: null"], 403, "wrong_origin"),
                (
                    [host, token, "Origin: http://127.0.0.1", "Origin: http://a.example"], 403,
                    "wrong_origin"
                ),
                (["Host: [::1", token], 400, "bad_host"),
                (["Host: [::1]x", token], 400, "bad_host"),
                (["Host: [::2]", token], 403, "wrong_host"),
            ] {
                let answer = try node.send("GET /v1/status", fields: fields)
                #expect(answer.status == status, "\(fields)")
                #expect(try answer.json()["code"]?.string == code, "\(fields)")
                #expect(answer.field("Content-Type") == "application/problem+json")
            }
            #expect(node.calls.isEmpty, "the node hears of none of them")
        }
    }

    @Test("the scheme in any case, and this machine by its names and ports")
    func taken() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { node in
            let token = try node.directory.loadToken()
            for fields in [
                ["Host: 127.0.0.1", "Authorization: bearer \(token)"],
                ["Host: localhost:1", "Authorization: BEARER \(token)"],
                ["Host: LOCALHOST", "Authorization: Bearer \(token)"],
                ["Host: 127.0.0.1:65535", "Authorization: Bearer \(token)"],
                ["Host: [::1]", "Authorization: Bearer \(token)"],
                ["Host: [::1]:9090", "Authorization: Bearer \(token)"],
                [
                    "Host: LocalHost:9090", "Origin: http://localhost:9090",
                    "Authorization: Bearer \(token)",
                ],
            ] {
                let answer = try node.send("GET /v1/status", fields: fields)
                #expect(answer.status == 200, "\(fields)")
                #expect(answer.field("Server") == "valence-node")
            }
            #expect(node.calls == Array(repeating: .status, count: 7))
        }
    }

    @Test("health needs no token, but the right host; readiness tells the node's own reason")
    func health() async throws {
        let notReady = APIResponse(status: 503, code: "not_synced", detail: "wait; a while")
        try await StandIn.with(answering: {
            $0 == .readiness(MemoryUse(bytes: 0)) ? notReady : Self.fine
        }) { node in
            let host = ["Host: localhost"]
            #expect(try node.send("GET /healthz", fields: host).status == 200)
            let ready = try node.send("GET /readyz", fields: host)
            #expect(ready.status == 503)
            #expect(try ready.json()["code"]?.string == "not_synced")
            #expect(try node.send("GET /healthz", fields: ["Host: example.org"]).status == 403)
            #expect(node.calls == [.readiness(MemoryUse(bytes: 0))])
        }
    }

    @Test("ADR 0074: a node that stops is neither alive nor ready from the first moment on")
    func leaving() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { node in
            node.leave()
            for path in ["/healthz", "/readyz"] {
                let answer = try node.send("GET \(path)", fields: ["Host: localhost"])
                #expect(answer.status == 503)
                #expect(try answer.json()["code"]?.string == "stopping")
            }
            #expect(try node.send("GET /v1/status").status == 200, "what is asked is answered")
        }
    }

    @Test("when to try again is told in whole seconds, rounded up, and never as none")
    func retry() async throws {
        let past = APIResponse(
            status: 429,
            code: "rate_limited",
            detail: "slow down",
            retryAt: Timestamp(milliseconds: 1)
        )
        try await StandIn.with(answering: { _ in past }) { node in
            let answer = try node.send("GET /v1/status")
            #expect(answer.field("Retry-After") == "1")
        }
        try await StandIn.with(answering: { _ in Self.fine }) { node in
            let answer = try node.send("GET /v1/status")
            #expect(answer.field("Retry-After") == nil)
        }
    }
}

@Suite("Routes of the local API", .serialized)
struct RouteTests {
    private static let hex = Parsed.hex
    private static let fine = APIResponse(.object([("fine", .bool(true))]))

    @Test("every way to look asks the node one thing")
    func reads() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        let node = try #require(NodeID(hex: Self.hex))
        let hash = try #require(ContentHash(hex: Self.hex))
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            for (path, call) in [
                ("status", .status), ("identity", .identity(nil)), ("network", .network),
                ("identity/\(Self.hex)", .identity(node)), ("peers", .peers),
                ("identity/did:valence:\(Self.hex)", .identity(node)),
                ("requests", .requests(limit: 100)), ("requests?limit=1", .requests(limit: 1)),
                ("requests/\(Self.hex)", .request(id)), ("proposals", .proposals(limit: 100)),
                ("proposals?limit=1000", .proposals(limit: 1_000)),
                ("proposals/\(Self.hex)", .proposal(id)), ("reputation", .reputations),
                ("reputation/\(Self.hex)", .reputation(node)),
                ("content/\(Self.hex)", .fetch(hash)), ("downloads", .downloads),
                ("content", .find(text: "", tags: [], limit: 100)), ("storage", .storage),
                (
                    "content?query=a%20b&tag=x,y%2Bz&limit=5",
                    .find(text: "a b", tags: ["x", "y+z"], limit: 5)
                ),
                ("proposals/\(Self.hex)/artifact", .artefact(id)),
            ] as [(String, APICall)] {
                let answer = try door.send("GET /v1/\(path)")
                #expect(answer.status == 200, "\(path)")
                #expect(door.calls == [call], "\(path)")
            }
        }
    }

    @Test("identifiers, limits and bodies that are none are refused before the node is asked")
    func unclear() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            for path in [
                "requests/xyz", "proposals/\(Self.hex.uppercased())", "identity/did:valence:",
                "reputation/\(Self.hex.dropLast())", "content/xyz", "requests?limit=0",
                "proposals?limit=1001", "content?limit=0", "proposals?limit=", "requests?limit=1e2",
            ] {
                let answer = try door.send("GET /v1/\(path)")
                #expect(answer.status == 400, "\(path)")
                #expect(try answer.json()["code"]?.string == "bad_request", "\(path)")
            }
            for body in ["[]", "1", "{", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "\u{FEFF}{}", "nul"] {
                let answer = try door.send("POST /v1/requests", body: body)
                #expect(answer.status == 400, "\(body)")
            }
            let votes = ["{}", "{\"stance\":1}", "{\"stance\":\"maybe\"}", "{\"reason\":\"r\"}"]
            for body in votes {
                let answer = try door.send("POST /v1/proposals/\(Self.hex)/vote", body: body)
                #expect(try answer.json()["detail"]?.string?.contains("`stance`") == true)
            }
            #expect(door.calls.isEmpty)
        }
    }

    @Test("an empty body is an empty object, and the id of the path is the one that is meant")
    func bodies() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let path = "/v1/proposals/\(Self.hex)/withdraw"
            #expect(try door.send("POST \(path)", body: "").status == 200)
            #expect(door.calls == [.publish(.withdraw, Withdraw(proposalID: id).json)])
            #expect(try door.send("POST \(path)", body: #"{"reason":"r"}"#).status == 200)
            #expect(door.calls == [.publish(.withdraw, Withdraw(proposalID: id, reason: "r").json)])
            for (body, detail) in [
                (#"{"proposal_id":"other"}"#, "`proposal_id` is unknown; known are id, reason"),
                (#"{"id":"\#(Self.hex)"}"#, "`id` does not belong in the body"),
                (#"{"reason":1}"#, "`reason` must be a text"),
            ] {
                let refused = try door.send("POST \(path)", body: body)
                #expect(refused.status == 400, "\(body)")
                #expect(try refused.json()["detail"]?.string == detail)
            }
            let empty = try door.send("POST /v1/requests", body: "")
            let detail = "`title` is missing; it must be a text"
            #expect(try empty.json()["detail"]?.string == detail)
            #expect(door.calls.isEmpty)
        }
    }

    @Test("what a query must not say is refused: what is unknown, or there twice, or no text")
    func queries() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            for (query, detail) in [
                ("limit=1&limit=2", "`limit` is there twice"),
                ("colour=red", "`colour` is unknown; known are limit, cursor"),
                ("limit=%zz", "the path or the query is no percent-encoded UTF-8"),
                ("limit=%ff", "the path or the query is no percent-encoded UTF-8"),
                (
                    "cursor=A",
                    "`cursor` must be a `next_cursor` of an answer, as it was given"
                ),
            ] {
                let refused = try door.send("GET /v1/requests?\(query)")
                #expect(refused.status == 400, "\(query)")
                #expect(try refused.json()["detail"]?.string == detail, "\(query)")
            }
            #expect(door.calls.isEmpty)
        }
    }

    @Test("a body of another type than JSON is refused with the type that is taken")
    func mediaTypes() async throws {
        let path = "POST /v1/proposals/\(Self.hex)/vote"
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let token = "Authorization: Bearer \(try door.directory.loadToken())"
            for (type, status) in [
                ("application/json", 200), ("Application/JSON; charset=utf-8", 200),
                ("application/x-www-form-urlencoded", 415), ("text/plain", 415), ("x", 415),
            ] {
                let answer = try door.send(
                    path,
                    fields: ["Host: 127.0.0.1", token, "Content-Type: \(type)"],
                    body: #"{"stance":"abstain"}"#
                )
                #expect(answer.status == status, "\(type)")
                let detail = try answer.json()["detail"]?.string
                #expect(status == 200 || detail?.contains("application/json") == true)
            }
        }
    }

    @Test("RFC 9110, 15.5.16: a type that is not taken is told with what is")
    func whatIsTaken() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let token = try door.directory.loadToken()
            let vote = "POST /v1/proposals/\(Self.hex)/vote"
            for (line, field, name, value) in [
                (vote, "Content-Type: text/plain", "Accept", "application/json"),
                (vote, "Content-Encoding: gzip", "Accept-Encoding", "identity"),
                ("POST /v1/content", "Content-Encoding: br", "Accept-Encoding", "identity"),
            ] {
                let answer = try door.send(line, fields: door.fields(token, [field]), body: "x")
                #expect(answer.status == 415 && answer.field(name) == value, "\(field)")
            }
            #expect(door.calls.isEmpty)
        }
    }

    @Test("the artefact of a flag, and of a check, is the one of the path")
    func flaggedArtefact() async throws {
        let hash = try #require(ContentHash(hex: Self.hex))
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let body = #"{"severity":"dispute","category":"spam","details":"d"}"#
            let path = "/v1/content/\(Self.hex)"
            let flagged = try door.send("POST \(path)/flag", body: body)
            #expect(flagged.status == 200)
            guard case .publish(.flag, let payload)? = door.calls.first else {
                Issue.record("no flag")
                return
            }
            #expect(payload["content_hash"]?.string == Self.hex && payload.members?.count == 4)
            let verified = try door.send("POST \(path)/verify", body: "")
            #expect(verified.status == 200)
            #expect(door.calls == [.verify(hash)])
            let unclear = try door.send("POST /v1/content/xyz/verify", body: "")
            #expect(unclear.status == 400)
        }
    }

    @Test("a body that says it is too long is refused unread")
    func tooLong() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let fields = try [
                "Host: localhost", "Authorization: Bearer \(door.directory.loadToken())",
            ]
            for (path, length) in [("requests", 8_388_609), ("content", 100_000_001)] {
                let answer = try door.send(
                    "POST /v1/\(path)",
                    fields: fields + ["Content-Length: \(length)"]
                )
                #expect(answer.status == 413, "\(path)")
                #expect(try answer.json()["code"]?.string == "too_large")
                #expect(answer.field("Connection") == "close")
            }
            #expect(door.calls.isEmpty)
        }
    }

    @Test(
        "what is no route is told with its method and where all routes are",
        arguments: ["GET /v1/nothing", "GET /", "POST /v1/requests/x/y", "GET /v1/status/"]
    )
    func missing(line: String) async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let answer = try door.send(line, body: line.hasPrefix("GET") ? nil : "{}")
            #expect(answer.status == 404)
            let detail = try answer.json()["detail"]?.string
            #expect(detail == "there is no \(line); GET /v1 lists all routes")
            #expect(door.calls.isEmpty)
        }
    }

    @Test("HEAD answers as GET does, without the body")
    func heads() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let whole = try door.send("GET /v1/status")
            let head = try door.send("HEAD /v1/status")
            #expect(head.status == 200 && head.body.isEmpty && !whole.body.isEmpty)
            for name in ["Content-Type", "Content-Length"] {
                #expect(head.field(name) == whole.field(name) && head.field(name) != nil)
            }
            let unknown = try door.send("HEAD /v1/nowhere")
            #expect(unknown.status == 404 && unknown.body.isEmpty)
            let stream = try door.send("HEAD /v1/events")
            #expect(stream.status == 405 && stream.body.isEmpty)
        }
    }

    @Test(
        "a method that a path does not have is told with those that it has",
        arguments: [
            ("POST /v1/status", "GET, HEAD"), ("DELETE /v1/requests", "GET, HEAD, POST"),
            ("PUT /v1", "GET, HEAD"), ("GET /v1/identity/link", "POST"),
            ("PATCH /healthz", "GET, HEAD"), ("TRACE /v1/proposals/x", "GET, HEAD"),
            ("POST /v1/events", "GET"),
        ]
    )
    func wrongMethod(line: String, allowed: String) async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let answer = try door.send(line)
            #expect(answer.status == 405 && answer.field("Allow") == allowed)
            #expect(try answer.json()["code"]?.string == "no_method")
            let detail = try answer.json()["detail"]?.string
            #expect(detail == "there is no \(line), but \(allowed); GET /v1 lists all routes")
            #expect(door.calls.isEmpty)
        }
    }

    @Test("the index lists every route with its method, in order")
    func index() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let routes = try door.send("GET /v1").json()["routes"]?.elements ?? []
            let lines = routes.map { "\($0["method"]?.string ?? "") \($0["path"]?.string ?? "")" }
            #expect(lines.contains("POST /v1/proposals/{id}/vote"))
            #expect(lines.contains("GET /v1/content/{id}") && lines.contains("GET /healthz"))
            let paths = routes.compactMap { $0["path"]?.string }
            #expect(paths == paths.sorted() && lines.count == Set(lines).count)
        }
    }

    @Test("an artefact comes as bytes that no browser shows, with its hash")
    func artefact() async throws {
        let bytes = Array("<script>".utf8)
        let hash = ContentHash(SHA256Digest.hash(bytes))
        let answer = APIResponse(APIArtefact(hash: hash, source: .bytes(bytes)))
        try await StandIn.with(answering: { _ in answer }) { door in
            let got = try door.send("GET /v1/proposals/\(Self.hex)/artifact")
            #expect(got.body == "<script>" && got.status == 200)
            #expect(got.field("Content-Type") == "application/octet-stream")
            #expect(got.field("Content-Disposition") == "attachment; filename=\"\(hash.hex)\"")
            #expect(got.field("Content-Security-Policy") == "default-src 'none'; sandbox")
            #expect(got.field("X-Content-Type-Options") == "nosniff")
            let digest = "sha-256=:\(Base64.encode(hash.array)):"
            #expect(got.field("Repr-Digest") == digest)
        }
    }

    @Test("an artefact that is gone from the disk is a failure of the node, and told as one")
    func lostArtefact() async throws {
        let hash = try #require(ContentHash(hex: Self.hex))
        let answer = APIResponse(APIArtefact(hash: hash, source: .file(path: "/nowhere/blob")))
        try await StandIn.with(answering: { _ in answer }) { door in
            let got = try door.send("GET /v1/proposals/\(Self.hex)/artifact")
            #expect(got.status == 500)
            #expect(try got.json()["code"]?.string == "content_unavailable")
        }
    }
}
