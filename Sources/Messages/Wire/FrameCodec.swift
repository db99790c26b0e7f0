/// Stream frames: four bytes of big-endian length, then that many bytes of UTF-8 JSON (R-02-010).
public enum FrameCodec {
    /// Bytes in front of the document.
    public static let prefixCount = 4

    /// The frame of a document.
    public static func encode(_ document: [UInt8]) -> [UInt8] {
        let count = UInt32(clamping: document.count)
        return withUnsafeBytes(of: count.bigEndian, Array.init) + document
    }

    /// The length that a prefix declares; nil when the body must not be read: nothing at all, or
    /// more than 8 MiB (R-02-011, D-17).
    public static func bodyCount(prefix: some Collection<UInt8>) -> Int? {
        guard prefix.count == Self.prefixCount else { return nil }
        let count = prefix.reduce(0) { $0 << 8 | Int($1) }
        return (1...WireLimits.messageBytesMax).contains(count) ? count : nil
    }

    /// The document of exactly one whole frame; nil for anything else.
    public static func decode(_ frame: [UInt8]) -> [UInt8]? {
        guard let count = self.bodyCount(prefix: frame.prefix(Self.prefixCount)),
            frame.count == Self.prefixCount + count
        else { return nil }
        return Array(frame.dropFirst(Self.prefixCount))
    }
}
