import ArgumentParser
import MCP
import Node
import Primitives

/// The command `valence-node mcp`.
///
/// It is a wire between a host of agents and the node: each line goes to the node's `/mcp`, and what that answers
/// comes back as a line. So there is one server, whichever way a client comes.
struct MCPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mcp",
        abstract: "Let an agent use the running node over MCP on standard input and output.",
        discussion: """
            For the configuration of a host of agents, which starts it. It speaks the revisions 2026-07-28 and \
            2025-11-25 of the Model Context Protocol, and ends with its input.

            Example: valence-node mcp --data-dir ~/.valence
            In a host: {"mcpServers":{"valence":{"command":"valence-node","args":["mcp"]}}}
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = try self.common.client()
        // A host shows what is said now; later it would wait for an answer.
        _ = try await client.call("brief_status")
        try await MCPBridge(client: client).run()
    }
}
