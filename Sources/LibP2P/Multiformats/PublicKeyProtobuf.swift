public import Cryptography
import Primitives

/// Why bytes are no key that this node accepts.
public enum PublicKeyProtobufError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not the protobuf message of the peer-id specification.
    case malformed
    /// A key type other than Ed25519.
    case keyType(UInt64)
    /// An Ed25519 key of another length than 32 bytes.
    case keyLength(Int)

    /// The cause in words.
    public var description: String {
        switch self {
        case .malformed: "malformed public key"
        case .keyType(let type):
            "key type \(Self.name(of: type)) is not accepted; this network uses Ed25519 keys"
        case .keyLength(let length): "an Ed25519 key has 32 bytes, not \(length)"
        }
    }

    private static func name(of type: UInt64) -> String {
        switch type {
        case 0: "RSA"
        case 2: "Secp256k1"
        case 3: "ECDSA"
        default: "\(type)"
        }
    }
}

/// The public-key message of the libp2p peer-id specification: type in field 1, data in field 2.
public enum PublicKeyProtobuf {
    private static let ed25519: UInt64 = 1

    /// `08 01 12 20` and the key, the deterministic form that peer ids are made of.
    public static func encode(_ key: PublicKey) -> [UInt8] {
        [0x08, 0x01, 0x12, 0x20] + key.rawBytes.array
    }

    /// Reads an Ed25519 key.
    public static func decode(_ bytes: ArraySlice<UInt8>) throws(PublicKeyProtobufError)
        -> PublicKey
    {
        var reader = ProtobufReader(bytes)
        var type: UInt64?
        var data: ArraySlice<UInt8>?
        while let field = try Self.next(&reader) {
            switch (field.number, field.value) {
            case (1, .varint(let value)): type = value
            case (2, .bytes(let value)): data = value
            default: break
            }
        }
        guard let type, let data else { throw .malformed }
        guard type == Self.ed25519 else { throw .keyType(type) }
        guard let key = PublicKey(data) else { throw .keyLength(data.count) }
        return key
    }

    private static func next(_ reader: inout ProtobufReader) throws(PublicKeyProtobufError)
        -> ProtobufField?
    {
        do {
            return try reader.next()
        } catch {
            throw .malformed
        }
    }
}
