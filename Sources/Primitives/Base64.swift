/// Base64 of RFC 4648 with padding, in its one canonical spelling.
public enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    /// The text of some bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | UInt32(offset < count ? bytes[start + offset] : 0)
            }
            for digit in 0..<4 {
                let isPadding = digit > count
                text.append(
                    isPadding ? 0x3d : Self.digits[Int(group >> (18 - 6 * UInt32(digit)) & 63)]
                )
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text; nil for white space, missing padding or stray bits.
    public static func decode(_ text: String) -> [UInt8]? {
        let text = Array(text.utf8)
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        for start in stride(from: 0, to: text.count, by: 4) {
            let isLast = start + 4 == text.count
            guard let group = Self.group(text[start..<start + 4], isLast: isLast) else {
                return nil
            }
            bytes += group
        }
        return bytes
    }

    private static func group(_ digits: ArraySlice<UInt8>, isLast: Bool) -> ArraySlice<UInt8>? {
        let padding = digits.reversed().prefix { $0 == 0x3d }.count
        guard padding == 0 || (isLast && padding <= 2) else { return nil }
        var group: UInt32 = 0
        for digit in digits.dropLast(padding) {
            let value = Self.values[Int(digit)]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
        }
        group <<= 6 * UInt32(padding)
        // Bits under the padding must be clear: one text for one value.
        guard group & ((1 << (8 * UInt32(padding))) - 1) == 0 else { return nil }
        let bytes = [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)]
        return bytes.prefix(3 - padding)
    }
}
