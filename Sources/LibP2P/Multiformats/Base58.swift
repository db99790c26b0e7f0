/// Base 58 with the Bitcoin alphabet, as peer ids use it.
public enum Base58 {
    private static let alphabet = Array(
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8
    )

    /// Writes bytes; each leading zero byte becomes a leading `1`.
    public static func encode(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        for byte in bytes {
            var carry = Int(byte)
            for index in digits.indices {
                carry += Int(digits[index]) << 8
                digits[index] = UInt8(carry % 58)
                carry /= 58
            }
            while carry > 0 {
                digits.append(UInt8(carry % 58))
                carry /= 58
            }
        }
        let zeros = bytes.prefix { $0 == 0 }.map { _ in Self.alphabet[0] }
        return String(
            decoding: zeros + digits.reversed().map { Self.alphabet[Int($0)] },
            as: UTF8.self
        )
    }

    /// Reads text of at most `limit` characters; nil for longer text or a foreign character.
    public static func decode(_ text: String, limit: Int = 128) -> [UInt8]? {
        guard text.utf8.count <= limit else { return nil }
        var bytes: [UInt8] = []
        for character in text.utf8 {
            guard let digit = Self.alphabet.firstIndex(of: character) else { return nil }
            var carry = digit
            for index in bytes.indices {
                carry += Int(bytes[index]) * 58
                bytes[index] = UInt8(carry & 0xff)
                carry >>= 8
            }
            while carry > 0 {
                bytes.append(UInt8(carry & 0xff))
                carry >>= 8
            }
        }
        let zeros = text.utf8.prefix { $0 == Self.alphabet[0] }.map { _ in UInt8(0) }
        return zeros + bytes.reversed()
    }
}
