import Cryptography

/// A key and the number of messages it has encrypted: Noise specification, section 5.1.
struct NoiseCipherState: Sendable {
    private let key: [UInt8]
    private var nonce: UInt64

    /// Takes a key of 32 bytes; only tests start at another nonce than 0.
    init(key: [UInt8], nonce: UInt64 = 0) {
        self.key = key
        self.nonce = nonce
    }

    mutating func encrypt(
        _ plaintext: [UInt8],
        additionalData: [UInt8] = []
    ) throws(NoiseError) -> [UInt8] {
        ChaCha20Poly1305.seal(
            plaintext,
            key: self.key,
            nonce: try self.takeNonce(),
            additionalData: additionalData
        )
    }

    /// Encrypts into memory of the caller, which takes the ciphertext with its tag.
    mutating func encrypt(
        _ plaintext: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(NoiseError) {
        ChaCha20Poly1305.seal(
            plaintext,
            into: output,
            key: self.key,
            nonce: try self.takeNonce(),
            additionalData: []
        )
    }

    mutating func decrypt(
        _ ciphertext: [UInt8],
        additionalData: [UInt8] = []
    ) throws(NoiseError) -> [UInt8] {
        guard ciphertext.count >= ChaCha20Poly1305.tagBytes else { throw .tooShort }
        let plaintext = ChaCha20Poly1305.open(
            ciphertext,
            key: self.key,
            nonce: try self.takeNonce(),
            additionalData: additionalData
        )
        guard let plaintext else { throw .authentication }
        return plaintext
    }

    /// Four zero bytes and the counter, little-endian: Noise specification, section 12.3.
    ///
    /// The highest value is reserved, so the counter never wraps.
    private mutating func takeNonce() throws(NoiseError) -> [UInt8] {
        guard self.nonce < .max else { throw .nonceExhausted }
        defer { self.nonce += 1 }
        return [UInt8](unsafeUninitializedCapacity: 12) { bytes, count in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            raw.storeBytes(of: 0, as: UInt32.self)
            raw.storeBytes(of: self.nonce.littleEndian, toByteOffset: 4, as: UInt64.self)
            count = 12
        }
    }
}
