package import Primitives

/// What a caller gives an operation, by name.
package struct Arguments: Sendable {
    private let members: JSONValue

    /// - Parameter members: an object, checked already.
    init(_ members: JSONValue) { self.members = members }

    /// A value; nil when it was left out, or is null.
    package subscript(name: String) -> JSONValue? {
        self.members[name].flatMap { $0.isNull ? nil : $0 }
    }

    /// Some of the values as an object, as they were given.
    package func object(of names: [String]) -> JSONValue {
        .object(
            (self.members.members ?? []).filter { member in
                names.contains { $0.utf8.elementsEqual(member.key.utf8) }
            }
        )
    }
}

/// Why arguments are not taken, in words for the caller.
package struct ArgumentFlaw: Error, Equatable {
    package let detail: String
    package init(_ detail: String) { self.detail = detail }
}

/// Where HTTP carries an argument.
package enum ArgumentPlace: Sendable, Equatable {
    case path
    case query
    /// A member of the JSON object in the body.
    case body
    /// The body as a whole, which is no JSON, with its media type.
    case upload
}

/// An argument of an operation.
package struct Parameter<Value: Sendable>: Sendable {
    /// Where HTTP carries it; nil where operations of its kind carry their arguments.
    let place: ArgumentPlace?
    let properties: [Property]
    let read: @Sendable (Arguments) throws(ArgumentFlaw) -> Value

    package init(
        at place: ArgumentPlace? = nil,
        _ properties: [Property],
        _ read: @escaping @Sendable (Arguments) throws(ArgumentFlaw) -> Value
    ) {
        self.place = place
        self.properties = properties
        self.read = read
    }

    /// A value that must be there.
    package static func required(
        _ name: String,
        _ about: String,
        _ schema: Schema,
        at place: ArgumentPlace? = nil,
        _ read: @escaping @Sendable (JSONValue) -> Value?
    ) -> Self {
        Self(at: place, [Property(name, about, schema)]) { arguments throws(ArgumentFlaw) in
            // The schema was checked, so that this says something only where the two differ.
            guard let value = arguments[name].flatMap(read) else {
                throw ArgumentFlaw("`\(name)` must be \(schema.words)")
            }
            return value
        }
    }

    /// A value that may be left out.
    package static func optional<Wrapped>(
        _ name: String,
        _ about: String,
        _ schema: Schema,
        _ read: @escaping @Sendable (JSONValue) -> Wrapped?
    ) -> Self where Value == Wrapped? {
        Self([.optional(name, about, schema)]) { arguments throws(ArgumentFlaw) in
            guard let given = arguments[name] else { return nil }
            guard let value = read(given) else {
                throw ArgumentFlaw("`\(name)` must be \(schema.words)")
            }
            return value
        }
    }

    /// A value in whose place another is taken when it is left out.
    package static func standard(
        _ name: String,
        _ about: String,
        _ schema: Schema,
        _ standard: JSONValue,
        _ read: @escaping @Sendable (JSONValue) -> Value?
    ) -> Self {
        let property = Property(name, about, schema, isRequired: false, standard: standard)
        return Self([property]) { arguments throws(ArgumentFlaw) in
            guard let value = read(arguments[name] ?? standard) else {
                throw ArgumentFlaw("`\(name)` must be \(schema.words)")
            }
            return value
        }
    }
}

// Arguments that many operations have.

extension Parameter where Value: Identifier32 {
    /// An id in the path.
    package static func id(_ name: String, _ about: String) -> Self {
        .required(name, about, .id, at: .path) { $0.string.flatMap { Value(hex: $0) } }
    }
}

extension Parameter where Value == NodeID {
    /// A key in the path.
    package static func pathKey(_ name: String, _ about: String) -> Self {
        .required(name, about, .text(.key), at: .path) { $0.string.flatMap { NodeID(naming: $0) } }
    }

    /// A key.
    package static func key(_ name: String, _ about: String) -> Self {
        .required(name, about, .text(.key)) { $0.string.flatMap { NodeID(naming: $0) } }
    }
}

extension Parameter where Value == String? {
    /// A text that may be left out.
    package static func text(_ name: String, _ about: String) -> Self {
        .optional(name, about, .text) { $0.string }
    }
}

extension Parameter where Value == String {
    /// A text, another one by default.
    package static func text(_ name: String, _ about: String, standard: String) -> Self {
        .standard(name, about, .text, .string(standard)) { $0.string }
    }
}

extension Parameter where Value: Shown & RawRepresentable, Value.RawValue == String {
    /// One of some words.
    package static func choice(_ name: String, _ about: String) -> Self {
        .required(name, about, Value.schema) {
            $0.string.flatMap { Value(rawValue: $0) }
        }
    }
}

extension Parameter where Value == Bool {
    /// Yes or no, one of them by default.
    package static func boolean(_ name: String, _ about: String, standard: Bool) -> Self {
        .standard(name, about, .boolean, .bool(standard)) { $0.bool }
    }
}

extension Parameter {
    /// Some of some words, none by default.
    package static func choices<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        _ about: String
    ) -> Self where Value == [Choice] {
        let words = Schema.choice(Choice.allCases.map(\.rawValue))
        return .standard(name, about, .list(words), .array([])) {
            $0.elements?.compactMap { $0.string.flatMap { Choice(rawValue: $0) } }
        }
    }
}

extension Parameter where Value == Int64 {
    /// A number.
    package static func integer(_ name: String, _ about: String, _ range: ClosedRange<Int64>)
        -> Self
    {
        .required(name, about, .integer(range)) { $0.integer }
    }

    /// A number, another one by default.
    package static func integer(
        _ name: String,
        _ about: String,
        _ range: ClosedRange<Int64>,
        standard: Int64
    ) -> Self {
        .standard(name, about, .integer(range), .integer(standard)) { $0.integer }
    }
}

extension Parameter where Value == Int {
    /// Most entries of a list in one answer.
    package static func limit() -> Self {
        .standard("limit", "Most entries in the answer.", .integer(1...1_000), .integer(100)) {
            $0.integer.map(Int.init)
        }
    }
}

extension Parameter where Value == [String] {
    /// Texts, none by default.
    package static func texts(_ name: String, _ about: String, max: Int? = nil) -> Self {
        .standard(name, about, .list(.text, max: max), .array([])) {
            $0.elements?.compactMap(\.string)
        }
    }
}

extension Parameter where Value == JSONValue {
    /// All that is said, which is handed on as it was given.
    package static func payload(_ properties: [Property]) -> Self {
        let names = properties.map(\.name)
        return Self(properties) { arguments throws(ArgumentFlaw) in arguments.object(of: names) }
    }
}
