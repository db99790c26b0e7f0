import Doors
import Kernel
import LocalAPI
import Primitives
import Testing

@testable import HTTPServer
@testable import Node

@Suite("ADR 0077: links and sessions")
struct SessionBookTests {
    private static func secret(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(clamping: number), count: 32)
    }

    private static let start = Moment(milliseconds: 1_000_000)

    private static func after(_ seconds: Int64) -> Moment {
        self.start.advanced(by: .seconds(seconds))
    }

    @Test("a link opens once, and not after 60 s")
    func links() throws {
        var book = SessionBook()
        let first = book.link(Self.secret(1), token: nil, now: Self.start)
        let opened = book.open(first, Self.secret(2), now: Self.after(59))
        let session = try #require(opened)
        let again = book.open(first, Self.secret(3), now: Self.after(59))
        #expect(again == nil)
        #expect(book.session(session, now: Self.after(60))?.token == nil)
        #expect(book.session(session, now: Self.after(60)) != nil)
        let second = book.link(Self.secret(4), token: nil, now: Self.start)
        let late = book.open(second, Self.secret(5), now: Self.after(60))
        // It is used up all the same.
        let used = book.open(second, Self.secret(5), now: Self.start)
        let none = book.open("", Self.secret(6), now: Self.start)
        #expect(late == nil && used == nil && none == nil)
    }

    @Test("a session ends after 12 hours, and no link or hash of it is one")
    func sessions() throws {
        var book = SessionBook()
        let token = try #require(Bytes32(hex: String(repeating: "0a", count: 32)))
        let link = book.link(Self.secret(1), token: token, now: Self.start)
        #expect(book.session(link, now: Self.start) == nil)
        let opened = book.open(link, Self.secret(2), now: Self.start)
        let session = try #require(opened)
        #expect(book.session(session, now: Self.after(43_199))?.token == token)
        #expect(book.session(session, now: Self.after(43_200)) == nil)
        let hash = SHA256Digest.hash(Array(session.utf8)).hex
        for other in [link, hash, session.uppercased() + " ", ""] {
            #expect(book.session(other, now: Self.start) == nil)
        }
    }

    @Test("so many links and sessions there are at once, and the oldest gives way")
    func bounds() throws {
        var book = SessionBook()
        let links = (0..<17).map { book.link(Self.secret($0), token: nil, now: Self.start) }
        let oldest = book.open(links[0], Self.secret(99), now: Self.start)
        let next = book.open(links[1], Self.secret(98), now: Self.start)
        #expect(oldest == nil && next != nil)
        let sessions = (100..<165).compactMap { number -> String? in
            let link = book.link(Self.secret(number), token: nil, now: Self.start)
            return book.open(link, Self.secret(number), now: Self.start)
        }
        #expect(sessions.count == 65)
        #expect(book.session(sessions[0], now: Self.start) == nil)
        #expect(sessions.dropFirst().allSatisfy { book.session($0, now: Self.start) != nil })
    }

    /// A token of this number.
    private static func token(_ number: Int) -> Bytes32 { SHA256Digest.hash([UInt8(number)]) }

    @Test("what one token asks for takes no place of another's, even if there are too many")
    func fairness() throws {
        var book = SessionBook()
        func open(_ number: Int, _ token: Bytes32?) throws -> String {
            let link = book.link(Self.secret(number), token: token, now: Self.start)
            let secret = [UInt8(number >> 8), UInt8(number & 255)]
            let session = book.open(link, secret, now: Self.start)
            return try #require(session)
        }
        let owner = try open(1, nil)
        let waiting = book.link(Self.secret(2), token: nil, now: Self.start)
        // One greedy token, and then so many that there are too many of all.
        var others: [String] = []
        for token in 0..<6 {
            for number in 0..<70 {
                others.append(try open(300 + token * 70 + number, Self.token(token)))
            }
            for number in 0..<20 {
                _ = book.link(
                    [UInt8(token), UInt8(number)],
                    token: Self.token(token),
                    now: Self.start
                )
            }
        }
        #expect(book.session(owner, now: Self.start) != nil)
        let alive = others.count { book.session($0, now: Self.start) != nil }
        #expect(alive == SessionLimits.sessionsMax - 1)
        let opened = book.open(waiting, Self.secret(3), now: Self.start)
        #expect(opened != nil)
        // The newest of each token are there: whoever has the most gave way.
        for token in 0..<6 {
            #expect(book.session(others[token * 70 + 69], now: Self.start) != nil, "\(token)")
        }
    }
}

@Suite("ADR 0077: the dashboard through the port", .serialized)
struct DashboardDoorTests {
    private static let fine = APIResponse(.object([("fine", .bool(true))]))
    private static let host = "Host: 127.0.0.1"

    /// The path of a link.
    private static func link(_ door: StandIn, fields: [String]? = nil) throws -> String {
        let answer = try door.send("POST /v1/dashboard/links", fields: fields, body: "{}")
        let url = try #require(try answer.json()["url"]?.string)
        #expect(try answer.json()["seconds"]?.integer == 60)
        let start = "http://127.0.0.1:\(door.port)"
        #expect(url.hasPrefix("\(start)/dashboard/enter?key="))
        return String(url.dropFirst(start.count))
    }

