import Cryptography

/// The encrypted channel after a handshake.
///
/// Source: noise-libp2p specification, "Wire Format" and "Encryption and I/O".
public struct NoiseSession: Sendable, CustomStringConvertible, CustomReflectable {
    /// Bytes of plaintext in one message, so that message and tag fit into 65,535 bytes.
    public static let maximumPlaintext = NoiseFrames.maximumMessage - ChaCha20Poly1305.tagBytes

    private var sending: NoiseCipherState
    private var receiving: NoiseCipherState
    private var frames = NoiseFrames()
    private var failure: NoiseError?

    init(sending: NoiseCipherState, receiving: NoiseCipherState) {
        self.sending = sending
        self.receiving = receiving
    }

    /// What encryption makes of so many bytes.
    public static func encryptedBytes(of count: Int) -> Int {
        let messages = (count + Self.maximumPlaintext - 1) / Self.maximumPlaintext
        return count + messages * (NoiseFrames.lengthBytes + ChaCha20Poly1305.tagBytes)
    }

    /// Encrypts bytes into messages of at most 65,519 bytes, each behind a length of two bytes.
    ///
    /// After 2^64 − 1 messages the key is worn out and nothing more is encrypted; a connection
    /// does not live that long.
    public mutating func encrypt(_ plaintext: ArraySlice<UInt8>) -> [UInt8] {
        let size = Self.encryptedBytes(of: plaintext.count)
        return [UInt8](unsafeUninitializedCapacity: size) { output, count in
            count = plaintext.withUnsafeBytes {
                self.encrypt($0, into: UnsafeMutableRawBufferPointer(output))
            }
        }
    }

    /// Encrypts into memory of the caller, ``encryptedBytes(of:)`` at least.
    ///
    /// - Returns: the bytes written.
    public mutating func encrypt(
        _ plaintext: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        var written = 0
        for start in stride(from: 0, to: plaintext.count, by: Self.maximumPlaintext) {
            let end = min(start + Self.maximumPlaintext, plaintext.count)
            let size = end - start + ChaCha20Poly1305.tagBytes
            let body = written + NoiseFrames.lengthBytes
            do {
                try self.sending.encrypt(
                    UnsafeRawBufferPointer(rebasing: plaintext[start..<end]),
                    into: UnsafeMutableRawBufferPointer(rebasing: output[body..<body + size])
                )
            } catch { break }
            output.storeBytes(
                of: UInt16(truncatingIfNeeded: size).bigEndian,
                toByteOffset: written,
                as: UInt16.self
            )
            written = body + size
        }
        return written
    }

    /// Decrypts all whole messages; the bytes of an incomplete one are kept.
    ///
    /// - Throws: ``NoiseError`` for a message that is altered, repeated, lost or too short; every
    ///   further call throws the same error.
    public mutating func decrypt(_ bytes: ArraySlice<UInt8>) throws(NoiseError) -> [UInt8] {
        if let failure = self.failure { throw failure }
        self.frames.append(bytes)
        var plaintext: [UInt8] = []
        do {
            while let message = self.frames.next() {
                plaintext += try self.receiving.decrypt(message)
            }
        } catch {
            self.failure = error
            throw error
        }
        return plaintext
    }

    /// Names no secret.
    public var description: String { "NoiseSession" }

    /// Shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
