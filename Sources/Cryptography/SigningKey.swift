import CSodium
import Primitives

/// An Ed25519 key pair; prints only its public half.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The public half, derived from the seed and never read from elsewhere (RUSTSEC-2022-0093).
    public let publicKey: PublicKey
    private let secret: [UInt8]

    /// Derives a key pair from a 32-byte seed.
    ///
    /// - Throws: ``CryptoError/seedLength(_:)``.
    public init(seed: [UInt8]) throws(CryptoError) {
        guard seed.count == 32 else { throw .seedLength(seed.count) }
        Sodium.prepare()
        var publicBytes = [UInt8](repeating: 0, count: 32)
        var secret = [UInt8](repeating: 0, count: 64)
        crypto_sign_seed_keypair(&publicBytes, &secret, seed)
        guard let publicKey = PublicKey(publicBytes) else {
            preconditionFailure("libsodium gives 32 bytes")
        }
        self.publicKey = publicKey
        self.secret = secret
    }

    /// A new key pair from the system's entropy.
    public static func generate() -> SigningKey {
        do {
            return try SigningKey(seed: SecureRandom.bytes(32))
        } catch {
            preconditionFailure("a seed of 32 bytes is always good")
        }
    }

    /// The seed; it goes into the key file and nowhere else (R-01-003).
    var seed: [UInt8] { Array(self.secret.prefix(32)) }

    /// Signs a message.
    public func sign(_ message: [UInt8]) -> Signature {
        var bytes = [UInt8](repeating: 0, count: 64)
        crypto_sign_detached(&bytes, nil, message, UInt64(message.count), self.secret)
        guard let signature = Signature(bytes) else {
            preconditionFailure("libsodium gives 64 bytes")
        }
        return signature
    }

    /// The cause in words.
    public var description: String { "SigningKey(public: \(self.publicKey.rawBytes.hex))" }

    /// Nothing: a key is never shown.
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": self.publicKey]) }
}
