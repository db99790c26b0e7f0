/// The strings of a document: scanning, unescaping, comparing.
enum JSONText {
    struct Scanned {
        /// Behind the closing quote.
        let end: Int
        let isCanonical: Bool
        let hasEscapes: Bool
    }

    /// Scans a string from behind its opening quote.
    static func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONError)
        -> Scanned
    {
        var index = start
        var canonical = true
        var hasEscapes = false
        while true {
            index = Self.plainRun(bytes, from: index)
            guard index < bytes.count else { throw .unexpectedEnd }
            let byte = bytes[index]
            if byte == 0x22 {
                return Scanned(end: index + 1, isCanonical: canonical, hasEscapes: hasEscapes)
            }
            if byte == 0x5c {
                hasEscapes = true
                let escape = try Self.escape(bytes, at: index)
                canonical = canonical && escape.isCanonical
                index = escape.end
            } else if byte >= 0x80 {
                index += try Self.utf8Length(bytes, at: index)
            } else {
                throw .unexpectedByte(byte, at: index)
            }
        }
    }

    /// The first index whose byte is a quote, a backslash, a control or not ASCII.
    private static func plainRun(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index &+ 8 <= bytes.count {
            let word = UInt64(
                littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            )
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5c)
            let found =
                ((quote &- ones) & ~quote | (slash &- ones) & ~slash
                    | (word &- ones &* 0x20) & ~word | word) & highs
            if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x22 || byte == 0x5c || byte < 0x20 || byte >= 0x80 { return index }
            index &+= 1
        }
        return index
    }

    private static func utf8Length(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int)
        throws(JSONError) -> Int
    {
        let first = bytes[index]
        let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
        guard (0xc2...0xf4).contains(first), index + length <= bytes.count else {
            throw .invalidUTF8(at: index)
        }
        // Overlong forms, surrogates and code points beyond U+10FFFF show in the second byte.
        let second: ClosedRange<UInt8> =
            switch first {
            case 0xe0: 0xa0...0xbf
            case 0xed: 0x80...0x9f
            case 0xf0: 0x90...0xbf
            case 0xf4: 0x80...0x8f
            default: 0x80...0xbf
            }
        guard second.contains(bytes[index + 1]),
            (index + 2..<index + length).allSatisfy({ bytes[$0] & 0xc0 == 0x80 })
        else { throw .invalidUTF8(at: index) }
        return length
    }

    private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int)
        throws(JSONError) -> (end: Int, isCanonical: Bool)
    {
        guard index + 1 < bytes.count else { throw .unexpectedEnd }
        switch bytes[index + 1] {
        case 0x22, 0x5c, 0x62, 0x66, 0x6e, 0x72, 0x74: return (index + 2, true)
        case 0x2f: return (index + 2, false)
        case 0x75: break
        default: throw .invalidEscape(at: index)
        }
        let unit = try Self.unit(bytes, at: index)
        if unit & 0xfc00 == 0xdc00 { throw .loneSurrogate(at: index) }
        guard unit & 0xfc00 == 0xd800 else {
            return (index + 6, Self.isMinimal(bytes, at: index, unit: unit))
        }
        guard index + 7 < bytes.count, bytes[index + 6] == 0x5c, bytes[index + 7] == 0x75,
            try Self.unit(bytes, at: index + 6) & 0xfc00 == 0xdc00
        else { throw .loneSurrogate(at: index) }
        return (index + 12, false)
    }

    /// The code unit of `\uXXXX`.
    private static func unit(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int)
        throws(JSONError) -> UInt16
    {
        guard index + 5 < bytes.count else { throw .unexpectedEnd }
        var unit: UInt16 = 0
        for offset in 2..<6 {
            let digit: UInt8
            switch bytes[index + offset] {
            case let byte where (0x30...0x39).contains(byte): digit = byte - 0x30
            case let byte where (0x61...0x66).contains(byte): digit = byte - 0x61 + 10
            case let byte where (0x41...0x46).contains(byte): digit = byte - 0x41 + 10
            default: throw .invalidEscape(at: index)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// RFC 8785 writes `\u00xx`, in lower case, only for controls without a short form.
    private static func isMinimal(
        _ bytes: UnsafeBufferPointer<UInt8>,
        at index: Int,
        unit: UInt16
    ) -> Bool {
        unit < 0x20 && ![0x08, 0x09, 0x0a, 0x0c, 0x0d].contains(unit)
            && (0x41...0x46).allSatisfy { upper in
                (2..<6).allSatisfy { bytes[index + $0] != UInt8(upper) }
            }
    }

    // MARK: Reading

    /// The UTF-8 bytes that a string stands for.
    static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>, _ entry: JSONEntry) -> [UInt8] {
        let inner = Int(entry.start) + 1..<Int(entry.end) - 1
        guard entry.hasEscapes else { return Array(bytes[inner]) }
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        var index = inner.lowerBound
        while index < inner.upperBound {
            guard bytes[index] == 0x5c else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index = Self.appendEscape(bytes, at: index, to: &result)
        }
        return result
    }

    private static func appendEscape(
        _ bytes: UnsafeBufferPointer<UInt8>,
        at index: Int,
        to result: inout [UInt8]
    ) -> Int {
        switch bytes[index + 1] {
        case 0x62: result.append(0x08)
        case 0x66: result.append(0x0c)
        case 0x6e: result.append(0x0a)
        case 0x72: result.append(0x0d)
        case 0x74: result.append(0x09)
        case 0x75: return Self.appendUnicode(bytes, at: index, to: &result)
        case let byte: result.append(byte)
        }
        return index + 2
    }

    private static func appendUnicode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        at index: Int,
        to result: inout [UInt8]
    ) -> Int {
        guard let first = try? Self.unit(bytes, at: index) else { return index + 6 }
        var units = [first]
        if first & 0xfc00 == 0xd800, let second = try? Self.unit(bytes, at: index + 6) {
            units.append(second)
        }
        result += Array(String(decoding: units, as: UTF16.self).utf8)
        return index + 6 * units.count
    }

    /// Whether one key sorts strictly before another by UTF-16 units (D-01).
    static func precedes(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ left: JSONEntry,
        _ right: JSONEntry
    ) -> Bool {
        if left.hasEscapes || right.hasEscapes {
            return Self.precedes(Self.unescaped(bytes, left), Self.unescaped(bytes, right))
        }
        let one = UnsafeBufferPointer(rebasing: bytes[Int(left.start) + 1..<Int(left.end) - 1])
        let other = UnsafeBufferPointer(rebasing: bytes[Int(right.start) + 1..<Int(right.end) - 1])
        return Self.precedes(one, other)
    }

    /// UTF-16 order of UTF-8 texts.
    static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBufferPointer { one in
            right.withUnsafeBufferPointer { Self.precedes(one, $0) }
        }
    }

    /// UTF-16 order of UTF-8 texts: byte order, but astral planes sort before U+E000..U+FFFF.
    private static func precedes(
        _ left: UnsafeBufferPointer<UInt8>,
        _ right: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let shared = min(left.count, right.count)
        var index = 0
        while index < shared {
            let (one, other) = (left[index], right[index])
            if one != other { return Self.utf16Rank(one) < Self.utf16Rank(other) }
            index &+= 1
        }
        return left.count < right.count
    }

    private static func utf16Rank(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0xf0...0xf4: byte - 2
        case 0xee, 0xef: byte + 8
        default: byte
        }
    }
}
