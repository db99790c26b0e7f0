import Cryptography
import Multiformats

/// A relay's signed promise to carry connections of a peer until some second.
///
/// Nobody demands one yet; peers may pass it on.
///
/// Source: libp2p/specs relay/circuit-v2.md "Reservation Vouchers", RFC 0002 "Signed Envelopes".
enum RelayVoucher {
    private static let domain = "libp2p-relay-rsvp"
    private static let payloadType: [UInt8] = [0x03, 0x02]

    /// The envelope with the promise.
    static func sign(for peer: PeerID, expires: UInt64, with key: SigningKey) -> [UInt8] {
        var payload = ProtobufWriter()
        payload.append(bytes: PeerID(ed25519: key.publicKey).bytes, field: 1)
        payload.append(bytes: peer.bytes, field: 2)
        payload.append(varint: expires, field: 3)
        let signature = key.sign(Self.signed(payload.bytes))
        var envelope = ProtobufWriter()
        envelope.append(bytes: PublicKeyProtobuf.encode(key.publicKey), field: 1)
        envelope.append(bytes: Self.payloadType, field: 2)
        envelope.append(bytes: payload.bytes, field: 3)
        envelope.append(bytes: signature.array, field: 5)
        return envelope.bytes
    }

    /// What the signature covers: domain, type and payload, each behind its length.
    static func signed(_ payload: [UInt8]) -> [UInt8] {
        [Array(Self.domain.utf8), Self.payloadType, payload].reduce(into: []) { bytes, part in
            Varint.append(UInt64(part.count), to: &bytes)
            bytes += part
        }
    }
}
