package import Primitives

/// What values of an argument or of an answer look like: the part of JSON Schema 2020-12 that the API
/// needs.
///
/// Values are checked for all that the schema says as JSON, and for nothing else, with one exception: a
/// record may grow members that readers of its schema must accept, while the node itself shows none that
/// are not listed. What depends on the time or on what the node knows is no matter of form; it is refused
/// later, with a code of its own.
package indirect enum Schema: Sendable, Equatable {
    /// A text of a form.
    case text(TextForm)
    /// One of some texts.
    case choice([String])
    /// A number, and what it counts if that is not obvious.
    case integer(ClosedRange<Int64>, unit: String? = nil)
    case boolean
    /// Values of one kind in an order.
    case list(Schema, max: Int? = nil)
    /// Named values; no others are taken.
    case object([Property])
    /// Values of one kind under names that are not known before.
    case map(Schema)
    /// A value or nothing.
    case nullable(Schema)
    /// A record that has a name of its own.
    case record(RecordSchema)
    /// One of several records.
    case anyOf([Schema])
    case anything

    /// Any number that JSON carries without loss (D-03).
    package static let number = Schema.integer(-JSONLimits.integerMax...JSONLimits.integerMax)
    /// How many there are.
    package static let count = Schema.integer(0...JSONLimits.integerMax)
    /// Any text.
    package static let text = Schema.text(.any)
    /// An id or a hash.
    package static let id = Schema.text(.id)
    /// A moment.
    package static let time = Schema.integer(
        -JSONLimits.integerMax...JSONLimits.integerMax,
        unit: "unix-milliseconds"
    )
    /// An amount of reputation, or a share.
    package static let amount = Schema.integer(
        -JSONLimits.integerMax...JSONLimits.integerMax,
        unit: "millionths"
    )
}

extension Schema {
    /// The same form, with texts in this node's own words.
    var inOwnWords: Schema {
        switch self {
        case .text(.any): .text(.own)
        case .list(let schema, let max): .list(schema.inOwnWords, max: max)
        case .map(let schema): .map(schema.inOwnWords)
        case .nullable(let schema): .nullable(schema.inOwnWords)
        case .text, .choice, .integer, .boolean, .object, .record, .anyOf, .anything: self
        }
    }
}

/// A named value of an object.
package struct Property: Sendable, Equatable {
    /// The name.
    package let name: String
    /// What it is, in a sentence.
    package let about: String
    package let schema: Schema
    package let isRequired: Bool
    /// What is taken in its place when it is left out; nil for nothing.
    package let standard: JSONValue?

    package init(
        _ name: String,
        _ about: String,
        _ schema: Schema,
        isRequired: Bool = true,
        standard: JSONValue? = nil
    ) {
        self.name = name
        self.about = about
        self.schema = schema
        self.isRequired = isRequired
        self.standard = standard
    }

    /// A value that may be left out, or be null.
    package static func optional(_ name: String, _ about: String, _ schema: Schema) -> Property {
        Property(name, about, .nullable(schema), isRequired: false)
    }
}

/// The members of a record, under a name that documents refer to.
package struct RecordSchema: Sendable, Equatable {
    /// Unique among all records.
    package let name: String
    /// What it describes, in a sentence.
    package let about: String
    package let properties: [Property]

    package init(name: String, about: String, properties: [Property]) {
        self.name = name
        self.about = about
        self.properties = properties
    }
}

/// What texts may look like.
package enum TextForm: Sendable, Equatable {
    /// Any, by anybody: in answers it counts as a stranger's.
    case any
    /// Any, in this node's own words.
    case own
    /// 64 lower-case hexadecimal digits (D-04).
    case id
    /// A key: an id, alone or behind `did:valence:`.
    case key
    /// A signature: 128 lower-case hexadecimal digits.
    case signature
    /// Bytes in Base64.
    case base64
    /// A decimal number such as 0.001.
    case decimal
    /// A place in a list, as an answer gave it: numbers that it is sorted by, and an id.
    case cursor(numbers: Int)

    /// The form as an ECMA-262 regular expression; nil for any text.
    package var pattern: String? {
        switch self {
        case .any, .own: nil
        case .id: "^[0-9a-f]{64}$"
        case .key: "^(did:valence:)?[0-9a-f]{64}$"
        case .signature: "^[0-9a-f]{128}$"
        case .base64: "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
        case .decimal: "^[0-9]{1,6}(\\.[0-9]{1,6})?$"
        case .cursor(let numbers): "^([0-9]{1,15}\\.){\(numbers)}[0-9a-f]{64}$"
        }
    }

    /// The form in words.
    var words: String {
        switch self {
        case .any, .own: "a text"
        case .id: "64 lower-case hex characters"
        case .key: "64 lower-case hex characters, which may follow did:valence:"
        case .signature: "128 lower-case hex characters"
        case .base64: "bytes in Base64"
        case .decimal: "a decimal such as 0.001"
        case .cursor: "a `next_cursor` of an answer, as it was given"
        }
    }

    /// Whether a text has the form.
    func holds(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return switch self {
        case .any, .own: true
        case .id: Hex.decode(text, count: 32) != nil
        case .key: NodeID(naming: text) != nil
        case .signature: Hex.decode(text, count: 64) != nil
        case .base64: Self.isBase64(bytes)
        case .decimal: Self.isDecimal(bytes)
        case .cursor(let numbers): Self.isCursor(text, numbers: numbers)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }

    private static func isCursor(_ text: String, numbers: Int) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == numbers + 1 && Hex.decode(String(parts[numbers]), count: 32) != nil
            && parts.dropLast().allSatisfy {
                (1...15).contains($0.utf8.count) && $0.utf8.allSatisfy(Self.isDigit)
            }
    }

    private static func isBase64(_ bytes: [UInt8]) -> Bool {
        let padding = bytes.suffix(2).count { $0 == 0x3d }
        return bytes.count.isMultiple(of: 4)
            && bytes.dropLast(padding).allSatisfy {
                Self.isDigit($0) || Self.isLower($0) || (0x41...0x5a).contains($0) || $0 == 0x2b
                    || $0 == 0x2f
            }
    }

    private static func isDecimal(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: 0x2e, omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { (1...6).contains($0.count) && $0.allSatisfy(Self.isDigit) }
    }
}
