/// What a request is recognised by when its caller sends it again (ADR 0060).
///
/// Both halves are cut from SHA-256 to 16 bytes, so that they fit into the header of a record of the log.
/// A caller that finds two requests with the same half deceives itself alone.
public struct RequestKey: Hashable, Sendable, Codable {
    /// Who asks, and the key that was sent.
    public let name: UInt128
    /// What is asked for.
    public let content: UInt128

    /// Recognises a request.
    ///
    /// - Parameters:
    ///   - key: what the caller sent to be recognised by.
    ///   - caller: who it is; keys of others are other keys.
    ///   - content: the operation and its arguments, in one form.
    public init(_ key: String, of caller: String, askingFor content: [UInt8]) {
        self.name = Self.half(SHA256Digest.hash(Array(caller.utf8) + [0] + Array(key.utf8)))
        self.content = Self.half(SHA256Digest.hash(content))
    }

    /// Reads what ``bytes`` wrote; nil for zeros, which stand for no key.
    public init?(_ bytes: Bytes32) {
        guard bytes != .zero else { return nil }
        self.name = Self.half(bytes)
        self.content = Self.number(bytes.array.suffix(16))
    }

    /// The first half names the request, the second what it asks for.
    public var bytes: Bytes32 {
        let bytes = [self.name, self.content].flatMap { half in
            (0..<16).map { UInt8(truncatingIfNeeded: half >> (120 - 8 * $0)) }
        }
        guard let bytes = Bytes32(bytes) else {
            preconditionFailure("two halves of 16 bytes are 32 bytes")
        }
        return bytes
    }

    private static func half(_ hash: Bytes32) -> UInt128 { Self.number(hash.array.prefix(16)) }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt128 {
        bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }
}
