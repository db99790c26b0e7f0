/// Base64 of RFC 4648 with padding, in its one canonical spelling.
///
/// Artefacts travel in it, a MiB at a time, so it works on whole groups without looking for their ends.
public enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let padding: UInt8 = 0x3d

    /// The two digits of every twelve bits, the first one in the low byte.
    private static let pairs: [UInt16] = (0..<4_096).map { bits in
        UInt16(digits[bits >> 6]) | UInt16(digits[bits & 63]) << 8
    }

    /// What a digit stands for; ``noDigit`` for all other bytes.
    private static let values: [UInt32] = {
        var values = [UInt32](repeating: noDigit, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt32(value) }
        return values
    }()

    /// Above the bits of a group, so that it shows however far a value is shifted.
    private static let noDigit: UInt32 = 0xff00_0000

    // MARK: Writing

    /// The text of some bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: Self.length(of: bytes)) { text in
            bytes.withUnsafeBufferPointer { Self.encode($0, into: text) }
            return Self.length(of: bytes)
        }
    }

    /// The same as a JSON text, with its quotes.
    static func quoted(_ bytes: [UInt8]) -> [UInt8] {
        let length = Self.length(of: bytes)
        return [UInt8](unsafeUninitializedCapacity: length + 2) { text, count in
            text[0] = 0x22
            text[length + 1] = 0x22
            bytes.withUnsafeBufferPointer {
                Self.encode($0, into: UnsafeMutableBufferPointer(rebasing: text[1..<length + 1]))
            }
            count = length + 2
        }
    }

    private static func length(of bytes: [UInt8]) -> Int { (bytes.count + 2) / 3 * 4 }

    private static func encode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        into text: UnsafeMutableBufferPointer<UInt8>
    ) {
        let whole = bytes.count / 3
        let output = UnsafeMutableRawBufferPointer(text)
        Self.pairs.withUnsafeBufferPointer { pairs in
            for group in 0..<whole {
                let (from, to) = (group &* 3, group &* 4)
                let bits =
                    Int(bytes[from]) &<< 16 | Int(bytes[from &+ 1]) &<< 8 | Int(bytes[from &+ 2])
                let digits = UInt32(pairs[bits &>> 12]) | UInt32(pairs[bits & 0xfff]) &<< 16
                output.storeBytes(of: digits.littleEndian, toByteOffset: to, as: UInt32.self)
            }
        }
        Self.encodeRest(bytes[(whole * 3)...], into: text, from: whole * 4)
    }

    /// One or two bytes at the end, with padding.
    private static func encodeRest(
        _ rest: Slice<UnsafeBufferPointer<UInt8>>,
        into text: UnsafeMutableBufferPointer<UInt8>,
        from start: Int
    ) {
        guard let first = rest.first else { return }
        let second = rest.dropFirst().first
        let bits = Int(first) << 16 | Int(second ?? 0) << 8
        text[start] = Self.digits[bits >> 18]
        text[start + 1] = Self.digits[bits >> 12 & 63]
        text[start + 2] = second == nil ? Self.padding : Self.digits[bits >> 6 & 63]
        text[start + 3] = Self.padding
    }

    // MARK: Reading

    /// The bytes of a text; nil for white space, missing padding or stray bits.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { Self.decode(UnsafeRawBufferPointer($0)) }
    }

    /// The bytes of a text in UTF-8.
    public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard let last = text.last else { return [] }
        let isPadded = last == Self.padding
        let whole = text.count / 4 - (isPadded ? 1 : 0)
        guard let end = isPadded ? Self.rest(text[(whole * 4)...]) : [] else { return nil }
        var isGood = false
        let bytes = [UInt8](unsafeUninitializedCapacity: whole * 3 + end.count) { output, count in
            isGood = Self.decode(text, groups: whole, into: output)
            for (offset, byte) in end.enumerated() { output[whole * 3 + offset] = byte }
            count = whole * 3 + end.count
        }
        return isGood ? bytes : nil
    }

    /// Reads groups without padding.
    ///
    /// - Returns: whether all were digits.
    private static func decode(
        _ text: UnsafeRawBufferPointer,
        groups: Int,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var all: UInt32 = 0
        Self.values.withUnsafeBufferPointer { values in
            for group in 0..<groups {
                let (from, to) = (group &* 4, group &* 3)
                // Bytes that are no digits have bits that no digit leaves behind.
                let head = values[Int(text[from])] &<< 6 | values[Int(text[from &+ 1])]
                let tail = values[Int(text[from &+ 2])] &<< 6 | values[Int(text[from &+ 3])]
                all |= head | tail
                let bits = head &<< 12 | tail
                output[to] = UInt8(truncatingIfNeeded: bits &>> 16)
                output[to &+ 1] = UInt8(truncatingIfNeeded: bits &>> 8)
                output[to &+ 2] = UInt8(truncatingIfNeeded: bits)
            }
        }
        return all & Self.noDigit == 0
    }

    /// The last group, with its padding; bits under it must be clear: one text for one value.
    private static func rest(_ group: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        let digits = group.dropLast(group.dropLast().last == Self.padding ? 2 : 1)
        var bits: UInt32 = 0
        for digit in digits {
            let value = Self.values[Int(digit)]
            guard value < 64 else { return nil }
            bits = bits << 6 | value
        }
        return switch digits.count {
        case 2: bits & 15 == 0 ? [UInt8(bits >> 4)] : nil
        case 3: bits & 3 == 0 ? [UInt8(bits >> 10), UInt8(bits >> 2 & 255)] : nil
        default: nil
        }
    }
}
