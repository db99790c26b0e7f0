import Crypto

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

extension SHA256Digest {
    /// The hash `iterations` steps further on: SHA-256 of SHA-256 of … `start`.
    public static func chain(from start: Bytes32, iterations: Int) -> Bytes32 {
        var digest = start.array
        digest.withUnsafeMutableBytes { buffer in
            for _ in 0..<iterations {
                var hasher = SHA256()
                hasher.update(bufferPointer: UnsafeRawBufferPointer(buffer))
                hasher.finalize().withUnsafeBytes { buffer.copyMemory(from: $0) }
            }
        }
        guard let result = Bytes32(digest) else { preconditionFailure("a digest has 32 bytes") }
        return result
    }
}

/// SHA-256 of an input that comes in parts.
public struct SHA256Hasher: Sendable {
    private var state = SHA256()

    /// Starts with no input.
    public init() {}

    /// Adds a part.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { self.state.update(bufferPointer: $0) }
    }

    /// Adds a part.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        self.state.update(bufferPointer: bytes)
    }

    /// The digest of all parts.
    public func finalize() -> Bytes32 {
        self.state.finalize().withUnsafeBytes { digest in
            guard let bytes = Bytes32(digest) else {
                preconditionFailure("SHA-256 gives 32 bytes")
            }
            return bytes
        }
    }
}
