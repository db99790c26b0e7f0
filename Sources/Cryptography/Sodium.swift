import CSodium

/// libsodium, initialised once before its first use.
enum Sodium {
    private static let isReady = sodium_init() >= 0

    /// Must be called before any other function of libsodium.
    static func prepare() {
        guard self.isReady else { preconditionFailure("libsodium cannot find entropy") }
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
}