    /// The cookie that a link brings.
    private static func cookie(_ door: StandIn, fields: [String]? = nil) throws -> String {
        let opened = try door.send(
            "GET \(try Self.link(door, fields: fields))",
            fields: [Self.host]
        )
        #expect(opened.status == 200)
        let cookie = try #require(opened.field("Set-Cookie"))
        for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/dashboard;", "; Max-Age=43200"] {
            #expect(cookie.contains(part), "\(cookie)")
        }
        return "Cookie: a=b; \(cookie.prefix { $0 != ";" })"
    }

    @Test("a link opens once, the cookie then shows every page, and the JSON API takes none")
    func whole() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let link = try Self.link(door)
            // Who only asks for the head, as programs that preview links do, uses nothing up.
            #expect(try door.send("HEAD \(link)", fields: [Self.host]).status == 401)
            #expect(try door.send("GET \(link)", fields: [Self.host]).status == 200)
            #expect(try door.send("GET \(link)", fields: [Self.host]).status == 401)
            let cookie = try Self.cookie(door)
            for page in [
                "", "proposals", "reputation", "peers", "storage", "sync", "topology", "events",
            ] {
                let answer = try door.send("GET /dashboard/\(page)", fields: [Self.host, cookie])
                #expect(answer.status == 200, "\(page)")
                #expect(answer.field("Content-Type") == "text/html; charset=utf-8")
            }
            for path in ["/v1/status", "/metrics", "/mcp", "/openapi.json", "/v1/tokens"] {
                let answer = try door.send("GET \(path)", fields: [Self.host, cookie])
                #expect(answer.status == 401, "\(path)")
            }
            #expect(try door.send("GET /dashboard", fields: [Self.host]).status == 308)
        }
    }

    @Test("nobody is shown a page without a session, by another host, or from another's page")
    func strangers() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let cookie = try Self.cookie(door)
            let wrong = "Cookie: valence_dashboard_=\(String(repeating: "0", count: 64))"
            let token = "Authorization: Bearer \(try door.directory.loadToken())"
            _ = door.calls
            for fields in [[Self.host], [Self.host, wrong], [Self.host, token]] {
                let answer = try door.send("GET /dashboard/", fields: fields)
                #expect(answer.status == 401 && answer.body.contains("valence-node dashboard"))
            }
            #expect(door.calls.isEmpty)
            let foreign = try door.send("GET /dashboard/", fields: ["Host: example.org", cookie])
            #expect(foreign.status == 403)
            let origin = "Origin: http://example.org"
            let other = try door.send("GET /dashboard/", fields: [Self.host, cookie, origin])
            #expect(other.status == 403)
            #expect(
                try door.send("POST /dashboard/", fields: [Self.host, cookie], body: "").status
                    == 405
            )
        }
    }

    @Test(
        "a session ends with the token that asked for it, and a token may not ask without the scope"
    )
    func ended() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let made = try door.token(.read)
            let text = made["token"]?.string ?? ""
            let cookie = try Self.cookie(door, fields: door.fields(text))
            #expect(try door.send("GET /dashboard/", fields: [Self.host, cookie]).status == 200)
            let id = made["id"]?.string ?? ""
            #expect(try door.send("POST /v1/tokens/\(id)/revoke", body: "").status == 200)
            #expect(try door.send("GET /dashboard/", fields: [Self.host, cookie]).status == 401)
            #expect(
                try door.send("POST /v1/dashboard/links", fields: [Self.host], body: "{}").status
                    == 401
            )
            let more = try door.send("POST /v1/dashboard/links", body: #"{"a":1}"#)
            #expect(try more.status == 400 && more.json()["code"]?.string == "bad_request")
        }
    }

    @Test("every answer below /dashboard says what a browser may do with it")
    func headers() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let cookie = try Self.cookie(door)
            for path in ["", "style.css", "live.js", "icon.svg", "enter?key=x", "proposals/x"] {
                let answer = try door.send("GET /dashboard/\(path)", fields: [Self.host, cookie])
                let policy = try #require(answer.field("Content-Security-Policy"))
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'"))
                #expect(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"))
                #expect(answer.field("X-Content-Type-Options") == "nosniff")
                #expect(answer.field("Referrer-Policy") == "no-referrer")
                #expect(answer.field("Cache-Control") == "no-store")
            }
        }
    }

    @Test("the command prints the link, and how it is reached from another machine")
    func command() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let printed = try await door.run(["dashboard"])
            let url = try #require(printed.data.first)
            #expect(printed.data.count == 1)
            #expect(
                printed.talk.contains {
                    $0.contains("ssh -N -L \(door.port):127.0.0.1:\(door.port) ")
                }
            )
            let path = url.dropFirst("http://127.0.0.1:\(door.port)".count)
            #expect(try door.send("GET \(path)", fields: [Self.host]).status == 200)
            let json = try await door.run(["dashboard", "--json"]).json()
            #expect(
                json["seconds"]?.integer == 60 && json["forward"]?.string?.hasPrefix("ssh ") == true
            )
        }
    }
}
