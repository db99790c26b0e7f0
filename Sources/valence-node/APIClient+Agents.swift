import HTTPTypes
import MCP
import Primitives

extension APIClient {
    /// Hands the node a message of an agent, and its answers on as they come.
    ///
    /// - Parameters:
    ///   - message: one message of MCP.
    ///   - headers: what HTTP says of it.
    ///   - isEndless: whether answers come until the caller or the node ends.
    ///   - take: called with each answer.
    /// - Throws: ``CommandFailure`` when there is no node, or none that answers.
    func agent(
        _ message: [UInt8],
        _ headers: MCPHeaders,
        isEndless: Bool,
        _ take: @escaping @Sendable ([UInt8]) async -> Void
    ) async throws {
        var request = self.request(.post, "/mcp", .bytes(message))
        request.headerFields[.contentType] = "application/json"
        request.headerFields[.accept] = "application/json, text/event-stream"
        for (name, value) in headers.fields {
            if let name = HTTPField.Name(name) { request.headerFields[name] = value }
        }
        let connection = self.connection(isEndless ? nil : Self.workingTime)
        do {
            try await connection.exchange(request, .bytes(message)) { head, pieces in
                try await Self.hand(on: head, pieces, to: take)
            }
        } catch is LocalConnection.Broken {
            throw Self.ended
        }
    }

    private static func hand(
        on head: HTTPResponse,
        _ pieces: LocalAnswer,
        to take: @Sendable ([UInt8]) async -> Void
    ) async throws {
        guard head.headerFields[.server] == "valence-node" else { throw Self.stranger }
        if head.headerFields[.contentType]?.hasPrefix("text/event-stream") == true {
            var events = EventLines()
            for try await piece in pieces {
                for event in events.take(piece) { await take(event.data) }
            }
            return
        }
        var whole: [UInt8] = []
        for try await piece in pieces { whole += piece }
        guard head.headerFields[.contentType]?.hasSuffix("problem+json") != true else {
            throw Self.failure(head.status.code, try Self.parse(whole))
        }
        if !whole.isEmpty { await take(whole) }
    }
}
