import CSodium
import Primitives

/// libsodium, initialised once before its first use.
enum Sodium {
    private static let isReady = sodium_init() >= 0

    /// Must be called before any other function of libsodium.
    static func prepare() {
        guard self.isReady else { preconditionFailure("libsodium cannot find entropy") }
    }
}

extension Sodium {
    /// Whether a signature holds, as libsodium sees it.
    static func isValid(_ signature: Signature, for message: [UInt8], by key: PublicKey) -> Bool {
        Self.prepare()
        return key.rawBytes.withUnsafeBytes { raw in
            guard let bytes = raw.bindMemory(to: UInt8.self).baseAddress else { return false }
            let count = UInt64(message.count)
            return crypto_sign_verify_detached(signature.array, message, count, bytes) == 0
        }
    }
}

/// Bytes that nobody can predict.
public enum SecureRandom {
    /// So many bytes from the system's generator.
    public static func bytes(_ count: Int) -> [UInt8] {
        Sodium.prepare()
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, bytes.count)
        return bytes
    }

    /// A number from the same generator.
    static func number() -> UInt64 {
        Sodium.prepare()
        var number: UInt64 = 0
        randombytes_buf(&number, MemoryLayout<UInt64>.size)
        return number
    }
}
