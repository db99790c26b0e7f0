import Doors
import Primitives

// JSON Schema in few words: what stands in the context of a model.
extension Schema {
    /// What a tool takes.
    static func toolInput(_ properties: [Property]) -> JSONValue {
        .object(Self.inputMembers(properties) + [("additionalProperties", .bool(false))])
    }

    private var toolInput: JSONValue { .object(self.inputMembers) }

    private var inputMembers: [(String, JSONValue)] {
        switch self {
        case .nullable(let inner): return inner.inputMembers
        case .choice(let names): return [("enum", .array(names.map { .string($0) }))]
        case .text(let form):
            // The name of the argument says base64; the pattern would take the place of three arguments.
            let shown = form == .base64 ? nil : form.pattern
            let pattern = shown.map { [("pattern", JSONValue.string($0))] } ?? []
            return [("type", .string("string"))] + pattern
        case .integer(let range, _):
            var members: [(String, JSONValue)] = [("type", .string("integer"))]
            if range.lowerBound > -Self.numberMax {
                members.append(("minimum", .integer(range.lowerBound)))
            }
            if range.upperBound < Self.numberMax {
                members.append(("maximum", .integer(range.upperBound)))
            }
            return members
        case .boolean: return [("type", .string("boolean"))]
        case .list(let inner, let max):
            return [("type", .string("array")), ("items", inner.toolInput)]
                + (max.map { [("maxItems", .integer(Int64($0)))] } ?? [])
        case .object(let properties):
            return Self.inputMembers(properties)
        case .record(let record): return Self.inputMembers(record.properties)
        case .map(let inner):
            return [("type", .string("object")), ("additionalProperties", inner.toolInput)]
        // Arguments have one form each.
        case .anyOf, .anything: return []
        }
    }

    private static let numberMax: Int64 = 9_007_199_254_740_991

    private static func inputMembers(_ properties: [Property]) -> [(String, JSONValue)] {
        let shown = properties.map { property in
            let words: [(String, JSONValue)] = [("description", .string(property.about))]
            let standard = Self.standard(of: property).map { [("default", $0)] } ?? []
            return (
                property.name, JSONValue.object(words + standard + property.schema.inputMembers)
            )
        }
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        return [("type", .string("object")), ("properties", .object(shown))]
            + (required.isEmpty ? [] : [("required", .array(required))])
    }

    private static func standard(of property: Property) -> JSONValue? {
        guard let standard = property.standard else { return nil }
        return property.name == "limit" ? .integer(MCPLimits.listedStandard) : standard
    }

    /// What a tool answers with: the names of its members and their kinds.
    ///
    /// Nothing is required: a page has some members, and what has no value is left out.
    func toolOutput(hasPages: Bool) -> JSONValue {
        // What a dry run tells instead would take as much room again; no member is forbidden.
        if case .anyOf(let schemas) = self, let usual = schemas.first {
            return usual.toolOutput(hasPages: hasPages)
        }
        let properties = self.properties.map { ($0.name, $0.schema.outputKind) }
        let cursor = ("next_cursor", JSONValue.object([("type", .string("string"))]))
        let isThere = !hasPages || properties.contains { $0.0 == cursor.0 }
        return .object([
            ("type", .string("object")),
            ("properties", .object(properties + (isThere ? [] : [cursor]))),
        ])
    }

    private var outputKind: JSONValue {
        switch self {
        case .nullable(let inner): inner.outputKind
        case .text, .choice: .object([("type", .string("string"))])
        case .integer: .object([("type", .string("integer"))])
        case .boolean: .object([("type", .string("boolean"))])
        case .list: .object([("type", .string("array"))])
        case .object, .record, .map, .anyOf: .object([("type", .string("object"))])
        case .anything: .emptyObject
        }
    }
}
