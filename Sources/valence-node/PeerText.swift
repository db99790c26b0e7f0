import Primitives
import Readable

/// Text of peers, made harmless for a terminal (threat T20).
///
/// What would move the cursor, change colours or turn the direction of writing is shown by its number,
/// such as `\u{1B}`, so that a reader sees that it is there.
enum PeerText {
    /// One line, cut to so many bytes: a letter may carry a million marks, so characters are no measure.
    static func shown(_ text: String, bytesMax: Int = 200) -> String {
        ReadableText.cut(ReadableText.line(text.unicodeScalars), bytesMax: bytesMax)
    }

    /// Several lines as they are, indented, so that none can pass for a line of the report.
    static func lines(_ text: String, bytesMax: Int = 8_000) -> String {
        let whole = ReadableText.cut(Self.visible(text), bytesMax: bytesMax)
        return whole.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "  \($0)" }.joined(separator: "\n")
    }

    /// The whole text with its lines and tabs.
    static func visible(_ text: String) -> String {
        ReadableText.visible(Array(text.unicodeScalars))
    }

    /// JSON text that says the same and is harmless, too: outside ASCII only strings have such scalars.
    static func escaped(json: [UInt8]) -> [UInt8] {
        let text = String(decoding: json, as: UTF8.self)
        guard text.unicodeScalars.contains(where: { !$0.isASCII && $0.isHidden }) else {
            return json
        }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar.isASCII || !scalar.isHidden {
                bytes += Array(String(scalar).utf8)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    let zeros = String(repeating: "0", count: 4 - digits.utf8.count)
                    bytes += Array("\\u\(zeros)\(digits)".utf8)
                }
            }
        }
        return bytes
    }
}
