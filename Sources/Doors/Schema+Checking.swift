package import Primitives

// Whether a value is what a schema says, and what a caller is told when it is not.
extension Schema {
    /// What is wrong with a value: the member by its path, and what is allowed there; nil for nothing.
    package func flaw(of value: JSONValue, at path: String = "") -> String? {
        switch self {
        case .anything: return nil
        case .nullable(let schema): return value.isNull ? nil : schema.flaw(of: value, at: path)
        case .list(let schema, let max): return self.flaw(ofList: value, schema, max, at: path)
        case .object(let properties): return self.flaw(of: value, properties, at: path)
        case .record(let record): return self.flaw(of: value, record.properties, at: path)
        case .anyOf(let schemas):
            let flaws = schemas.map { $0.flaw(of: value, at: path) }
            return flaws.contains(nil) ? nil : flaws.lazy.compactMap(\.self).first
        case .map(let schema):
            guard let members = value.members else { return self.complaint(at: path) }
            return members.lazy.compactMap {
                schema.flaw(of: $0.value, at: Self.path(path, $0.key))
            }.first
        case .text(let form):
            return value.string.map(form.holds) == true ? nil : self.complaint(at: path)
        case .choice(let names):
            let isOne = value.string.map { text in
                names.contains { $0.utf8.elementsEqual(text.utf8) }
            }
            return isOne == true ? nil : self.complaint(at: path)
        case .integer(let range, _):
            return value.integer.map(range.contains) == true ? nil : self.complaint(at: path)
        case .boolean: return value.bool == nil ? self.complaint(at: path) : nil
        }
    }

    private func flaw(
        ofList value: JSONValue,
        _ schema: Schema,
        _ max: Int?,
        at path: String
    ) -> String? {
        guard let elements = value.elements, elements.count <= max ?? .max else {
            return self.complaint(at: path)
        }
        return elements.indices.lazy.compactMap {
            schema.flaw(of: elements[$0], at: "\(path)[\($0)]")
        }.first
    }

    private func flaw(of value: JSONValue, _ properties: [Property], at path: String) -> String? {
        guard let members = value.members else { return self.complaint(at: path) }
        let names = properties.map(\.name)
        if let unknown = members.first(where: { member in
            !names.contains { $0.utf8.elementsEqual(member.key.utf8) }
        }) {
            return "`\(Self.path(path, unknown.key))` is unknown; known are \(Self.list(names))"
        }
        return properties.lazy.compactMap { property in
            let place = Self.path(path, property.name)
            guard let member = value[property.name] else {
                return property.isRequired
                    ? "`\(place)` is missing; it must be \(property.schema.words)" : nil
            }
            return property.schema.flaw(of: member, at: place)
        }.first
    }

    private func complaint(at path: String) -> String {
        path.isEmpty ? "this must be \(self.words)" : "`\(path)` must be \(self.words)"
    }

    private static func path(_ path: String, _ name: String) -> String {
        // A stranger's name must not fill a line.
        let name = name.utf8.count > 64 ? "\(String(name.unicodeScalars.prefix(16)))…" : name
        return path.isEmpty ? name : "\(path).\(name)"
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.joined(separator: ", ")
    }

    /// What is allowed, in words.
    package var words: String {
        switch self {
        case .text(let form): form.words
        case .choice(let names):
            names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))"
        case .integer(let range, _):
            self == .number || self == .time || self == .amount
                ? "a whole number"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .list(let schema, let max):
            "a list\(max.map { " of at most \($0)" } ?? ""), each \(schema.words)"
        case .object(let properties): "an object of \(Self.list(properties.map(\.name)))"
        case .record(let record): "an object of \(Self.list(record.properties.map(\.name)))"
        case .anyOf(let schemas): schemas.map(\.words).joined(separator: ", or ")
        case .map: "an object"
        case .nullable(let schema): "\(schema.words), or null"
        case .anything: "anything"
        }
    }

    // MARK: Queries

    /// The value that a text of a query or a path stands for; nil when it stands for none.
    package func value(ofQuery text: String) -> JSONValue? {
        switch self {
        case .nullable(let schema): return schema.value(ofQuery: text)
        case .integer:
            guard let number = Int64(text), String(number).utf8.elementsEqual(text.utf8) else {
                return nil
            }
            return .integer(number)
        case .boolean: return ["true": .bool(true), "false": .bool(false)][text]
        case .list(let schema, _):
            let parts = text.split(separator: ",").map(String.init)
            let values = parts.compactMap { schema.value(ofQuery: $0) }
            return values.count == parts.count ? .array(values) : nil
        case .text, .choice, .anything: return .string(text)
        case .object, .map, .record, .anyOf: return nil
        }
    }
}
