import Primitives

/// Raw JSON text and its RFC 8785 form; decimals and their fixed-point form.
enum CanonicalizationVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("decimal") { return try self.decimal(vector) }
        let text = Array(try vector.input.text("json").utf8)
        if vector.expect.has("error") {
            try self.refused(text, because: try vector.expect.text("error"))
        } else {
            try self.canonical(text, vector.expect)
        }
    }

    private static func canonical(_ text: [UInt8], _ expect: Fields) throws {
        let document = try JSONDocument(scanning: text)
        let bytes = document.canonicalBytes()
        try Check.text(
            "canonical form",
            String(decoding: bytes, as: UTF8.self),
            try expect.text("canonical")
        )
        try Check.same("bytes", bytes, try expect.bytes("utf8_hex"))
        try Check.same("digest", SHA256Digest.hash(bytes), try expect.bytes32("sha256"))
        // Values that the node builds itself are written by another path.
        try Check.same("bytes of the value", document.root.value.canonicalBytes(), bytes)
        let again = try JSONDocument(scanning: bytes)
        try Check.same("canonical form is recognised", again.isCanonical, true)
    }

    private static func refused(_ text: [UInt8], because cause: String) throws {
        do {
            _ = try JSONDocument(scanning: text)
        } catch {
            guard self.matches(error, cause) else {
                throw VectorFailure("refused with \(error), expected \(cause)")
            }
            return
        }
        throw VectorFailure("the document was read, expected \(cause)")
    }

    /// Causes in words that name none of these are satisfied by any refusal.
    private static func matches(_ error: JSONError, _ cause: String) -> Bool {
        let cause = cause.lowercased()
        return if cause.contains("out of range") {
            if case .numberOutOfRange = error { true } else { false }
        } else if cause.contains("non-integer") || cause.contains("zero") {
            if case .invalidNumber = error { true } else { false }
        } else if cause.contains("duplicate") {
            if case .duplicateMember = error { true } else { false }
        } else if cause.contains("surrogate") {
            if case .loneSurrogate = error { true } else { false }
        } else {
            true
        }
    }

    private static func decimal(_ vector: VectorCase) throws {
        let text = try vector.input.text("decimal")
        guard let value = FixedPoint(decimal: text) else {
            throw VectorFailure("\(text) was not read as a decimal")
        }
        try Check.same("millionths", value.millionths, try vector.expect.integer("fixed"))
    }
}
