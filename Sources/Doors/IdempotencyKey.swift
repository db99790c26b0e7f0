/// What a caller may send to have a request recognised when it comes again (ADR 0060).
package enum IdempotencyKey {
    /// The field of the head that carries it.
    package static let field = "Idempotency-Key"

    /// Most bytes of it.
    ///
    /// Source: ADR 0060: a random number has 64 digits at most; the rest is for words.
    package static let bytesMax = 255

    /// What it is, in words.
    package static let words = "1 to \(bytesMax) visible ASCII characters"

    /// The same as a regular expression.
    static let pattern = "^[!-~]{1,\(bytesMax)}$"

    /// Whether a text is one.
    package static func isValid(_ text: String) -> Bool {
        (1...Self.bytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
