import Primitives
import Readable

/// Text of others, as readers see it (threat T20); what a browser makes of it is the business of ``PageEscape``.
///
/// Bytes are counted as the page has them, or a text of quotes would be six times as long there.
enum VisibleText {
    /// One line, cut to so many bytes.
    static func line(_ text: String, bytesMax: Int = 200) -> String {
        let line = ReadableText.line(text.unicodeScalars.prefix(bytesMax + 1))
        return ReadableText.cut(line, bytesMax: bytesMax, width: PageEscape.width)
    }

    /// Several lines as they are.
    static func lines(_ text: String, bytesMax: Int = 8_000) -> String {
        let lines = ReadableText.visible(Array(text.unicodeScalars.prefix(bytesMax + 1)))
        return ReadableText.cut(lines, bytesMax: bytesMax, width: PageEscape.width)
    }
}
