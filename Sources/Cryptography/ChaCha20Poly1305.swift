import CSodium

/// The AEAD of RFC 8439.
public enum ChaCha20Poly1305 {
    /// Bytes that sealing adds.
    public static let tagBytes = 16

    /// Encrypts and authenticates.
    ///
    /// - Parameters:
    ///   - plaintext: any length.
    ///   - key: 32 bytes.
    ///   - nonce: 12 bytes, never used twice with one key.
    ///   - additionalData: authenticated, not encrypted.
    /// - Returns: the ciphertext with its tag behind it.
    public static func seal(
        _ plaintext: [UInt8],
        key: [UInt8],
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: plaintext.count + Self.tagBytes) { output, count in
            plaintext.withUnsafeBytes { plaintext in
                Self.seal(
                    plaintext,
                    into: UnsafeMutableRawBufferPointer(output),
                    key: key,
                    nonce: nonce,
                    additionalData: additionalData
                )
            }
            count = plaintext.count + Self.tagBytes
        }
    }

    /// Encrypts and authenticates into memory of the caller, which takes ciphertext and tag.
    public static func seal(
        _ plaintext: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        key: [UInt8],
        nonce: [UInt8],
        additionalData: [UInt8]
    ) {
        precondition(key.count == 32 && nonce.count == 12, "a key has 32 bytes, a nonce 12")
        guard output.count >= plaintext.count + Self.tagBytes, let start = output.baseAddress else {
            preconditionFailure("there is no room for the tag")
        }
        Sodium.prepare()
        crypto_aead_chacha20poly1305_ietf_encrypt(
            start.assumingMemoryBound(to: UInt8.self),
            nil,
            plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self),
            UInt64(plaintext.count),
            additionalData,
            UInt64(additionalData.count),
            nil,
            nonce,
            key
        )
    }

    /// Checks and decrypts; nil when anything was altered.
    public static func open(
        _ ciphertext: [UInt8],
        key: [UInt8],
        nonce: [UInt8],
        additionalData: [UInt8]
    ) -> [UInt8]? {
        guard ciphertext.count >= Self.tagBytes, key.count == 32, nonce.count == 12 else {
            return nil
        }
        Sodium.prepare()
        var output = [UInt8](repeating: 0, count: ciphertext.count - Self.tagBytes)
        let result = crypto_aead_chacha20poly1305_ietf_decrypt(
            &output,
            nil,
            nil,
            ciphertext,
            UInt64(ciphertext.count),
            additionalData,
            UInt64(additionalData.count),
            nonce,
            key
        )
        return result == 0 ? output : nil
    }
}
