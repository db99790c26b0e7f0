package import Primitives

// JSON Schema 2020-12.
extension Schema {
    /// Whether a document names records or holds them where they are used.
    package enum References: Sendable {
        /// `$ref` into the components of an OpenAPI document.
        case components
        /// None: the schema stands alone, as tools have it.
        case none
    }

    /// The schema as JSON.
    package func json(_ references: References) -> JSONValue {
        .object(self.members(references))
    }

    private func members(_ references: References) -> [(String, JSONValue)] {
        switch self {
        case .text(let form):
            return [("type", .string("string"))]
                + (form.pattern.map { [("pattern", .string($0))] } ?? [])
        case .choice(let names):
            return [
                ("type", .string("string")), ("enum", .array(names.map { .string($0) })),
            ]
        case .integer(let range, let unit):
            return [
                ("type", .string("integer")), ("minimum", .integer(range.lowerBound)),
                ("maximum", .integer(range.upperBound)),
            ] + (unit.map { [("format", .string($0))] } ?? [])
        case .boolean: return [("type", .string("boolean"))]
        case .list(let schema, let max):
            return [("type", .string("array")), ("items", schema.json(references))]
                + (max.map { [("maxItems", .integer(Int64($0)))] } ?? [])
        case .object(let properties):
            return Self.members(properties, references) + [("additionalProperties", .bool(false))]
        case .map(let schema):
            return [
                ("type", .string("object")), ("additionalProperties", schema.json(references)),
            ]
        case .nullable(let schema):
            let nothing = JSONValue.object([("type", .string("null"))])
            return [("anyOf", .array([schema.json(references), nothing]))]
        case .record(let record):
            guard references == .none else {
                return [("$ref", .string("#/components/schemas/\(record.name)"))]
            }
            return record.members(references)
        case .anyOf(let schemas):
            return [
                ("type", .string("object")),
                ("anyOf", .array(schemas.map { $0.json(references) })),
            ]
        case .anything: return []
        }
    }

    fileprivate static func members(_ properties: [Property], _ references: References)
        -> [(String, JSONValue)]
    {
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        return [
            ("type", .string("object")),
            ("properties", .object(properties.map { ($0.name, $0.json(references)) })),
        ] + (required.isEmpty ? [] : [("required", .array(required))])
    }

    /// All records that the schema refers to, itself included.
    package var records: [RecordSchema] {
        switch self {
        case .record(let record): [record] + record.properties.flatMap(\.schema.records)
        case .object(let properties): properties.flatMap(\.schema.records)
        case .list(let schema, _), .map(let schema), .nullable(let schema): schema.records
        case .anyOf(let schemas): schemas.flatMap(\.records)
        case .text, .choice, .integer, .boolean, .anything: []
        }
    }
}

extension RecordSchema {
    /// The record as JSON.
    ///
    /// Members may be added to answers later, so that others are not forbidden.
    package func json(_ references: Schema.References) -> JSONValue {
        .object(self.members(references))
    }

    fileprivate func members(_ references: Schema.References) -> [(String, JSONValue)] {
        [("description", .string(self.about))] + Schema.members(self.properties, references)
    }
}

extension Property {
    /// The schema of the value with its words and what it is by default.
    fileprivate func json(_ references: Schema.References) -> JSONValue {
        let schema = self.schema.json(references).members ?? []
        let words: [(String, JSONValue)] = [("description", .string(self.about))]
        let standard = self.standard.map { [("default", $0)] } ?? []
        return .object((words + standard).map(JSONMember.init) + schema)
    }
}
