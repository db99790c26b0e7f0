public import Cryptography
import Primitives

/// Why bytes or text are no peer id.
public enum PeerIDError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Neither an identity multihash nor a SHA-256 multihash.
    case multihash
    /// Text that is neither base58 nor a CID of a libp2p key.
    case text

    /// The cause in words.
    public var description: String {
        switch self {
        case .multihash: "a peer id is an identity or SHA-256 multihash"
        case .text: "not a peer id: expected base58 text such as 12D3KooW…"
        }
    }
}

/// The name of a libp2p peer: a multihash of its public key.
///
/// An Ed25519 key is contained whole (`00 24` + the key message), so that node ids and peer ids can
/// be computed from each other (D-11). Peers with other key types are named by a hash only.
public struct PeerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The multihash.
    public let bytes: [UInt8]
    /// Worked out once, since ids are keys of many tables.
    private let hashOfBytes: Int

    private static let identityPrefix: [UInt8] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]

    /// Names the peer with this host key.
    public init(ed25519 key: PublicKey) {
        self.init(multihash: Self.identityPrefix + key.rawBytes.array)
    }

    /// Takes a multihash: `00` + length + key message, or `12 20` + SHA-256.
    public init(bytes: some Collection<UInt8>) throws(PeerIDError) {
        let array = Array(bytes)
        guard array.count >= 2, Int(array[1]) == array.count - 2,
            array[0] == 0x12 && array[1] == 32 || array[0] == 0x00 && array[1] <= 42
        else { throw .multihash }
        self.init(multihash: array)
    }

    private init(multihash: [UInt8]) {
        self.bytes = multihash
        var hasher = Hasher()
        multihash.withUnsafeBytes { hasher.combine(bytes: $0) }
        self.hashOfBytes = hasher.finalize()
    }

    /// Reads both text forms: base58 of the multihash, or a base32 CIDv1 of a libp2p key.
    public init(_ text: String) throws(PeerIDError) {
        let decoded = text.hasPrefix("b") ? Base32.decodeCID(text) : Base58.decode(text)
        guard let decoded else { throw .text }
        try self.init(bytes: decoded)
    }

    /// The host key, when the id contains it.
    public var ed25519Key: PublicKey? {
        guard self.bytes.count == 38, self.bytes.starts(with: Self.identityPrefix) else {
            return nil
        }
        return PublicKey(self.bytes.dropFirst(Self.identityPrefix.count))
    }

    /// Equality of the bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.hashOfBytes == right.hashOfBytes && left.bytes == right.bytes
    }

    /// Consistent with equality.
    public func hash(into hasher: inout Hasher) { hasher.combine(self.hashOfBytes) }

    /// The base58 form.
    public var description: String { Base58.encode(self.bytes) }

    /// Ascending order of the bytes.
    public static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
