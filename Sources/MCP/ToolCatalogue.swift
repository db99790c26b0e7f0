package import Doors
import Primitives

/// The tools of a node: those operations that say how agents meet them.
package struct ToolCatalogue: Sendable {
    /// The operations, in the order of the table.
    package let operations: [Doors.Operation]
    /// Operations that would have been tools too many, or in too many words.
    package let leftOut: [Doors.Operation]
    /// What `tools/list` tells.
    let list: JSONValue

    /// Chooses the tools; the first ones of the table have precedence, so that what is plugged in cannot displace
    /// what every node has.
    package init(_ all: [Doors.Operation]) {
        var chosen: [Doors.Operation] = []
        var leftOut: [Doors.Operation] = []
        var shown: [JSONValue] = []
        var bytes = 0
        for operation in all where operation.tool != nil {
            let tool = operation.toolDescription
            let size = tool.canonicalBytes().count + 1
            let isFull =
                chosen.count == MCPLimits.toolsMax
                || bytes + size > MCPLimits.toolListBytesMax - Self.frameBytes
            if isFull {
                leftOut.append(operation)
            } else {
                chosen.append(operation)
                shown.append(tool)
                bytes += size
            }
        }
        self.operations = chosen
        self.leftOut = leftOut
        self.list = .array(shown)
    }

    /// What stands around the tools in an answer, with the name of this software.
    ///
    /// Source: own choice: it is counted in a test.
    private static let frameBytes = 512

    /// The tool of a name.
    func tool(named name: String) -> Doors.Operation? {
        self.operations.first { $0.name.utf8.elementsEqual(name.utf8) }
    }
}

extension Doors.Operation {
    /// Whether its own arguments say which part of a list is wanted.
    var hasPages: Bool {
        let names = self.arguments.map(\.property.name)
        return names.contains("cursor") && names.contains("limit")
    }

    /// The description of the tool.
    var toolDescription: JSONValue {
        .object([
            ("name", .string(self.name)), ("title", .string(self.tool?.title ?? self.name)),
            ("description", .string(self.summary)), ("inputSchema", self.toolInput),
            ("outputSchema", self.toolOutput), ("annotations", self.toolAnnotations),
        ])
    }

    private var toolAnnotations: JSONValue {
        let isRead = self.kind == .read
        return .object([
            ("readOnlyHint", .bool(isRead)),
            ("destructiveHint", .bool(self.tool?.isDestructive ?? false)),
            ("idempotentHint", .bool(isRead || self.tool?.isIdempotent ?? false)),
            // Acts go out to the network, and most reads bring in what others wrote.
            ("openWorldHint", .bool(!isRead || self.bringsForeignText)),
        ])
    }

    private var bringsForeignText: Bool {
        switch self.answer {
        case .bytes: true
        case .text: false
        case .json(let schema): schema.hasForeignText
        case .events(let schemas): schemas.contains(where: \.hasForeignText)
        }
    }

    private var toolInput: JSONValue {
        var properties = self.arguments.map(\.property)
        if self.kind == .read, !self.hasPages { properties.append(.toolCursor) }
        return Schema.toolInput(properties)
    }

    private var toolOutput: JSONValue {
        let hasPages = self.kind == .read
        return switch self.answer {
        case .bytes: Schema.object(ToolBytes.properties).toolOutput(hasPages: hasPages)
        case .json(let schema): schema.toolOutput(hasPages: hasPages)
        // A stream is no result of a tool; whoever wants it subscribes. What programs read is none either.
        case .events, .text: Schema.anything.toolOutput(hasPages: hasPages)
        }
    }
}

extension Property {
    /// Where a long answer goes on, for operations whose own arguments do not say.
    fileprivate static let toolCursor = Property.optional(
        "cursor",
        "`next_cursor` of the part before.",
        .text
    )
}
