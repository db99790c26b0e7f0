import Primitives

/// Texts of others, made harmless for whoever reads them (threat T20).
///
/// What would move the cursor of a terminal, change colours, turn the direction of writing or have no shape is shown by
/// its number, such as `\u{1B}`, so that a reader sees that it is there.
package enum ReadableText {
    /// The text with its lines and tabs.
    package static func visible(_ scalars: [Unicode.Scalar]) -> String {
        var shown = String.UnicodeScalarView()
        for (place, scalar) in scalars.enumerated() {
            if scalar == "\n" || scalar == "\t" || !scalar.isHidden {
                shown.append(scalar)
            } else if scalar == "\r", scalars.dropFirst(place + 1).first == "\n" {
                // A line end as other systems write it.
                continue
            } else {
                let number = String(scalar.value, radix: 16, uppercase: true)
                shown += Array("\\u{\(number)}".unicodeScalars)
            }
        }
        return String(shown)
    }

    /// The same as one line, with blanks for its line ends and tabs.
    package static func line(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        Self.visible(scalars.map { Self.isLineEnd($0) || $0 == "\t" ? " " : $0 })
    }

    /// The beginning of a text, with a sign that it goes on: a letter may carry a million marks, so characters are
    /// no measure.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - bytesMax: how many bytes are kept.
    ///   - width: how many bytes a scalar takes where it is shown.
    /// - Returns: the text, or its beginning.
    package static func cut(
        _ text: String,
        bytesMax: Int,
        width: (Unicode.Scalar) -> Int = UTF8.width
    ) -> String {
        var bytes = 0
        let kept = text.unicodeScalars.prefix { scalar in
            bytes += width(scalar)
            return bytes <= bytesMax
        }
        return bytes <= bytesMax ? text : String(Substring(kept)) + "…"
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }
}
