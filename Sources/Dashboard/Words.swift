import Primitives

/// Figures as people read them.
enum Words {
    /// An amount of reputation, or a share, of millionths; zeros at its end are left out.
    static func amount(_ millionths: Int64?) -> String {
        guard let millionths else { return "–" }
        var text = Substring(FixedPoint(millionths: millionths).description)
        for _ in 0..<3 where text.hasSuffix("0") { text = text.dropLast() }
        return String(text)
    }

    /// A gain or a loss, with its sign.
    static func change(_ millionths: Int64?) -> String {
        guard let millionths else { return "–" }
        return millionths < 0 ? Self.amount(millionths) : "+\(Self.amount(millionths))"
    }

    /// A number with blanks between its thousands.
    static func count(_ number: Int64?) -> String {
        guard let number else { return "–" }
        var digits = String(number.magnitude)
        var groups: [Substring] = []
        while digits.utf8.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        return (number < 0 ? "-" : "") + ([Substring(digits)] + groups).joined(separator: "\u{A0}")
    }

    /// An amount of storage.
    static func bytes(_ count: Int64?) -> String {
        guard let count else { return "–" }
        let units = ["B", "kB", "MB", "GB", "TB"]
        var (size, unit) = (count, 0)
        while size >= 10_000, unit < units.count - 1 {
            size /= 1_000
            unit += 1
        }
        return "\(size) \(units[unit])"
    }

    /// A span of time.
    static func span(_ milliseconds: Int64?) -> String {
        guard let milliseconds else { return "–" }
        let seconds = milliseconds / 1_000
        if abs(milliseconds) < 10_000 { return "\(milliseconds) ms" }
        if abs(seconds) < 120 { return "\(seconds) s" }
        if abs(seconds) < 7_200 { return "\(seconds / 60) min" }
        return abs(seconds) < 172_800 ? "\(seconds / 3_600) h" : "\(seconds / 86_400) days"
    }

    /// A moment, to the minute in UTC.
    static func time(_ milliseconds: Int64?) -> String {
        milliseconds.map { Timestamp(milliseconds: $0).text } ?? "–"
    }

    /// The beginning of an id or of a key.
    static func short(_ id: String?) -> String {
        guard let id, !id.isEmpty else { return "–" }
        return VisibleText.line(String(id.unicodeScalars.prefix(12).map(Character.init)))
    }

    /// A word of the node, such as `not_counted`, as people read it.
    static func plain(_ word: String?) -> String {
        guard let word, !word.isEmpty else { return "–" }
        return VisibleText.line(word.split(separator: "_").joined(separator: " "))
    }
}

extension JSONValue {
    /// The texts of a list.
    var texts: [String] { (self.elements ?? []).compactMap(\.string) }

    /// A member that is there and not null.
    func given(_ name: String) -> JSONValue? {
        guard let value = self[name], value != .null else { return nil }
        return value
    }

    /// A number of a member of a member.
    func number(_ path: String...) -> Int64? {
        path.reduce(Optional(self)) { value, name in value?[name] }?.integer
    }

    /// A text of a member of a member.
    func text(_ path: String...) -> String? {
        path.reduce(Optional(self)) { value, name in value?[name] }?.string
    }
}
