import CSodium
import Primitives

/// How a passphrase locks the key of a file.
struct AgeStanza {
    private static let label = "age-encryption.org/v1/scrypt"
    /// Each file key is locked under a key of its own.
    private static let nonce = [UInt8](repeating: 0, count: 12)

    let salt: [UInt8]
    let workFactor: Int
    /// The encrypted key of the file.
    let body: [UInt8]

    static func wrap(_ fileKey: [UInt8], passphrase: [UInt8], workFactor: Int) throws(AgeError)
        -> AgeStanza
    {
        let salt = SecureRandom.bytes(AgeLimits.keyBytes)
        let key = try Self.key(passphrase, salt: salt, workFactor: workFactor)
        let body = ChaCha20Poly1305.seal(
            fileKey,
            key: key,
            nonce: Self.nonce,
            additionalData: []
        )
        return AgeStanza(salt: salt, workFactor: workFactor, body: body)
    }

    func unwrap(passphrase: [UInt8]) throws(AgeError) -> [UInt8] {
        guard self.workFactor <= AgeLimits.workFactorMax else {
            throw .tooMuchWork(factor: self.workFactor)
        }
        let key = try Self.key(passphrase, salt: self.salt, workFactor: self.workFactor)
        let fileKey = ChaCha20Poly1305.open(
            self.body,
            key: key,
            nonce: Self.nonce,
            additionalData: []
        )
        guard let fileKey else { throw .wrongPassphrase }
        return fileKey
    }

    private static func key(_ passphrase: [UInt8], salt: [UInt8], workFactor: Int)
        throws(AgeError) -> [UInt8]
    {
        Sodium.prepare()
        let whole = Array(Self.label.utf8) + salt
        let rounds = UInt64(1) << UInt64(workFactor)
        var key = [UInt8](repeating: 0, count: 32)
        let result = crypto_pwhash_scryptsalsa208sha256_ll(
            passphrase,
            passphrase.count,
            whole,
            whole.count,
            rounds,
            UInt32(AgeLimits.blockSize),
            1,
            &key,
            key.count
        )
        guard result == 0 else {
            throw .noMemory(bytes: Int(rounds) * 128 * AgeLimits.blockSize)
        }
        return key
    }
}
