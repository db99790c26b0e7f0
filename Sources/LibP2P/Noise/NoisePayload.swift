import Cryptography
import Multiformats

/// The signed payload of a handshake message.
///
/// Fields other than key and signature, such as the extensions in field 4, are ignored.
/// Source: noise-libp2p specification, "The libp2p Signed Handshake Payload".
enum NoisePayload {
    private static let keyField = 1
    private static let signatureField = 2

    /// The payload that binds a static key to an identity.
    static func encode(staticKey: [UInt8], identity: SigningKey) -> [UInt8] {
        var writer = ProtobufWriter()
        let key = PublicKeyProtobuf.encode(identity.publicKey)
        writer.append(bytes: key, field: Self.keyField)
        let signature = identity.sign(Self.signedBytes(staticKey))
        writer.append(bytes: signature.array, field: Self.signatureField)
        return writer.bytes
    }

    /// The peer whose identity key signed the static key.
    static func peer(of payload: [UInt8], staticKey: [UInt8]) throws(NoiseError) -> PeerID {
        let (keyBytes, signatureBytes) = try Self.fields(of: payload)
        let key = try Self.key(keyBytes)
        guard let signature = Signature(signatureBytes),
            Ed25519.isValid(signature, for: Self.signedBytes(staticKey), by: key)
        else { throw .identitySignature }
        return PeerID(ed25519: key)
    }

    private static func signedBytes(_ staticKey: [UInt8]) -> [UInt8] {
        Array("noise-libp2p-static-key:".utf8) + staticKey
    }

    private static func fields(
        of payload: [UInt8]
    ) throws(NoiseError) -> (key: ArraySlice<UInt8>, signature: ArraySlice<UInt8>) {
        var reader = ProtobufReader(payload[...])
        var key: ArraySlice<UInt8>?
        var signature: ArraySlice<UInt8>?
        do {
            while let field = try reader.next() {
                guard case .bytes(let value) = field.value else { continue }
                if field.number == Self.keyField { key = value }
                if field.number == Self.signatureField { signature = value }
            }
        } catch {
            throw .payload
        }
        guard let key, let signature else { throw .payload }
        return (key, signature)
    }

    private static func key(_ bytes: ArraySlice<UInt8>) throws(NoiseError) -> PublicKey {
        do {
            return try PublicKeyProtobuf.decode(bytes)
        } catch {
            throw .identityKey(error)
        }
    }
}
