/// How many columns of a terminal a text takes.
///
/// Letters of East Asian scripts and pictures take two, marks that stand on other letters none. Terminals
/// differ in rare cases; nothing but the look of a table depends on it.
enum TextWidth {
    /// The columns of a text without line breaks.
    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + Self.of($1) }
    }

    /// The text with spaces behind it, so that it takes so many columns at least.
    static func padded(_ text: String, to columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - Self.of(text)))
    }

    /// The start of a text that takes so many columns at most, with a mark where something was cut off.
    static func cut(_ text: String, to columns: Int) -> String {
        guard Self.of(text) > columns else { return text }
        guard columns > 0 else { return "" }
        var taken = 0
        let kept = text.prefix { character in
            taken += Self.of(character)
            return taken < columns
        }
        return kept + "…"
    }

    private static func of(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        if scalars.contains(where: { $0 == "\u{FE0F}" || $0.properties.isEmojiPresentation }) {
            return 2
        }
        return scalars.map(Self.of).max() ?? 0
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: 0
        default: Self.wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// Scalars of two columns that are no pictures (Unicode Standard Annex 11, wide and full width).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
        0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
        0x1F200...0x1F2FF, 0x20000...0x3FFFD,
    ]
}
