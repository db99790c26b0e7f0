import CSodium

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// The 32-byte code of a message under a key of any length.
    public static func code(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        Sodium.prepare()
        var state = crypto_auth_hmacsha256_state()
        var code = [UInt8](repeating: 0, count: 32)
        crypto_auth_hmacsha256_init(&state, key, key.count)
        crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
        crypto_auth_hmacsha256_final(&state, &code)
        return code
    }
}

/// HKDF with SHA-256 (RFC 5869).
public enum HKDFSHA256 {
    /// Derives `count` bytes, at most 8,160.
    public static func derive(
        inputKey: [UInt8],
        salt: [UInt8],
        info: [UInt8],
        count: Int
    ) -> [UInt8] {
        precondition(count <= 8_160, "HKDF-SHA256 gives at most 8,160 bytes")
        let key = HMACSHA256.code(for: inputKey, key: salt)
        var output: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 1
        while output.count < count {
            block = HMACSHA256.code(for: block + info + [number], key: key)
            output += block
            number &+= 1
        }
        return Array(output.prefix(count))
    }
}
