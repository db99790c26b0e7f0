import Doors
import Primitives
import Testing

@testable import MCP

@Suite("MCP: two eras at one door")
struct EraTests {
    private let client = Client(server: MCPServer(Cups.operations, version: "1.2.3", secret: 1))

    @Test(
        "a request of today says its revision, and is told who answers, for how long, and to whom"
    )
    func modern() async throws {
        let answer = try await self.client.modern("server/discover")
        let result = try #require(answer["result"])
        #expect(result["supportedVersions"]?.elements?.first?.string == "2026-07-28")
        #expect(result["resultType"]?.string == "complete")
        #expect(result["ttlMs"]?.integer == 300_000 && result["cacheScope"]?.string == "private")
        #expect(result["_meta"]?[MCPEra.serverKey]?["version"]?.string == "1.2.3")
        let extensions = result["capabilities"]?["extensions"]
        #expect(extensions?["io.modelcontextprotocol/skills"] == .emptyObject)
    }

    @Test("a handshake is answered with the revision that was asked for, or the newest of its era")
    func handshake() async throws {
        for (asked, given) in [
            ("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"),
            ("2024-11-05", "2025-11-25"), ("2026-07-28", "2025-11-25"),
        ] {
            let answer = try await self.client.legacy(
                "initialize",
                [("protocolVersion", .string(asked)), ("capabilities", .emptyObject)]
            )
            #expect(answer["result"]?["protocolVersion"]?.string == given)
            #expect(answer["result"]?["serverInfo"]?["name"]?.string == "valence-node")
            #expect(answer["result"]?["resultType"] == nil)
        }
        #expect(try await self.client.legacy("ping")["result"] == .emptyObject)
    }

    @Test("what belongs to one era is unknown in the other")
    func otherEra() async throws {
        for method in ["initialize", "ping", "logging/setLevel", "resources/subscribe"] {
            let answer = try await self.client.modern(method)
            #expect(answer["error"]?["code"]?.integer == -32_601, "\(method)")
        }
        let answer = try await self.client.legacy("skills/list")
        #expect(answer["error"]?["code"]?.integer == -32_601)
    }

    @Test("a request of today that lacks what it must say is malformed, whatever else it says")
    func meta() async throws {
        let headers = MCPHeaders(version: "2026-07-28", method: "server/discover", name: nil)
        for meta in [
            JSONValue.emptyObject, .object([(MCPEra.versionKey, .string("2026-07-28"))]),
            .object([(MCPEra.capabilitiesKey, .emptyObject)]), .null,
        ] {
            let message = Client.message("server/discover", [("_meta", meta)])
            let (answer, status) = try await self.client.send(message, headers)
            #expect(status == 400 && answer["error"]?["code"]?.integer == -32_602)
            #expect(answer["id"]?.integer == 7)
        }
    }

    @Test("another revision is refused with those that are spoken")
    func version() async throws {
        let meta = JSONValue.object([
            (MCPEra.versionKey, .string("v9")), (MCPEra.capabilitiesKey, .emptyObject),
        ])
        let message = Client.message("tools/list", [("_meta", meta)])
        let (answer, status) = try await self.client.send(message, MCPHeaders(for: message))
        #expect(status == 400 && answer["error"]?["code"]?.integer == -32_022)
        #expect(answer["error"]?["data"]?["requested"]?.string == "v9")
        let supported = answer["error"]?["data"]?["supported"]?.elements?.compactMap(\.string)
        #expect(supported == ["2026-07-28", "2025-11-25", "2025-06-18"])
    }

    @Test("headers that are missing or differ from the body are a mismatch; encoded names are read")
    func headers() async throws {
        let params: [(String, JSONValue)] = [
            ("name", .string("cups")), ("_meta", Client.meta),
        ]
        let message = Client.message("tools/call", params)
        let good = MCPHeaders(for: message)
        for headers in [
            MCPHeaders(version: nil, method: good.method, name: good.name),
            MCPHeaders(version: "2025-11-25", method: good.method, name: good.name),
            MCPHeaders(version: good.version, method: nil, name: good.name),
            MCPHeaders(version: good.version, method: "tools/list", name: good.name),
            MCPHeaders(version: good.version, method: "TOOLS/CALL", name: good.name),
            MCPHeaders(version: good.version, method: good.method, name: nil),
            MCPHeaders(version: good.version, method: good.method, name: "cup"),
            MCPHeaders(version: good.version, method: good.method, name: "=?base64?!?="),
        ] {
            let (answer, status) = try await self.client.send(message, headers)
            #expect(status == 400 && answer["error"]?["code"]?.integer == -32_020, "\(headers)")
        }
        let encoded = MCPHeaders(
            version: good.version,
            method: good.method,
            name: "=?base64?\(Base64.encode(Array("cups".utf8)))?="
        )
        #expect(try await self.client.send(message, encoded).status == 200)
    }

    @Test("a name that HTTP cannot carry as it is goes encoded, and one that looks so does, too")
    func encoding() {
        for (name, carried) in [
            ("cups", "cups"), ("Tasse \u{E9}", "=?base64?VGFzc2Ugw6k=?="),
            (" a", "=?base64?IGE=?="), ("=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?="),
        ] {
            let message = Client.message("tools/call", [("name", .string(name))])
            #expect(MCPHeaders(for: message).name == carried)
        }
    }
}
