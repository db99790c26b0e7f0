/// A member of an object under construction.
public struct JSONMember: Sendable, Equatable {
    /// The name; compared by scalars.
    public let key: String
    /// The value.
    public let value: JSONValue

    /// Puts a member together.
    public init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }

    /// Equality of name and value.
    public static func == (left: Self, right: Self) -> Bool {
        left.key.utf8.elementsEqual(right.key.utf8) && left.value == right.value
    }
}

/// A JSON value of its own, for building payloads and answers.
public indirect enum JSONValue: Sendable, Equatable {
    /// Nothing.
    case null
    /// True or false.
    case bool(Bool)
    /// A number; the protocol knows integers alone.
    case integer(Int64)
    /// A text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Named values in the order of writing; the canonical form sorts them.
    case object([JSONMember])
    /// A value of any kind in RFC 8785 form already: it is written as it is, and not looked into.
    case canonical([UInt8])

    /// The object without members.
    public static var emptyObject: JSONValue { .object([JSONMember]()) }

    /// An object from pairs.
    public static func object(_ pairs: [(String, JSONValue)]) -> JSONValue {
        .object(pairs.map { JSONMember(key: $0.0, value: $0.1) })
    }

    /// Some bytes in base64, which is in RFC 8785 form as it is: no digit has to be escaped.
    public static func base64(_ bytes: [UInt8]) -> JSONValue { .canonical(Base64.quoted(bytes)) }

    /// Equality by scalars, where `String` would compare by canonical equivalence.
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.integer(let one), .integer(let other)): one == other
        case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
        case (.array(let one), .array(let other)): one == other
        case (.object(let one), .object(let other)): one == other
        case (.canonical, _), (_, .canonical): left.canonicalBytes() == right.canonicalBytes()
        default: false
        }
    }

    /// The member of this name; nil for other kinds or names.
    public subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The text; nil for other kinds.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number; nil for other kinds.
    public var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The truth value; nil for other kinds.
    public var bool: Bool? {
        if case .bool(let truth) = self { truth } else { nil }
    }

    /// The elements; nil for other kinds.
    public var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members; nil for other kinds.
    public var members: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Whether the value is null.
    public var isNull: Bool { self == .null }

    /// The RFC 8785 form.
    public func canonicalBytes() -> [UInt8] {
        var output: [UInt8] = []
        self.appendCanonical(to: &output)
        return output
    }

    private func appendCanonical(to output: inout [UInt8]) {
        switch self {
        case .null: output += Array("null".utf8)
        case .bool(let truth): output += Array((truth ? "true" : "false").utf8)
        case .integer(let number): output += Array(String(number).utf8)
        case .string(let text): CanonicalWriter.append(string: text.utf8, to: &output)
        case .array(let elements):
            CanonicalWriter.append(list: elements, 0x5b, 0x5d, to: &output) {
                $0.appendCanonical(to: &$1)
            }
        case .object(let members):
            let sorted = members.sorted { Self.precedes($0.key, $1.key) }
            CanonicalWriter.append(list: sorted, 0x7b, 0x7d, to: &output) { member, output in
                CanonicalWriter.append(string: member.key.utf8, to: &output)
                output.append(0x3a)
                member.value.appendCanonical(to: &output)
            }
        case .canonical(let bytes): output += bytes
        }
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        JSONText.precedes(Array(left.utf8), Array(right.utf8))
    }

    /// Indented by two spaces, for people.
    public var prettyText: String { self.pretty(indent: 0) }

    private func pretty(indent: Int) -> String {
        let outer = String(repeating: "  ", count: indent)
        let inner = outer + "  "
        switch self {
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + $0.pretty(indent: indent + 1) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map { member in
                let key = String(
                    decoding: JSONValue.string(member.key).canonicalBytes(),
                    as: UTF8.self
                )
                return "\(inner)\(key): \(member.value.pretty(indent: indent + 1))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
        default:
            return String(decoding: self.canonicalBytes(), as: UTF8.self)
        }
    }
}
