/// The output side of RFC 8785.
enum CanonicalWriter {
    /// Appends a string with its quotes and the fewest escapes.
    static func append(string: some Sequence<UInt8>, to output: inout [UInt8]) {
        output.append(0x22)
        for byte in string {
            switch byte {
            case 0x22, 0x5c: output += [0x5c, byte]
            case 0x08: output += [0x5c, 0x62]
            case 0x09: output += [0x5c, 0x74]
            case 0x0a: output += [0x5c, 0x6e]
            case 0x0c: output += [0x5c, 0x66]
            case 0x0d: output += [0x5c, 0x72]
            case 0..<0x20: output += Array("\\u00\(Hex.encode([byte]))".utf8)
            default: output.append(byte)
            }
        }
        output.append(0x22)
    }

    /// Appends items between brackets, separated by commas.
    static func append<Item>(
        list: [Item],
        _ opening: UInt8,
        _ closing: UInt8,
        to output: inout [UInt8],
        _ append: (Item, inout [UInt8]) -> Void
    ) {
        output.append(opening)
        for (number, item) in list.enumerated() {
            if number > 0 { output.append(0x2c) }
            append(item, &output)
        }
        output.append(closing)
    }
}
