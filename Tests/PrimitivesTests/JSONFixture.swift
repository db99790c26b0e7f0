import Primitives

/// Documents made by chance, and their careless spellings.
struct RandomJSON {
    var numbers: SplitMix64

    private static let texts = [
        "", "a", "é", "e\u{301}", "\u{1f600}", "\u{e000}", "\u{ffff}", "\u{10ffff}", "\"", "\\",
        "/", "\u{0}", "\u{1f}", "\n", "\u{7f}", "plain text of more than eight bytes", "z\u{8}y",
    ]

    mutating func value(depth: Int = 0) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 7 : 4), using: &self.numbers) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self.numbers))
        case 2: return .integer(self.integer())
        case 3: return .string(self.text())
        case 4, 5:
            let count = Int.random(in: 0..<4, using: &self.numbers)
            return .array((0..<count).map { _ in self.value(depth: depth + 1) })
        default:
            var members: [JSONMember] = []
            for _ in 0..<Int.random(in: 0..<6, using: &self.numbers) {
                let key = self.text()
                let isKnown = members.contains { $0.key.utf8.elementsEqual(key.utf8) }
                if isKnown { continue }
                members.append(JSONMember(key: key, value: self.value(depth: depth + 1)))
            }
            return .object(members)
        }
    }

    private mutating func integer() -> Int64 {
        let limit: Int64 = 9_007_199_254_740_991
        return Bool.random(using: &self.numbers)
            ? Int64.random(in: -limit...limit, using: &self.numbers)
            : Int64.random(in: -10...10, using: &self.numbers)
    }

    private mutating func text() -> String {
        let parts = Int.random(in: 0..<4, using: &self.numbers)
        return (0..<parts).map { _ in
            Self.texts.randomElement(using: &self.numbers) ?? ""
        }.joined()
    }

    /// Writes a value with needless space, needless escapes and members in any order.
    mutating func careless(_ value: JSONValue) -> String {
        switch value {
        case .array(let elements):
            let inner = elements.map { self.careless($0) }
            return "[" + self.space() + inner.joined(separator: self.space() + ",") + "]"
        case .object(let members):
            let inner = members.shuffled(using: &self.numbers).map { member in
                self.careless(.string(member.key)) + self.space() + ":" + self.space()
                    + self.careless(member.value)
            }
            return "{" + self.space() + inner.joined(separator: "," + self.space()) + "}"
        case .string(let text): return "\"" + text.utf16.map { self.unit($0) }.joined() + "\""
        case .null, .bool, .integer, .canonical:
            return String(decoding: value.canonicalBytes(), as: UTF8.self)
        }
    }

    private mutating func space() -> String {
        Bool.random(using: &self.numbers) ? " \n\t\r" : ""
    }

    /// A UTF-16 unit as itself or as an escape; units beyond ASCII always escaped.
    private mutating func unit(_ unit: UInt16) -> String {
        let isPlain = (0x20..<0x7f).contains(unit) && unit != 0x22 && unit != 0x5c
        if isPlain, Bool.random(using: &self.numbers) {
            return String(UnicodeScalar(UInt8(unit)))
        }
        let digits = String(unit, radix: 16, uppercase: Bool.random(using: &self.numbers))
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// Scans a text.
func scan(_ text: String, _ limits: JSONLimits = .message) throws(JSONError) -> JSONDocument {
    try JSONDocument(scanning: Array(text.utf8), limits: limits)
}

/// The error that a text ends in; nil when it is a document.
func scanError(_ text: String, _ limits: JSONLimits = .message) -> JSONError? {
    do {
        _ = try scan(text, limits)
        return nil
    } catch {
        return error
    }
}
