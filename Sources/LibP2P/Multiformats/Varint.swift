/// Why bytes are no unsigned varint.
public enum VarintError: Error, Sendable, Equatable, CustomStringConvertible {
    /// More than nine bytes, the most the multiformats specification allows.
    case tooLong
    /// The last byte adds nothing: the value has a shorter form.
    case notMinimal

    /// The cause in words.
    public var description: String {
        switch self {
        case .tooLong: "varint longer than nine bytes"
        case .notMinimal: "varint is not in its shortest form"
        }
    }
}

/// Unsigned varints of multiformats: seven bits a byte, lowest first.
public enum Varint {
    /// The shortest form of a value.
    public static func encode(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        self.append(value, to: &bytes)
        return bytes
    }

    /// Bytes of the shortest form of a value.
    public static func length(of value: UInt64) -> Int {
        max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
    }

    /// Appends the shortest form of a value.
    public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Reads the value at the start of `bytes`; nil when more bytes are needed.
    public static func decode(_ bytes: ArraySlice<UInt8>) throws(VarintError)
        -> (value: UInt64, length: Int)?
    {
        var value: UInt64 = 0
        var length = 0
        for byte in bytes {
            guard length < 9 else { throw .tooLong }
            value |= UInt64(byte & 0x7f) << UInt64(7 * length)
            length += 1
            guard byte & 0x80 == 0 else { continue }
            guard byte != 0 || length == 1 else { throw .notMinimal }
            return (value, length)
        }
        guard length < 9 else { throw .tooLong }
        return nil
    }
}
