import Cryptography
import Multiformats

/// Bytes that the holder of a key signed for one purpose.
///
/// Source: libp2p/specs RFC/0002-signed-envelopes.md; the signature is in field 5, where all
/// implementations have it.
package struct SignedEnvelope: Sendable, Equatable {
    private enum Field {
        static let key = 1
        static let payloadType = 2
        static let payload = 3
        static let signature = 5
    }

    let key: PublicKey
    /// Says what the payload is.
    let payloadType: [UInt8]
    package let payload: [UInt8]
    let signature: Signature

    /// Signs a payload for a purpose.
    init(_ payload: [UInt8], of payloadType: [UInt8], for domain: String, by key: SigningKey) {
        self.key = key.publicKey
        self.payloadType = payloadType
        self.payload = payload
        self.signature = key.sign(Self.signed(payload, payloadType, domain))
    }

    /// Reads an envelope; whether its signature holds is another question.
    package init(bytes: [UInt8]) throws(RelayError) {
        let fields = try RelayFields(bytes[...])
        guard let encoded = fields.bytes(Field.key),
            let key = try? PublicKeyProtobuf.decode(encoded),
            let payloadType = fields.bytes(Field.payloadType),
            let payload = fields.bytes(Field.payload),
            let signature = fields.bytes(Field.signature).flatMap({ Signature($0) })
        else { throw .malformed }
        self.key = key
        self.payloadType = Array(payloadType)
        self.payload = Array(payload)
        self.signature = signature
    }

    /// The envelope as it is sent.
    package var bytes: [UInt8] {
        var writer = ProtobufWriter()
        writer.append(bytes: PublicKeyProtobuf.encode(self.key), field: Field.key)
        writer.append(bytes: self.payloadType, field: Field.payloadType)
        writer.append(bytes: self.payload, field: Field.payload)
        writer.append(bytes: self.signature.array, field: Field.signature)
        return writer.bytes
    }

    /// Who signed it, when the signature holds for this purpose; nil otherwise.
    func signer(for domain: String) -> PeerID? {
        let signed = Self.signed(self.payload, self.payloadType, domain)
        guard Ed25519.isValid(self.signature, for: signed, by: self.key) else { return nil }
        return PeerID(ed25519: self.key)
    }

    /// Domain, type and payload, each behind its length.
    private static func signed(_ payload: [UInt8], _ payloadType: [UInt8], _ domain: String)
        -> [UInt8]
    {
        [Array(domain.utf8), payloadType, payload].reduce(into: []) { bytes, part in
            Varint.append(UInt64(part.count), to: &bytes)
            bytes += part
        }
    }
}
