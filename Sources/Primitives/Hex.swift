/// Lower-case hex, the only spelling of the protocol (D-04).
public enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Two digits a byte.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            text.append(self.digits[Int(byte >> 4)])
            text.append(self.digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes behind lower-case digits; nil for anything else, or for another count.
    public static func decode(_ text: String, count: Int? = nil) -> [UInt8]? {
        var text = text
        return text.withUTF8 { Self.decode($0, count: count) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>, count: Int?) -> [UInt8]? {
        guard text.count.isMultiple(of: 2), count.map({ $0 * 2 == text.count }) ?? true else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = Self.value(text[index]), let low = Self.value(text[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
