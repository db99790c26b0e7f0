/// Base 32 of multibase `b`: lower case, no padding.
enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    /// CIDv1 with the codec libp2p-key.
    private static let cidPrefix: [UInt8] = [0x01, 0x72]

    /// The multihash inside a CID of a libp2p key; nil for any other text.
    static func decodeCID(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 128, let bytes = self.decode(text.utf8.dropFirst()),
            bytes.starts(with: self.cidPrefix)
        else { return nil }
        return Array(bytes.dropFirst(self.cidPrefix.count))
    }

    private static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for character in text {
            guard let digit = self.alphabet.firstIndex(of: character) else { return nil }
            buffer = (buffer << 5 | UInt32(digit)) & 0xfff
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        let padding = buffer & ((1 << bits) - 1)
        return bits < 5 && padding == 0 ? bytes : nil
    }
}
