import Primitives

/// A member of an object.
struct RawMember: Sendable {
    let key: String
    let value: RawJSON
}

/// JSON as it is written: numbers keep their digits and objects the order of their members.
///
/// The node's own scanner refuses what some cases are about, such as fractions, so the files that
/// hold the cases need a reader that does not.
indirect enum RawJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([RawJSON])
    case object([RawMember])

    /// Reads a whole file.
    init(_ bytes: [UInt8]) throws {
        var parser = RawJSONParser(bytes)
        self = try parser.document()
    }

    /// Equality of the text.
    static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    subscript(_ key: String) -> RawJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }

    var bool: Bool? { if case .bool(let truth) = self { truth } else { nil } }

    var integer: Int64? { if case .number(let digits) = self { Int64(digits) } else { nil } }

    var elements: [RawJSON]? { if case .array(let elements) = self { elements } else { nil } }

    var members: [RawMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The value as a document, members in their order and numbers as they were written.
    var bytes: [UInt8] {
        switch self {
        case .null: Array("null".utf8)
        case .bool(let truth): Array((truth ? "true" : "false").utf8)
        case .number(let digits): Array(digits.utf8)
        case .string(let text): JSONValue.string(text).canonicalBytes()
        case .array(let elements): Self.join(elements.map(\.bytes), "[", "]")
        case .object(let members):
            Self.join(
                members.map { JSONValue.string($0.key).canonicalBytes() + [0x3a] + $0.value.bytes },
                "{",
                "}"
            )
        }
    }

    private static func join(_ items: [[UInt8]], _ opening: String, _ closing: String) -> [UInt8] {
        Array(opening.utf8) + Array(items.joined(separator: [0x2c])) + Array(closing.utf8)
    }

    /// The object with one member more, or with another value for it.
    func with(_ key: String, _ value: RawJSON) -> RawJSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.key != key } + [RawMember(key: key, value: value)])
    }

    /// The object without one member.
    func without(_ key: String) -> RawJSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.key != key })
    }
}

/// Reads well-formed JSON; what it cannot read is an error of the file.
private struct RawJSONParser {
    struct Malformed: Error { let offset: Int }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws -> RawJSON {
        let value = try self.value()
        self.skipSpace()
        guard self.position == self.bytes.count else { throw self.malformed }
        return value
    }

    private var malformed: Malformed { Malformed(offset: self.position) }

    private var next: UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    private mutating func skipSpace() {
        while let byte = self.next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { self.position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        self.skipSpace()
        guard self.next == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard self.take(byte) else { throw self.malformed }
    }

    private mutating func value() throws -> RawJSON {
        self.skipSpace()
        switch self.next {
        case 0x7b: return .object(try self.object())
        case 0x5b: return .array(try self.array())
        case 0x22: return .string(try self.string())
        case 0x74: return try self.literal("true", .bool(true))
        case 0x66: return try self.literal("false", .bool(false))
        case 0x6e: return try self.literal("null", .null)
        default: return .number(try self.number())
        }
    }

    private mutating func object() throws -> [RawMember] {
        try self.expect(0x7b)
        var members: [RawMember] = []
        if self.take(0x7d) { return members }
        repeat {
            self.skipSpace()
            let key = try self.string()
            try self.expect(0x3a)
            members.append(RawMember(key: key, value: try self.value()))
        } while self.take(0x2c)
        try self.expect(0x7d)
        return members
    }

    private mutating func array() throws -> [RawJSON] {
        try self.expect(0x5b)
        var elements: [RawJSON] = []
        if self.take(0x5d) { return elements }
        repeat { elements.append(try self.value()) } while self.take(0x2c)
        try self.expect(0x5d)
        return elements
    }

    private mutating func literal(_ text: String, _ value: RawJSON) throws -> RawJSON {
        guard self.bytes[self.position...].starts(with: text.utf8) else { throw self.malformed }
        self.position += text.utf8.count
        return value
    }

    private mutating func number() throws -> String {
        let start = self.position
        while let byte = self.next, "+-.eE0123456789".utf8.contains(byte) { self.position += 1 }
        guard self.position > start else { throw self.malformed }
        return String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    }

    private mutating func string() throws -> String {
        guard self.next == 0x22 else { throw self.malformed }
        self.position += 1
        var units: [UInt16] = []
        var text = ""
        while let byte = self.next, byte != 0x22 {
            if byte == 0x5c {
                units.append(try self.escape())
                continue
            }
            text += String(decoding: units, as: UTF16.self)
            units = []
            let start = self.position
            while let byte = self.next, byte != 0x22, byte != 0x5c { self.position += 1 }
            text += String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        }
        guard self.next == 0x22 else { throw self.malformed }
        self.position += 1
        return text + String(decoding: units, as: UTF16.self)
    }

    private mutating func escape() throws -> UInt16 {
        guard self.position + 1 < self.bytes.count else { throw self.malformed }
        let kind = self.bytes[self.position + 1]
        self.position += 2
        switch kind {
        case 0x22, 0x5c, 0x2f: return UInt16(kind)
        case 0x62: return 0x08
        case 0x66: return 0x0c
        case 0x6e: return 0x0a
        case 0x72: return 0x0d
        case 0x74: return 0x09
        case 0x75:
            let digits = self.bytes[self.position...].prefix(4)
            guard let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else {
                throw self.malformed
            }
            self.position += 4
            return unit
        default: throw self.malformed
        }
    }
}
