import Almanac
import Doors
import LocalAPI
import Messages
import Primitives
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
}
