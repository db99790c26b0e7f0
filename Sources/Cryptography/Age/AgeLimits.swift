/// Bounds of files in the age format.
enum AgeLimits {
    /// log2 of the rounds of scrypt for what is locked here: 64 MiB, which a small machine has.
    ///
    /// Source: own choice; `age` itself takes 18, which is 256 MiB.
    static let workFactor = 16

    /// The largest factor that is worked off: 1 GiB.
    ///
    /// Source: own choice; C2SP age.md has implementations set one.
    static let workFactorMax = 20

    /// Bytes of plain text in a chunk.
    ///
    /// Source: C2SP age.md.
    static let chunkBytes = 65_536

    /// Bytes of the key of a file, of a salt and of a nonce.
    ///
    /// Source: C2SP age.md.
    static let keyBytes = 16

    /// The block size of scrypt.
    ///
    /// Source: C2SP age.md.
    static let blockSize = 8
}
