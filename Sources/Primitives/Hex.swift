/// Lower-case hex, the only spelling of the protocol (D-04).
public enum Hex {
    /// Two digits a byte.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        // One generic call for the whole sequence: other modules cannot specialise this function.
        bytes.withContiguousStorageIfAvailable { Self.encode($0) }
            ?? Array(bytes).withUnsafeBufferPointer { Self.encode($0) }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            for (index, byte) in bytes.enumerated() {
                text[2 * index] = Self.digit(byte >> 4)
                text[2 * index + 1] = Self.digit(byte & 15)
            }
            return bytes.count * 2
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 - 10 + value
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
        // Wrong digits show in the high bits of this sum, so that the loop has no way out.
        var seen: UInt8 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 2) { bytes, filled in
            for index in 0..<text.count / 2 {
                let high = Self.value(text[2 * index])
                let low = Self.value(text[2 * index + 1])
                seen |= high | low
                bytes[index] = high << 4 | low
            }
            filled = text.count / 2
        }
        return seen < 16 ? bytes : nil
    }

    /// The value of a digit, 0xff for anything else.
    private static func value(_ digit: UInt8) -> UInt8 {
        let number = digit &- 0x30
        let letter = digit &- 0x61
        return number < 10 ? number : letter < 6 ? letter + 10 : 0xff
    }
}
