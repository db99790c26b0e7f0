import Almanac
import Doors
import Foundation
import LocalAPI
import Messages
import Primitives
import Testing

@testable import MCP

@Suite("MCP: budgets")
struct BudgetTests {
    private static let own = Endpoints.all().map(\.operation)
    private static let plugged = Endpoints.all(with: Almanac.extensions).map(\.operation)

    @Test("all tools that operations name find room, with one that is plugged in")
    func room() {
        let named = Self.plugged.filter { $0.tool != nil }.map(\.name)
        let catalogue = ToolCatalogue(Self.plugged)
        #expect(catalogue.operations.map(\.name) == named && catalogue.leftOut.isEmpty)
        #expect(named.count <= MCPLimits.toolsMax && named.contains("almanac"))
    }

    @Test("the list of tools and the instructions are short, in both eras")
    func sizes() async throws {
        let client = Client(server: MCPServer(Self.plugged, version: "10.20.30", secret: 1))
        for answer in [
            try await client.modern("tools/list"), try await client.legacy("tools/list"),
        ] {
            let result = try #require(answer["result"])
            #expect(result.canonicalBytes().count <= MCPLimits.toolListBytesMax)
        }
        #expect(MCPInstructions.text.utf8.count <= MCPLimits.instructionsBytesMax)
    }

    @Test("what is plugged in beyond the room is left out, and displaces nothing")
    func surplus() {
        let more = (0..<20).map { number in
            Doors.Operation(
                name: "more_\(number)",
                kind: .read,
                scope: .read,
                path: "/v1/extensions/more\(number)",
                summary: String(repeating: "More. ", count: 50),
                answer: .json(.anything),
                tool: Tool("More")
            )
        }
        let catalogue = ToolCatalogue(Self.own + more)
        let named = Self.own.filter { $0.tool != nil }.map(\.name)
        #expect(Array(catalogue.operations.map(\.name).prefix(named.count)) == named)
        #expect(catalogue.operations.count <= MCPLimits.toolsMax)
        #expect(!catalogue.leftOut.isEmpty)
        #expect(catalogue.list.canonicalBytes().count <= MCPLimits.toolListBytesMax)
    }

    @Test("each tool says what it takes, what it answers with, and all four hints")
    func descriptions() throws {
        for operation in ToolCatalogue(Self.plugged).operations {
            let tool = operation.toolDescription
            #expect(tool["inputSchema"]?["type"]?.string == "object")
            #expect(tool["outputSchema"]?["type"]?.string == "object")
            let hints = try #require(tool["annotations"])
            #expect(hints["readOnlyHint"]?.bool == (operation.kind == .read))
            for hint in ["destructiveHint", "idempotentHint", "openWorldHint"] {
                #expect(hints[hint]?.bool != nil, "\(operation.name) lacks \(hint)")
            }
            #expect(operation.kind != .upload, "no message of MCP carries an artefact")
        }
    }

    @Test("docs/mcp.md names exactly the tools and resources of the table, in its words")
    func page() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appendingPathComponent("docs/mcp.md"),
            encoding: .utf8
        )
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        let tools = ToolCatalogue(Self.own).operations.map {
            "| `\($0.name)` | \($0.scope.rawValue) | \($0.summary) |"
        }
        let resources = Self.own.compactMap { operation in
            operation.resource.map {
                "| `\($0)` | \(operation.scope.rawValue) | \(operation.summary) |"
            }
        }
        #expect(rows == tools + resources, "\((tools + resources).joined(separator: "\n"))")
    }
}
