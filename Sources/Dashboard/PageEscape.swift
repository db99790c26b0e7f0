import Mustache

/// Makes any text harmless within a page, in its elements and in quoted attributes.
///
/// The escape that comes with Mustache goes by characters, so that a quote with a mark that combines with it is another
/// character to it and stays as it is. Browsers go by scalars, and so does this.
struct PageEscape: MustacheContentType {
    /// What templates call it.
    static let name = "PAGE"

    private static let names: [UInt8: [UInt8]] = [
        UInt8(ascii: "&"): Array("&amp;".utf8), UInt8(ascii: "<"): Array("&lt;".utf8),
        UInt8(ascii: ">"): Array("&gt;".utf8), UInt8(ascii: "\""): Array("&quot;".utf8),
        UInt8(ascii: "'"): Array("&#39;".utf8),
    ]

    func escapeText(_ text: String) -> String {
        guard text.utf8.contains(where: { Self.names[$0] != nil }) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if let name = Self.names[byte] { bytes += name } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many bytes of a page a scalar takes.
    static func width(_ scalar: Unicode.Scalar) -> Int {
        guard scalar.isASCII else { return UTF8.width(scalar) }
        return Self.names[UInt8(truncatingIfNeeded: scalar.value)]?.count ?? 1
    }
}
