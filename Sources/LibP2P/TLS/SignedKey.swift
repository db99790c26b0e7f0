import Cryptography
import Multiformats
import SwiftASN1

/// The extension that binds a certificate to a host key: the key and what it signed.
///
/// Source: libp2p/specs tls/tls.md, "libp2p Public Key Extension".
struct SignedKey: Equatable {
    /// Allocated to libp2p by IANA.
    static let identifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 53_594, 1, 1]

    /// The host key as protobuf.
    var publicKey: ArraySlice<UInt8>
    var signature: ArraySlice<UInt8>

    init(publicKey: ArraySlice<UInt8>, signature: ArraySlice<UInt8>) {
        self.publicKey = publicKey
        self.signature = signature
    }

    /// Signs the key of a certificate, as X.509 writes it down.
    init(of certificateKey: [UInt8], by identity: SigningKey) {
        self.publicKey = PublicKeyProtobuf.encode(identity.publicKey)[...]
        self.signature = identity.sign(Self.signedBytes(certificateKey)).array[...]
    }

    /// Reads the value of the extension.
    init(_ bytes: ArraySlice<UInt8>) throws(TLSRefusal) {
        do {
            self = try DER.sequence(DER.parse(bytes), identifier: .sequence) { nodes in
                SignedKey(
                    publicKey: try ASN1OctetString(derEncoded: &nodes).bytes,
                    signature: try ASN1OctetString(derEncoded: &nodes).bytes
                )
            }
        } catch {
            throw .signedKey
        }
    }

    /// The value of the extension.
    func encoded() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.appendConstructedNode(identifier: .sequence) { parts in
            try parts.serialize(ASN1OctetString(contentBytes: self.publicKey))
            try parts.serialize(ASN1OctetString(contentBytes: self.signature))
        }
        return serializer.serializedBytes
    }

    /// The peer, when its key is one of those that Noise takes too, and signed the certificate's key.
    func peer(certificateKey: [UInt8]) throws(TLSRefusal) -> PeerID {
        let key: PublicKey
        do {
            key = try PublicKeyProtobuf.decode(self.publicKey)
        } catch {
            throw .identityKey(error)
        }
        guard let signature = Signature(self.signature),
            Ed25519.isValid(signature, for: Self.signedBytes(certificateKey), by: key)
        else { throw .identitySignature }
        return PeerID(ed25519: key)
    }

    private static func signedBytes(_ certificateKey: [UInt8]) -> [UInt8] {
        Array("libp2p-tls-handshake:".utf8) + certificateKey
    }
}
