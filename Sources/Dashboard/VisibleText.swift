import Primitives

/// Text of others, made harmless for readers (threat T20).
///
/// What has no shape or turns the direction of writing is shown by its number, such as `\u{202E}`, as commands show it,
/// so that a reader sees that it is there. What a browser makes of the rest is the business of ``PageEscape``.
enum VisibleText {
    /// One line, cut to so many bytes: a letter may carry a million marks, so characters are no measure.
    static func line(_ text: String, bytesMax: Int = 200) -> String {
        let isLineEnd: (Unicode.Scalar) -> Bool = {
            $0 == "\n" || $0 == "\r" || $0 == "\t" || $0 == "\u{2028}" || $0 == "\u{2029}"
        }
        return Self.cut(
            Self.visible(
                text.unicodeScalars.prefix(bytesMax + 1).map { isLineEnd($0) ? " " : $0 }
            ),
            bytesMax: bytesMax
        )
    }

    /// Several lines as they are.
    static func lines(_ text: String, bytesMax: Int = 8_000) -> String {
        Self.cut(Self.visible(Array(text.unicodeScalars.prefix(bytesMax + 1))), bytesMax: bytesMax)
    }

    private static func visible(_ scalars: [Unicode.Scalar]) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in scalars {
            if scalar == "\n" || scalar == "\t" || !scalar.isHidden {
                shown.append(scalar)
            } else if scalar != "\r" {
                let number = String(scalar.value, radix: 16, uppercase: true)
                shown += Array("\\u{\(number)}".unicodeScalars)
            }
        }
        return String(shown)
    }

    /// Bytes are counted as the page has them, or a text of quotes would be six times as long there.
    private static func cut(_ text: String, bytesMax: Int) -> String {
        var bytes = 0
        let kept = text.unicodeScalars.prefix { scalar in
            bytes += PageEscape.width(scalar)
            return bytes <= bytesMax
        }
        return bytes <= bytesMax ? text : String(Substring(kept)) + "…"
    }
}
