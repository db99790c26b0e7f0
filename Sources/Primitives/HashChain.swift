import COpenSSL
import CSHA256

/// What computes chains of SHA-256.
public enum SHA256Engine: String, Sendable, CaseIterable {
    /// SHA instructions of the processor.
    case instructions
    /// OpenSSL, which runs everywhere.
    case library

    /// The one that is used unless another is asked for; looked up once.
    public static let fastest = Self.fastest(hasInstructions: sha256_chain_is_supported())

    /// What is fastest on a processor with or without SHA instructions.
    public static func fastest(hasInstructions: Bool) -> Self {
        hasInstructions ? .instructions : .library
    }
}

extension SHA256Digest {
    /// The hash `iterations` steps further on: SHA-256 of SHA-256 of … `start`.
    ///
    /// An engine that this processor lacks is replaced by the library; the result is the same.
    public static func chain(
        from start: Bytes32,
        iterations: Int,
        by engine: SHA256Engine = .fastest
    ) -> Bytes32 {
        precondition(iterations >= 0, "\(iterations) iterations")
        var digest = start.array
        digest.withUnsafeMutableBufferPointer { buffer in
            if engine == .instructions, SHA256Engine.fastest == .instructions {
                sha256_chain(buffer.baseAddress, UInt64(iterations))
            } else {
                Self.hash(buffer, times: iterations)
            }
        }
        guard let result = Bytes32(digest) else { preconditionFailure("a digest has 32 bytes") }
        return result
    }

    private static func hash(_ digest: UnsafeMutableBufferPointer<UInt8>, times: Int) {
        var state = SHA256_CTX()
        for _ in 0..<times {
            SHA256_Init(&state)
            SHA256_Update(&state, digest.baseAddress, digest.count)
            SHA256_Final(digest.baseAddress, &state)
        }
    }
}
