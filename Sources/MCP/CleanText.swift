import Primitives

/// Text without what a reader does not see.
enum CleanText {
    /// The text without hidden characters, but with its line ends and tabs.
    static func cleaned(_ text: String) -> String {
        // Nearly all text is clean, and then it is handed on as it is.
        guard text.unicodeScalars.contains(where: Self.goes) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { !Self.goes($0) }))
    }

    private static func goes(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isHidden && scalar != "\n" && scalar != "\t"
    }
}
