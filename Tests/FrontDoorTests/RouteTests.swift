import Foundation
import Glibc
import LocalAPI
import Messages
import Node
import Primitives
import Testing

/// One request as bytes over TCP, and what came back.
private struct Exchange {
    let status: Int
    let head: String
    let body: String

    func json() throws -> JSONValue {
        try JSONDocument(scanning: Array(self.body.utf8)).root.value
    }

    /// The value of a field; nil if it is not there.
    func field(_ name: String) -> String? {
        self.head.split(separator: "\r\n").dropFirst().first {
            $0.lowercased().hasPrefix("\(name.lowercased()): ")
        }.map { String($0.dropFirst(name.utf8.count + 2)) }
    }

    /// Sends bytes to a port of 127.0.0.1 and reads until the other side closes.
    init(_ request: String, to port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Unexpected(description: "cannot connect") }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        let bytes = Array(request.utf8)
        guard
            Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw Unexpected(description: "cannot send") }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer.prefix(count)
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"),
            let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw Unexpected(description: "no answer: \(text)") }
        self.status = status
        self.head = String(text[..<end.lowerBound])
        self.body = String(text[end.upperBound...])
    }
}

extension StandIn {
    /// Sends a request with the token, unless other fields are given.
    fileprivate func send(
        _ line: String,
        fields: [String]? = nil,
        body: String? = nil
    ) throws -> Exchange {
        var head = ["\(line) HTTP/1.1", "Connection: close"]
        head +=
            try fields ?? [
                "Host: 127.0.0.1", "Authorization: Bearer \(self.directory.loadToken())",
            ]
        if let body { head.append("Content-Length: \(body.utf8.count)") }
        let text = head.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        return try Exchange(text, to: self.port)
    }
}

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
                ([host, token, "Origin: http://127.0.0.1"], 403, "wrong_origin"),
                ([host, token, "Origin: null"], 403, "wrong_origin"),
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
            ] {
                let answer = try node.send("GET /v1/status", fields: fields)
                #expect(answer.status == 200, "\(fields)")
                #expect(answer.field("Server") == "valence-node")
            }
            #expect(node.calls == Array(repeating: .status, count: 4))
        }
    }

    @Test("health needs no token, but the right host; readiness tells the node's own reason")
    func health() async throws {
        let notReady = APIResponse(status: 503, code: "not_synced", detail: "wait; a while")
        try await StandIn.with(answering: { $0 == .readiness ? notReady : Self.fine }) { node in
            let host = ["Host: localhost"]
            #expect(try node.send("GET /healthz", fields: host).status == 200)
            let ready = try node.send("GET /readyz", fields: host)
            #expect(ready.status == 503)
            #expect(try ready.json()["code"]?.string == "not_synced")
            #expect(try node.send("GET /healthz", fields: ["Host: example.org"]).status == 403)
            #expect(node.calls == [.readiness])
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
                ("content/\(Self.hex)", .fetch(hash)),
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
                "proposals?limit=1001", "proposals?limit=", "requests?limit=1e2",
            ] {
                let answer = try door.send("GET /v1/\(path)")
                #expect(answer.status == 400, "\(path)")
                #expect(try answer.json()["code"]?.string == "bad_request", "\(path)")
            }
            for body in ["[]", "1", "{", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "\u{FEFF}{}", "nul"] {
                let answer = try door.send("POST /v1/requests", body: body)
                #expect(answer.status == 400, "\(body)")
            }
            for body in ["{}", "{\"stance\":1}", "{\"reason\":\"r\"}"] {
                let answer = try door.send("POST /v1/proposals/\(Self.hex)/vote", body: body)
                #expect(try answer.json()["detail"]?.string?.contains("`stance`") == true)
            }
            #expect(door.calls.isEmpty)
        }
    }

    @Test("an empty body is an empty object, and the id of the path wins over one in the body")
    func bodies() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let empty = try door.send("POST /v1/requests", body: "")
            #expect(empty.status == 200)
            #expect(door.calls == [.publish(.request, .emptyObject)])
            let body = "{\"proposal_id\":\"other\",\"reason\":\"r\"}"
            let path = "/v1/proposals/\(Self.hex)/withdraw"
            #expect(try door.send("POST \(path)", body: body).status == 200)
            guard case .publish(.withdraw, let payload)? = door.calls.first else {
                Issue.record("no withdrawal")
                return
            }
            #expect(payload["proposal_id"]?.string == Self.hex && payload.members?.count == 2)
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
        arguments: [
            "GET /v1/nothing", "POST /v1/status", "DELETE /v1/requests", "GET /", "PUT /v1",
        ]
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
