public import Primitives

/// An Ed25519 public key.
public struct PublicKey: Hashable, Sendable, Codable {
    /// The 32 bytes of RFC 8032.
    public let rawBytes: Bytes32

    /// Wraps bytes; whether they are a point shows when a signature is checked.
    public init(rawBytes: Bytes32) { self.rawBytes = rawBytes }

    /// Takes exactly 32 bytes; nil for any other count.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let bytes = Bytes32(bytes) else { return nil }
        self.init(rawBytes: bytes)
    }
}

/// An Ed25519 signature.
public struct Signature: Hashable, Sendable, Codable {
    /// The 64 bytes of RFC 8032: R, then S.
    public let array: [UInt8]

    /// Takes exactly 64 bytes; nil for any other count.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 64 else { return nil }
        self.array = Array(bytes)
    }

    /// Takes exactly 128 lower-case hex digits; nil for anything else (D-04).
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex, count: 64) else { return nil }
        self.array = bytes
    }

    /// One hundred and twenty-eight lower-case hex digits.
    public var hex: String { Hex.encode(self.array) }
}
