import Doors
package import Primitives

/// The node behind an MCP server: it performs operations of the table.
package protocol MCPNode: Sendable {
    /// Performs an operation.
    ///
    /// - Parameters:
    ///   - operation: its name.
    ///   - arguments: an object, as the caller gave it.
    /// - Returns: what came of it; arguments that are not well formed are a problem, too.
    func perform(_ operation: String, _ arguments: JSONValue) async -> MCPOutcome
}

/// What came of an operation.
package enum MCPOutcome: Sendable, Equatable {
    /// It succeeded.
    case answer(JSONValue)
    /// It succeeded, with the bytes of an artefact.
    case bytes([UInt8], sha256: ContentHash)
    /// It did not; a problem document (RFC 9457).
    case problem(JSONValue)

    /// A problem of a door, before the node was asked.
    package static func problem(_ status: Int, _ code: String, _ detail: String) -> MCPOutcome {
        .problem(Problem(status: status, code: code, detail: detail).shown)
    }
}

extension Caller {
    /// What keeps the caller from an operation; nil when nothing does.
    func obstacle(to operation: Doors.Operation) -> MCPOutcome? {
        guard !self.may(operation.scope) else { return nil }
        let name = operation.scope.rawValue
        return .problem(
            403,
            "scope",
            "\(operation.name) needs a token with the scope `\(name)`; ask the operator of the node for one, made "
                + "with `valence-node token new --scope \(name)`"
        )
    }
}
