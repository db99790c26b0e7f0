import Doors
import Primitives

/// Reads one resource.
struct ResourceRead {
    let uri: String
    let era: MCPEra
    let caller: Caller
    let secret: UInt64

    /// The content of a resource that an operation tells.
    func contents(_ match: ResourceCatalogue.Match, at node: some MCPNode) async throws(RPCError)
        -> JSONValue
    {
        if let obstacle = self.caller.obstacle(to: match.operation) { throw self.error(obstacle) }
        let outcome = await node.perform(match.operation.name, match.arguments)
        switch (outcome, match.operation.answer) {
        case (.bytes(let bytes, _), _): return try self.contents(bytes)
        case (.answer(let value), .json(let schema)):
            let fenced = await ToolCall.fenced(value, schema, at: node)
            let fence = Fence(around: value.canonicalBytes(), secret: self.secret)
            let text = fence.shown(fenced).canonicalBytes()
            return try self.contents(
                "application/json",
                String(decoding: text, as: UTF8.self),
                bytes: text.count
            )
        case (.answer(let value), _):
            return try self.contents(value.canonicalBytes())
        case (.problem, _): throw self.error(outcome)
        }
    }

    /// An artefact: text is fenced, all else is as it is.
    private func contents(_ bytes: [UInt8]) throws(RPCError) -> JSONValue {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            try self.check(bytes.count)
            return self.contents([
                ("mimeType", .string("application/octet-stream")),
                ("blob", .string(Base64.encode(bytes))),
            ])
        }
        let fence = Fence(around: bytes, secret: self.secret)
        let shown = "\(fence.note)\n\(fence.around(CleanText.cleaned(text), by: nil))"
        return try self.contents("text/plain", shown, bytes: bytes.count)
    }

    private func contents(_ type: String, _ text: String, bytes: Int) throws(RPCError) -> JSONValue
    {
        try self.check(bytes)
        return self.contents([("mimeType", .string(type)), ("text", .string(text))])
    }

    private func contents(_ members: [(String, JSONValue)]) -> JSONValue {
        let content = JSONValue.object([("uri", .string(self.uri))] + members)
        return .object([("contents", .array([content]))])
    }

    private func check(_ count: Int) throws(RPCError) {
        guard count > MCPLimits.resourceBytesMax else { return }
        throw RPCError(
            code: 413,
            message:
                "the resource has \(count) bytes, more than the \(MCPLimits.resourceBytesMax) that are sent; "
                + "use a tool, which tells it page by page",
            status: 200
        )
    }

    private func error(_ outcome: MCPOutcome) -> RPCError {
        guard case .problem(let problem) = outcome else { return .failed("no answer") }
        let status = problem["status"]?.integer ?? 500
        // An id that is none, and one that is unknown here.
        if status == 400 || status == 404 { return .unknownResource(self.uri, in: self.era) }
        let fence = Fence(around: problem.canonicalBytes(), secret: self.secret)
        let shown = fence.shown(FencedValue(problem, Problem.schema, scores: [:]))
        return RPCError(
            code: status,
            message: shown["detail"]?.string ?? "the resource cannot be read",
            status: 200,
            data: shown
        )
    }
}
