import Doors
import Primitives
import Testing

@testable import MCP

@Suite("MCP: what comes as a message")
struct FramingTests {
    private let client = Client(server: MCPServer(Cups.operations, version: "1", secret: 1))
    private let none = MCPHeaders(version: nil, method: nil, name: nil)

    @Test(
        "what is no message has a code, and its id where that can be made out",
        arguments: [
            ("{", -32_700, nil), ("", -32_700, nil), ("nonsense", -32_700, nil),
            ("[]", -32_600, nil), (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32_600, nil),
            ("7", -32_600, nil), (#"{"id":5}"#, -32_600, 5),
            (#"{"jsonrpc":"1.0","id":5,"method":"ping"}"#, -32_600, 5),
            (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32_600, nil),
            (#"{"jsonrpc":"2.0","id":5,"method":"ping","params":[]}"#, -32_602, 5),
            (#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"limit":1.5}}"#, -32_602, 5),
            (#"{"params":{"id":3,"x":1e3},"id":5,"method":"ping"}"#, -32_602, 5),
            (#"{"id":5,"x":1.0"#, -32_700, nil),
        ] as [(String, Int64, Int64?)]
    )
    func malformed(text: String, code: Int64, id: Int64?) async throws {
        let (answer, status) = try await self.client.send(Array(text.utf8), self.none)
        #expect(answer["error"]?["code"]?.integer == code && status == 400)
        #expect(answer["id"]?.integer == id)
        #expect(answer["jsonrpc"]?.string == "2.0")
    }

    @Test("a notification has no answer, known or not")
    func notifications() async {
        for method in ["notifications/initialized", "notifications/cancelled", "nonsense"] {
            let text = #"{"jsonrpc":"2.0","method":"\#(method)"}"#
            let reply = await self.client.server.reply(
                to: Array(text.utf8),
                headers: self.none,
                from: .nobody,
                at: StandIn()
            )
            guard case .nothing = reply else {
                Issue.record("\(method) was answered")
                continue
            }
        }
    }

    @Test("what a caller wrote is repeated in few words, without what one does not see")
    func echo() async throws {
        let method = String(repeating: "x", count: 10_000) + "\u{202E}"
        let answer = try await self.client.legacy(method)
        let message = try #require(answer["error"]?["message"]?.string)
        #expect(message.utf8.count < 200 && !message.contains("\u{202E}"))
    }

    @Test("unknown tools and resources are errors of the protocol, with the code of the era")
    func unknown() async throws {
        let tool = try await self.client.modern("tools/call", [("name", .string("tea"))])
        #expect(tool["error"]?["code"]?.integer == -32_602)
        for uri in ["valence://tea", "valence://cups/", "file:///etc/passwd", "valence://cups/x/y"]
        {
            let modern = try await self.client.modern("resources/read", [("uri", .string(uri))])
            #expect(modern["error"]?["code"]?.integer == -32_602, "\(uri)")
            let legacy = try await self.client.legacy("resources/read", [("uri", .string(uri))])
            #expect(legacy["error"]?["code"]?.integer == -32_002, "\(uri)")
        }
    }
}
