import COpenSSL

/// SHA-256 of whole inputs.
public enum SHA256Digest {
    /// The digest of an array.
    public static func hash(_ bytes: [UInt8]) -> Bytes32 {
        bytes.withUnsafeBytes { Self.hash($0) }
    }

    /// The digest of a buffer.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }
}

/// SHA-256 of an input that comes in parts.
public struct SHA256Hasher: Sendable {
    private var state = SHA256_CTX()

    /// Starts with no input.
    public init() {
        SHA256_Init(&self.state)
    }

    /// Adds a part.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { self.update($0) }
    }

    /// Adds a part.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&self.state, bytes.baseAddress, bytes.count)
    }

    /// The digest of all parts.
    public func finalize() -> Bytes32 {
        var state = self.state
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            SHA256_Final(buffer.baseAddress, &state)
            guard let bytes = Bytes32(buffer) else { preconditionFailure("SHA-256 gives 32 bytes") }
            return bytes
        }
    }
}

/// SHA-512.
public enum SHA512Digest {
    /// Gives the 64 bytes of the digest of three parts, for the time of the call.
    public static func withHash<R>(
        of first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer,
        _ third: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        var state = SHA512_CTX()
        SHA512_Init(&state)
        SHA512_Update(&state, first.baseAddress, first.count)
        SHA512_Update(&state, second.baseAddress, second.count)
        SHA512_Update(&state, third.baseAddress, third.count)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
            SHA512_Final(buffer.baseAddress, &state)
            return body(UnsafeRawBufferPointer(buffer))
        }
    }
}
