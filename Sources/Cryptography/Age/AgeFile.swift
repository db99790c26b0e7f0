import Primitives

/// Bytes that a passphrase locks, in the age format (version 1, C2SP age.md), so that any `age` opens them.
///
/// Only the passphrase recipient is known here, which is always alone in a file.
public enum AgeFile {
    private static let magic = "age-encryption.org/"

    /// Whether bytes say that they are of this format, in whatever version.
    public static func isOne(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Self.magic.utf8) }

    /// Locks bytes.
    ///
    /// - Throws: ``AgeError/noMemory(bytes:)``.
    public static func lock(_ content: [UInt8], passphrase: [UInt8]) throws(AgeError) -> [UInt8] {
        try Self.lock(content, passphrase: passphrase, workFactor: AgeLimits.workFactor)
    }

    static func lock(_ content: [UInt8], passphrase: [UInt8], workFactor: Int) throws(AgeError)
        -> [UInt8]
    {
        let fileKey = SecureRandom.bytes(AgeLimits.keyBytes)
        let stanza = try AgeStanza.wrap(fileKey, passphrase: passphrase, workFactor: workFactor)
        let nonce = SecureRandom.bytes(AgeLimits.keyBytes)
        return AgeHeader.bytes(of: stanza, fileKey: fileKey) + nonce
            + AgePayload.seal(content, key: AgePayload.key(fileKey, nonce: nonce))
    }

    /// Unlocks bytes.
    ///
    /// - Throws: an ``AgeError`` that says why.
    public static func unlock(_ file: [UInt8], passphrase: [UInt8]) throws(AgeError) -> [UInt8] {
        let header = try AgeHeader(file)
        let fileKey = try header.stanza.unwrap(passphrase: passphrase)
        guard header.isAuthentic(under: fileKey) else { throw .wrongPassphrase }
        let rest = file[header.length...]
        guard rest.count >= AgeLimits.keyBytes else {
            throw .malformed("it ends behind its header")
        }
        let nonce = Array(rest.prefix(AgeLimits.keyBytes))
        let payload = rest.dropFirst(AgeLimits.keyBytes)
        return try AgePayload.open(payload, key: AgePayload.key(fileKey, nonce: nonce))
    }
}

/// The stream of encrypted chunks behind the header.
enum AgePayload {
    static func key(_ fileKey: [UInt8], nonce: [UInt8]) -> [UInt8] {
        HKDFSHA256.derive(inputKey: fileKey, salt: nonce, info: Array("payload".utf8), count: 32)
    }

    static func seal(_ content: [UInt8], key: [UInt8]) -> [UInt8] {
        var sealed: [UInt8] = []
        var (rest, number) = (content[...], UInt64(0))
        repeat {
            let chunk = rest.prefix(AgeLimits.chunkBytes)
            rest = rest.dropFirst(AgeLimits.chunkBytes)
            sealed += ChaCha20Poly1305.seal(
                Array(chunk),
                key: key,
                nonce: Self.nonce(number, isLast: rest.isEmpty),
                additionalData: []
            )
            number += 1
        } while !rest.isEmpty
        return sealed
    }

    static func open(_ sealed: ArraySlice<UInt8>, key: [UInt8]) throws(AgeError) -> [UInt8] {
        var content: [UInt8] = []
        var (rest, number) = (sealed, UInt64(0))
        repeat {
            let chunk = rest.prefix(AgeLimits.chunkBytes + ChaCha20Poly1305.tagBytes)
            rest = rest.dropFirst(chunk.count)
            let plain = ChaCha20Poly1305.open(
                Array(chunk),
                key: key,
                nonce: Self.nonce(number, isLast: rest.isEmpty),
                additionalData: []
            )
            guard let plain else { throw .malformed("its content was altered or cut off") }
            // Only a file without content has an empty chunk.
            guard !plain.isEmpty || number == 0 else { throw .malformed("its last chunk is empty") }
            content += plain
            number += 1
        } while !rest.isEmpty
        return content
    }

    /// Eleven bytes of a number, and one that marks the last chunk.
    private static func nonce(_ number: UInt64, isLast: Bool) -> [UInt8] {
        [0, 0, 0] + withUnsafeBytes(of: number.bigEndian) { Array($0) } + [isLast ? 1 : 0]
    }
}
