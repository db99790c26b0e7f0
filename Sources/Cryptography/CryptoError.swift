/// Why a cryptographic value cannot be made.
public enum CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A seed has another length than 32 bytes.
    case seedLength(Int)
    /// A key has another length than it must have.
    case keyLength(Int, expected: Int)
    /// A nonce has another length than 12 bytes.
    case nonceLength(Int)

    /// The cause in words.
    public var description: String {
        switch self {
        case .seedLength(let count): "a seed has 32 bytes, not \(count)"
        case .keyLength(let count, let expected): "a key has \(expected) bytes, not \(count)"
        case .nonceLength(let count): "a nonce has 12 bytes, not \(count)"
        }
    }
}
