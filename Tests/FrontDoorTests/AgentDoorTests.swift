import Almanac
import Doors
import LocalAPI
import Messages
import Primitives
import Synchronization
import Testing

@testable import Node
@testable import valence_node

@Suite("Agents at the door", .serialized)
struct AgentDoorTests {
    private static let fine = APIResponse(.object([("counts", .array([]))]))

    private static func message(_ method: String, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#
    }

    @Test("ADR 0055: what is plugged in is a tool from its own folder, and is called as one")
    func pluggedIn() async throws {
        try await StandIn.with(
            extensions: Almanac.extensions,
            answering: { _ in Self.fine }
        ) { door in
            let listed = try door.send("POST /mcp", body: Self.message("tools/list")).json()
            let names = (listed["result"]?["tools"]?.elements ?? []).compactMap {
                $0["name"]?.string
            }
            #expect(names.contains("almanac") && names.contains("vote"))
            let params = #"{"name":"almanac","arguments":{"limit":3}}"#
            let called = try door.send("POST /mcp", body: Self.message("tools/call", params)).json()
            #expect(called["result"]?["structuredContent"]?["counts"] == .array([]))
            let arguments = JSONValue.object([("limit", .integer(3))])
            #expect(door.calls == [.plugged("almanac", arguments)])
        }
    }

    @Test("only POST is served; a notification is taken without a body")
    func methods() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            for method in ["GET", "DELETE", "PUT"] {
                let answer = try door.send("\(method) /mcp")
                #expect(answer.status == 405 && answer.field("Allow") == "POST")
            }
            let note = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
            let taken = try door.send("POST /mcp", body: note)
            #expect(taken.status == 202 && taken.body.isEmpty)
            let batch = try door.send("POST /mcp", body: "[]")
            #expect(batch.status == 400)
        }
    }

    @Test("strangers are kept out as at every other place: no token, another host, another's page")
    func strangers() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let token = try "Authorization: Bearer \(door.directory.loadToken())"
            for (fields, status) in [
                (["Host: 127.0.0.1"], 401), (["Host: evil.example", token], 403),
                (["Host: 127.0.0.1", token, "Origin: http://evil.example"], 403),
            ] {
                let body = Self.message("tools/list")
                let answer = try door.send("POST /mcp", fields: fields, body: body)
                #expect(answer.status == status && door.calls.isEmpty)
            }
        }
    }

    @Test("wrong arguments of a tool do not reach the node, and are told by name")
    func arguments() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let params = #"{"name":"vote","arguments":{"id":"x","stance":"maybe"}}"#
            let answer = try door.send("POST /mcp", body: Self.message("tools/call", params)).json()
            #expect(answer["result"]?["isError"]?.bool == true && door.calls.isEmpty)
            let problem = answer["result"]?["structuredContent"]
            #expect(problem?["code"]?.string == "bad_request")
            #expect(problem?["detail"]?.string?.contains("`id`") == true)
        }
    }

    @Test("a listener is told after events; nothing is read before; its stream ends with its token")
    func listening() async throws {
        let looks = Mutex(0)
        let answers: @Sendable (APICall) -> APIResponse = { _ in
            let look = looks.withLock { count in
                count += 1
                return count
            }
            return APIResponse(.object([("look", .integer(Int64(look)))]))
        }
        try await StandIn.with(answering: answers) { door in
            let made = try door.token(.read)
            let (token, id) = (made["token"]?.string ?? "", made["id"]?.string ?? "")
            let stream = try EventReader(
                "/mcp",
                to: door,
                [
                    "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: subscriptions/listen",
                    "Accept: application/json, text/event-stream",
                ],
                token: token,
                posting: Self.message("subscriptions/listen", Self.requestsWatched)
            )
            #expect(stream.read { $0.text.contains("subscriptions/acknowledged") })
            try await Task.sleep(for: .seconds(2))
            #expect(looks.withLock { $0 } == 1)
            door.tell(.at(1))
            #expect(stream.read { $0.text.contains("notifications/resources/updated") })
            #expect(looks.withLock { $0 } == 2)
            _ = try door.send("POST /v1/tokens/\(id)/revoke", body: "")
            #expect(stream.read(seconds: 30) { $0.isWhole })
            #expect(stream.text.contains(#""resultType":"complete""#))
        }
    }

    private static let requestsWatched = """
        {"notifications":{"resourceSubscriptions":["valence://requests"]},"_meta":{\
        "io.modelcontextprotocol/protocolVersion":"2026-07-28",\
        "io.modelcontextprotocol/clientCapabilities":{}}}
        """
}
