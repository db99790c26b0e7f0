import Cryptography
import Primitives

/// The transcript hash and the chaining key: Noise specification, section 5.2.
struct NoiseSymmetricState: Sendable {
    /// The hash of everything both sides have seen.
    private(set) var hash: [UInt8]
    private var chainingKey: [UInt8]
    private var cipher: NoiseCipherState?

    /// Starts with a protocol name of 32 bytes, which stands for its own hash.
    init(protocolName: String) {
        self.hash = Array(protocolName.utf8)
        self.chainingKey = self.hash
    }

    mutating func mixHash(_ data: [UInt8]) {
        self.hash = SHA256Digest.hash(self.hash + data).array
    }

    mutating func mixKey(_ input: [UInt8]) {
        let (chainingKey, key) = self.expand(input)
        self.chainingKey = chainingKey
        self.cipher = NoiseCipherState(key: key)
    }

    mutating func encryptAndHash(_ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
        let ciphertext =
            try self.cipher?.encrypt(plaintext, additionalData: self.hash) ?? plaintext
        self.mixHash(ciphertext)
        return ciphertext
    }

    mutating func decryptAndHash(_ ciphertext: [UInt8]) throws(NoiseError) -> [UInt8] {
        let plaintext =
            try self.cipher?.decrypt(ciphertext, additionalData: self.hash) ?? ciphertext
        self.mixHash(ciphertext)
        return plaintext
    }

    /// Bytes that encryption adds at this point of the handshake.
    var tagBytes: Int { self.cipher == nil ? 0 : ChaCha20Poly1305.tagBytes }

    /// The ciphers of the session: what the initiator writes, and what the responder writes.
    func split() -> (initiator: NoiseCipherState, responder: NoiseCipherState) {
        let (first, second) = self.expand([])
        return (NoiseCipherState(key: first), NoiseCipherState(key: second))
    }

    private func expand(_ input: [UInt8]) -> ([UInt8], [UInt8]) {
        let output = HKDFSHA256.derive(
            inputKey: input,
            salt: self.chainingKey,
            info: [],
            count: 64
        )
        return (Array(output[..<32]), Array(output[32...]))
    }
}
