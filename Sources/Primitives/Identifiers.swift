/// A name of thirty-two bytes, written as 64 lower-case hex digits.
public protocol Identifier32: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The bytes of the name.
    var bytes: Bytes32 { get }
    /// Names with these bytes.
    init(_ bytes: Bytes32)
}

extension Identifier32 {
    /// Takes exactly 64 lower-case hex digits; nil for anything else (D-04).
    public init?(hex: String) {
        guard let bytes = Bytes32(hex: hex) else { return nil }
        self.init(bytes)
    }

    /// Takes exactly 32 bytes; nil for any other count.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let bytes = Bytes32(bytes) else { return nil }
        self.init(bytes)
    }

    /// Reads it as a checkpoint holds it.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Bytes32.self))
    }

    /// Writes it as a checkpoint holds it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.bytes)
    }

    /// Sixty-four lower-case hex digits.
    public var hex: String { self.bytes.hex }

    /// The bytes in order.
    public var array: [UInt8] { self.bytes.array }

    /// The text form.
    public var description: String { self.hex }

    /// Ascending order of the bytes.
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

/// A node: its Ed25519 public key (R-01-002).
public struct NodeID: Identifier32, Codable {
    /// The raw bytes.
    public let bytes: Bytes32
    /// Puts it together.
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

extension NodeID {
    /// What the name of an identity for people begins with (R-01-062).
    private static let prefix = "did:valence:"

    /// The name of an identity for people.
    public var did: String { Self.prefix + self.hex }

    /// Takes 64 lower-case hex digits, alone or in the name for people; nil for anything else.
    public init?(naming text: String) {
        let isName = text.utf8.starts(with: Self.prefix.utf8)
        self.init(hex: isName ? String(text.dropFirst(Self.prefix.count)) : text)
    }
}

/// A message: SHA-256 of its canonical signing body (R-02-015).
public struct MessageID: Identifier32, Codable {
    /// The raw bytes.
    public let bytes: Bytes32
    /// Puts it together.
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

/// An artefact: SHA-256 of its bytes (§6).
public struct ContentHash: Identifier32, Codable {
    /// The raw bytes.
    public let bytes: Bytes32
    /// Puts it together.
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}
