package import Primitives

// Schemas that plug-ins bring, written in the part of JSON Schema 2020-12 that the node checks itself.
extension Schema {
    /// Reads a schema.
    ///
    /// - Throws: which keyword is not understood; a rule that is not checked must not look as if it were.
    package init(reading value: JSONValue) throws(ArgumentFlaw) {
        try self.init(reading: value, at: "", depth: 0)
    }

    /// Deepest nesting of a schema.
    ///
    /// Source: own choice.
    private static let depthMax = 8

    private init(reading value: JSONValue, at path: String, depth: Int) throws(ArgumentFlaw) {
        guard let members = value.members, depth <= Self.depthMax else {
            throw ArgumentFlaw("the schema\(Self.place(path)) is no object, or too deep")
        }
        let words = Set(members.map(\.key)).subtracting(["description", "title", "default"])
        if let names = value["enum"]?.elements {
            try Self.check(words, ["type", "enum"], path)
            self = .choice(names.compactMap(\.string))
            guard case .choice(let texts) = self, !texts.isEmpty, texts.count == names.count else {
                throw ArgumentFlaw("`enum`\(Self.place(path)) is no list of texts")
            }
            return
        }
        if let choices = value["anyOf"]?.elements {
            try Self.check(words, ["anyOf"], path)
            guard choices.count == 2, choices[1]["type"]?.string == "null" else {
                throw ArgumentFlaw("`anyOf`\(Self.place(path)) is not a schema and then null")
            }
            self = .nullable(try Self(reading: choices[0], at: path, depth: depth + 1))
            return
        }
        switch value["type"]?.string {
        case nil where words.isEmpty: self = .anything
        case "string":
            try Self.check(words, ["type", "pattern"], path)
            self = .text(try Self.form(value["pattern"]?.string, path))
        case "integer":
            try Self.check(words, ["type", "minimum", "maximum"], path)
            let all = JSONLimits.integerMax
            let (low, high) = (
                value["minimum"]?.integer ?? -all, value["maximum"]?.integer ?? all
            )
            guard low <= high else { throw ArgumentFlaw("no number fits\(Self.place(path))") }
            self = .integer(low...high)
        case "boolean":
            try Self.check(words, ["type"], path)
            self = .boolean
        case "array":
            try Self.check(words, ["type", "items", "maxItems"], path)
            let items = try Self(
                reading: value["items"] ?? .emptyObject,
                at: "\(path)[]",
                depth: depth + 1
            )
            self = .list(items, max: value["maxItems"]?.integer.flatMap { Int(exactly: $0) })
        case "object":
            try Self.check(
                words,
                ["type", "properties", "required", "additionalProperties"],
                path
            )
            self = try Self.object(value, path, depth)
        default:
            throw ArgumentFlaw(
                "the schema\(Self.place(path)) has no known `type`: string, integer, boolean, array, object"
            )
        }
    }

    private static func object(_ value: JSONValue, _ path: String, _ depth: Int)
        throws(ArgumentFlaw) -> Schema
    {
        guard let members = value["properties"]?.members else {
            let others = value["additionalProperties"] ?? .emptyObject
            guard others.bool == nil else {
                return others.bool == true ? .map(.anything) : .object([])
            }
            return .map(try Self(reading: others, at: "\(path).*", depth: depth + 1))
        }
        guard value["additionalProperties"]?.bool != true else {
            throw ArgumentFlaw("others than `properties` cannot be allowed\(Self.place(path))")
        }
        let required = (value["required"]?.elements ?? []).compactMap(\.string)
        var properties: [Property] = []
        // Members of JSON have no order, and writers that hash them change it from run to run.
        for member in members.sorted(by: { $0.key < $1.key }) {
            let place = path.isEmpty ? member.key : "\(path).\(member.key)"
            properties.append(
                Property(
                    member.key,
                    member.value["description"]?.string ?? "",
                    try Self(reading: member.value, at: place, depth: depth + 1),
                    isRequired: required.contains(member.key),
                    standard: member.value["default"]
                )
            )
        }
        return .object(properties)
    }

    private static func form(_ pattern: String?, _ path: String) throws(ArgumentFlaw) -> TextForm {
        guard let pattern else { return .any }
        let forms: [TextForm] = [.id, .key, .signature, .base64, .decimal]
        guard let form = forms.first(where: { $0.pattern == pattern }) else {
            throw ArgumentFlaw("the `pattern`\(Self.place(path)) is none that the node checks")
        }
        return form
    }

    private static func check(_ words: Set<String>, _ known: Set<String>, _ path: String)
        throws(ArgumentFlaw)
    {
        guard let unknown = words.subtracting(known).min() else { return }
        throw ArgumentFlaw(
            "`\(unknown)`\(Self.place(path)) is a keyword that the node does not check"
        )
    }

    private static func place(_ path: String) -> String { path.isEmpty ? "" : " of `\(path)`" }
}
