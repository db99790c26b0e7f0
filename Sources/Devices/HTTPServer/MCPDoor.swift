import Doors
import HTTPTypes
import Hummingbird
import LocalAPI
import MCP
import Messages
import NIOCore
import Primitives

// Agents' door: what comes to /mcp is a message of the Model Context Protocol (ADR 0055).
extension HTTPServer {
    /// It is no operation of the table, and so it is not in the documents that follow from that.
    var agentRoute: Route {
        Route(operation: Self.agentOperation) { incoming in
            let node = NodeDesk(server: self, caller: incoming.caller, sent: try incoming.key)
            let bytes = try await incoming.jsonBytes()
            let reply = await self.agents.reply(
                to: bytes,
                headers: MCPHeaders(incoming.request),
                from: incoming.caller,
                at: node
            )
            switch reply {
            case .nothing: return Response(status: .accepted)
            case .answer(let message, let status):
                return Self.response(message, HTTPResponse.Status(code: status))
            case .stream(let subscription):
                return try self.stream(subscription, node, incoming)
            }
        }
    }

    private static let agentOperation = Operation(
        name: "mcp",
        kind: .act,
        scope: .read,
        path: "/mcp",
        summary: "Takes one message of the Model Context Protocol.",
        answer: .json(.map(.anything))
    )

    private static func response(_ message: JSONValue, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: message.canonicalBytes()))
        )
    }

    /// What is told as things change, until the caller goes, its token ends or the node stops.
    ///
    /// What is watched is looked at after each event, and from time to time, since some of it changes as time
    /// passes. What happens during a look and the pause after it is looked at together.
    private func stream(
        _ subscription: MCPSubscription,
        _ node: NodeDesk,
        _ incoming: IncomingRequest
    ) throws -> Response {
        let reader = try self.openReader(EventFilter(), incoming.context)
        let body = ResponseBody { writer in
            defer { self.readers.leave(reader) }
            var subscription = subscription
            // What changes from here on is told.
            _ = await subscription.look(at: node)
            try await writer.write(Self.event(subscription.opening))
            try await self.withPulse(of: reader, incoming) {
                while let pieces = await self.readers.next(for: reader) {
                    let changes = await subscription.look(at: node)
                    for change in changes { try await writer.write(Self.event(change)) }
                    // The sign of life that was due, as nothing else was written.
                    if changes.isEmpty, pieces.contains(where: { $0.sequence == nil }) {
                        try await writer.write(EventReaders.Piece.pulse.bytes)
                    }
                    try await Task.sleep(for: HTTPLimits.lookPause)
                }
            }
            try await writer.write(Self.event(subscription.closing))
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: Self.eventHeaders, body: body)
    }

    private static func event(_ message: JSONValue) -> ByteBuffer {
        let text = String(decoding: message.canonicalBytes(), as: UTF8.self)
        return ByteBuffer(string: "event: message\ndata: \(text)\n\n")
    }
}

/// Performs operations for agents, through the same table as all routes.
private struct NodeDesk: MCPNode {
    let server: HTTPServer
    let caller: Caller
    /// What an act is recognised by when its message comes again (ADR 0060).
    let sent: SentKey?

    func perform(_ operation: String, _ arguments: JSONValue) async -> MCPOutcome {
        switch await self.server.perform(
            named: operation,
            arguments,
            scope: self.caller.scope,
            self.sent
        ) {
        case .refused(let refusal): return .problem(refusal.problem.shown)
        case .answered(let answer, let call, let operation):
            if answer.status >= 400 { return .problem(answer.body) }
            guard let artefact = answer.artefact(of: call, operation) else {
                return .answer(answer.body)
            }
            return await Self.outcome(artefact)
        }
    }

    private static func outcome(_ artefact: APIArtefact) async -> MCPOutcome {
        let bytesMax = MCPLimits.resourceBytesMax
        do {
            switch artefact.source {
            case .bytes(let bytes) where bytes.count > bytesMax: return Self.tooLarge(bytes.count)
            case .bytes(let bytes): return .bytes(bytes, sha256: artefact.hash)
            case .file(let path):
                let bytes = try await ArtefactFile.read(path, bytesMax: bytesMax)
                return .bytes(bytes, sha256: artefact.hash)
            }
        } catch ArtefactFile.Failure.tooLarge(let bytes) {
            return Self.tooLarge(bytes)
        } catch {
            return .problem(500, "content_unavailable", "the artefact cannot be read from disk")
        }
    }

    private static func tooLarge(_ bytes: Int) -> MCPOutcome {
        .problem(
            413,
            "too_large",
            "the artefact has \(bytes) bytes, more than the \(MCPLimits.resourceBytesMax) that are sent here; "
                + "`valence-node content fetch` puts it into a file"
        )
    }
}

extension MCPHeaders {
    /// The fields of a request.
    fileprivate init(_ request: Request) {
        func field(_ name: String) -> String? {
            HTTPField.Name(name).flatMap { request.headers[$0] }
        }
        self.init(
            version: field("MCP-Protocol-Version"),
            method: field("Mcp-Method"),
            name: field("Mcp-Name")
        )
    }
}
