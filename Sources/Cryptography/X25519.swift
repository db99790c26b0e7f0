import CSodium

/// Diffie–Hellman of RFC 7748, for the Noise handshake.
public enum X25519 {
    /// A new key pair, 32 bytes each.
    public static func generate() -> (secret: [UInt8], publicKey: [UInt8]) {
        let secret = SecureRandom.bytes(32)
        return (secret, Self.publicKey(of: secret))
    }

    /// The public key of a 32-byte secret.
    public static func publicKey(of secret: [UInt8]) -> [UInt8] {
        precondition(secret.count == 32, "a secret has 32 bytes")
        Sodium.prepare()
        var output = [UInt8](repeating: 0, count: 32)
        crypto_scalarmult_base(&output, secret)
        return output
    }

    /// The shared secret; nil for a wrong length or an all-zero result.
    public static func sharedSecret(secret: [UInt8], publicKey: [UInt8]) -> [UInt8]? {
        guard secret.count == 32, publicKey.count == 32 else { return nil }
        Sodium.prepare()
        var output = [UInt8](repeating: 0, count: 32)
        guard crypto_scalarmult(&output, secret, publicKey) == 0 else { return nil }
        return output
    }
}
