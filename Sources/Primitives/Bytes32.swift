/// Thirty-two bytes, held inline as four big-endian words; ordered like the bytes.
public struct Bytes32: Hashable, Comparable, Sendable, Codable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// All bits clear.
    public static let zero = Bytes32(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// Takes exactly 32 bytes; nil for any other count.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        // One generic call for all bytes: other modules cannot specialise this initialiser.
        self =
            bytes.withContiguousStorageIfAvailable { Bytes32(loading: UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { Bytes32(loading: $0) }
    }

    private init(loading bytes: UnsafeRawBufferPointer) {
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        self.words = (word(0), word(1), word(2), word(3))
    }

    /// Takes exactly 64 lower-case hex digits; nil for anything else (D-04).
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex, count: 32) else { return nil }
        self.init(bytes)
    }

    /// The bytes in order.
    public var array: [UInt8] { self.withUnsafeBytes { Array($0) } }

    /// Sixty-four lower-case hex digits.
    public var hex: String { self.withUnsafeBytes { Hex.encode($0) } }

    /// Gives the bytes in order, for the time of the call.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let big = (
            self.words.0.bigEndian, self.words.1.bigEndian, self.words.2.bigEndian,
            self.words.3.bigEndian
        )
        return try Swift.withUnsafeBytes(of: big, body)
    }

    /// Reads it as a checkpoint holds it; in messages keys and hashes are hex.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Bytes32(try container.decode([UInt8].self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 32 bytes")
        }
        self = value
    }

    /// Writes it as a checkpoint holds it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.array)
    }

    /// Equality of the bytes.
    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    /// Ascending order of the bytes.
    public static func < (left: Self, right: Self) -> Bool { left.words < right.words }

    /// Consistent with equality.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.words.0)
        hasher.combine(self.words.1)
        hasher.combine(self.words.2)
        hasher.combine(self.words.3)
    }
}
