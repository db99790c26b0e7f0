import Primitives

// How settings are written: in config.toml, in JSON, and as a schema.

extension Setting {
    /// A value as it stands in config.toml; nothing where nobody set it.
    func written(_ words: [String]) -> String {
        guard !words.isEmpty || self.isList else { return "" }
        return String(decoding: self.json(words).canonicalBytes(), as: UTF8.self)
    }

    /// A value in JSON; null where nobody set it.
    func json(_ words: [String]) -> JSONValue {
        if self.isList { return .array(words.map { .string($0) }) }
        guard let word = words.first else { return .null }
        switch self.kind {
        case .flag: return Self.flag(word).map { .bool($0) } ?? .null
        case .number: return Int64(word).map { .integer($0) } ?? .string(word)
        case .text, .list, .choice, .bytes: return .string(word)
        }
    }

    /// The JSON Schema of config.toml, of the edition 2020-12.
    static var schema: JSONValue {
        .object([
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("config.toml of a Valence node")),
            ("type", .string("object")),
            ("additionalProperties", .bool(false)),
            ("properties", .object(Self.all.map { ($0.name, $0.property) })),
        ])
    }

    private var property: JSONValue {
        var members = self.form
        members.append(("description", .string(self.about)))
        let standard = self.json(Profile.builtIn(self) ?? [])
        if Profile.builtIn(self) != nil { members.append(("default", standard)) }
        return .object(members)
    }

    private var form: [(String, JSONValue)] {
        let text: JSONValue = .string("string")
        switch self.kind {
        case .text: return [("type", text)]
        case .list: return [("type", .string("array")), ("items", .object([("type", text)]))]
        case .flag: return [("type", .string("boolean"))]
        case .choice(let words): return [("enum", .array(words.map { .string($0) }))]
        case .number(_, let range):
            return [
                ("type", .string("integer")), ("minimum", .integer(range.lowerBound)),
                ("maximum", .integer(range.upperBound)),
            ]
        case .bytes:
            return [
                ("type", .array([text, .string("integer")])),
                ("pattern", .string("^[0-9]+ ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$")),
            ]
        }
    }
}
